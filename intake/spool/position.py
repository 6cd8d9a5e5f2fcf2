"""Where draining stands, kept in two slots of one small file that take turns: a torn write spoils one, never both."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import NamedTuple

import crc32c

_SLOT = struct.Struct("<QQQ")  # turn, segment, offset
_CHECKSUM = struct.Struct("<I")
_SLOTS = (0, 2048)
_FILE_BYTES = 4096  # allocated at once: moving on must work on a full disk


class Position(NamedTuple):
    """What comes before was drained; a segment of 0 is before everything."""

    segment: int
    offset: int


START = Position(0, 0)


class PositionFile:
    """Used by whoever drains. Damaged or gone, it says the start: what is still there is then sent again, never forgotten."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.fstat(self._descriptor).st_size < _FILE_BYTES:
            os.pwrite(self._descriptor, b"\0" * _FILE_BYTES, 0)
        self._turn = 0

    def read(self) -> Position:
        """The position that was written last."""
        turn, position = max(filter(None, map(self._slot, _SLOTS)), default=(0, START))
        self._turn = turn
        return position

    def write(self, position: Position) -> None:
        """Keep the position; durable when this returns."""
        self._turn += 1
        text = _SLOT.pack(self._turn, *position)
        os.pwrite(self._descriptor, text + _CHECKSUM.pack(crc32c.crc32c(text)), _SLOTS[self._turn % 2])
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def _slot(self, at: int) -> tuple[int, Position] | None:
        text = os.pread(self._descriptor, _SLOT.size + _CHECKSUM.size, at)
        if len(text) < _SLOT.size + _CHECKSUM.size:
            return None
        (checksum,) = _CHECKSUM.unpack_from(text, _SLOT.size)
        if checksum != crc32c.crc32c(text[: _SLOT.size]):
            return None
        turn, segment, offset = _SLOT.unpack_from(text)
        return (turn, Position(segment, offset)) if turn else None
