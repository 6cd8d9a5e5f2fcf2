"""The spool's files: numbered segments, each named with the marker of its frames, so that no damage inside hides the rest."""

from __future__ import annotations

import os
import re
import secrets
import struct
import time
from dataclasses import dataclass
from pathlib import Path

import crc32c

from intake.spool.frames import MARKER_BYTES

VERSION = 1
_MAGIC = b"EVTSPOOL"
_HEADER = struct.Struct("<8sHxxxxxxQq")  # magic, version, number, made at (ms)
_CHECKSUM = struct.Struct("<I")
HEADER_BYTES = _HEADER.size + _CHECKSUM.size
_NAME = re.compile(r"(\d{12})-([0-9a-f]{16})\.v(\d+)\.spool")


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """One file of frames."""

    number: int
    marker: bytes
    version: int
    path: Path

    @property
    def is_readable(self) -> bool:
        """False: a later release of ours wrote it."""
        return self.version == VERSION

    def size(self) -> int:
        """Bytes of the file now; none where it is gone."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0


def listing(folder: Path) -> list[Segment]:
    """The segments of a folder, the oldest first; other files are none of ours."""
    found = [(path, _NAME.fullmatch(path.name)) for path in folder.iterdir()]
    return sorted(Segment(int(m[1]), bytes.fromhex(m[2]), int(m[3]), path) for path, m in found if m)


def create(folder: Path, number: int) -> Segment:
    """A new, empty segment, durable when this returns."""
    marker = secrets.token_bytes(MARKER_BYTES)
    path = folder / f"{number:012d}-{marker.hex()}.v{VERSION}.spool"
    header = _HEADER.pack(_MAGIC, VERSION, number, time.time_ns() // 1_000_000)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, header + _CHECKSUM.pack(crc32c.crc32c(header)))
        os.fdatasync(descriptor)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    sync_folder(folder)
    return Segment(number, marker, VERSION, path)


def read(segment: Segment, start: int, size: int) -> bytes:
    """Up to `size` bytes from `start` on; none where the file is gone."""
    try:
        descriptor = os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""
    try:
        return os.pread(descriptor, size, start)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make what was created or renamed in the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
