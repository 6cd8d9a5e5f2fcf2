"""What can't be sent is kept with its reason: one JSON object a line, its bytes in base64; or a whole segment."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from intake.spool import segments
from intake.spool.frames import Spooled
from intake.spool.segments import Segment

FOLDER = "quarantine"


class Quarantine:
    """The folder beside the segments; made when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._parent = folder
        self.folder = folder / FOLDER

    def keep(self, segment: int, entries: Sequence[Mapping[str, Any]]) -> None:
        """Keep these of a segment; durable when this returns.

        Raises:
            OSError: the disk takes no more.
        """
        self._make()
        path = self.folder / f"{segment:012d}.jsonl"
        lines = b"".join(orjson.dumps(entry) + b"\n" for entry in entries)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if os.write(descriptor, lines) < len(lines):
                os.ftruncate(descriptor, size)
                raise OSError("the disk is full")
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        segments.sync_folder(self.folder)

    def keep_segment(self, segment: Segment) -> None:
        """Keep the whole file: that needs no room."""
        self._make()
        segment.path.rename(self.folder / segment.path.name)
        segments.sync_folder(self.folder)

    def _make(self) -> None:
        if not self.folder.exists():
            self.folder.mkdir(mode=0o700, exist_ok=True)
            segments.sync_folder(self._parent)


def of_bytes(data: bytes, *, offset: int, reason: str) -> dict[str, Any]:
    """The entry of bytes that hold no sound record."""
    return {"reason": reason, "offset": offset, "bytes": _text(data)}


def of_record(spooled: Spooled, *, reason: str, message: str) -> dict[str, Any]:
    """The entry of a record that the log would never take."""
    record = spooled.record
    return {
        "reason": reason,
        "message": message,
        "spooled_ms": spooled.spooled_ms,
        "topic": record.topic,
        "partition": record.partition,
        "timestamp_ms": record.timestamp_ms,
        "key": _text(record.key),
        "value": _text(record.value),
        "headers": [[name, _text(value)] for name, value in record.headers],
    }


def _text(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()
