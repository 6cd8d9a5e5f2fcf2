"""Appends to the newest segment: all of a group with one write and one sync, or nothing."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence

from intake.spool import segments
from intake.spool.frames import MARKER_BYTES
from intake.spool.position import Position, PositionFile
from intake.spool.segments import Segment
from intake.spool.spool import Spool


class Writer:
    """One process's way to append; every call is made while it holds the spool's lock of writing."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._segment: Segment | None = None
        self._descriptor = -1

    def append(self, packed: Sequence[bytes]) -> None:
        """Keep these, packed by `frames.pack`; they are on the disk when this returns.

        Raises:
            SpoolFullError: there is no room; nothing was kept.
            OSError: the disk failed; they may be found again, or not.
        """
        board = self._spool.board
        size = sum(map(len, packed)) + len(packed) * MARKER_BYTES
        self._spool.room.require(self._spool.folder, board.bytes, size)
        if not board.is_pending:
            board.since_ms = time.time_ns() // 1_000_000
            board.is_pending = True  # before anything is written: whoever is killed in between leaves a doubt, not a loss
        end = self._open(size)
        self._write(packed, end)
        board.committed = end + size
        board.appended_bytes += size
        board.appended_records += len(packed)

    def tidy(self) -> None:
        """Let go of a segment that was sent and deleted: while somebody has it open it takes room."""
        if self._segment is not None and self._segment.number != self._spool.board.segment:
            self.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor, self._segment = -1, None

    def _write(self, packed: Sequence[bytes], end: int) -> None:
        assert self._segment is not None  # noqa: S101  # `_open` has just made it
        marker = self._segment.marker
        data = memoryview(marker + marker.join(packed))
        try:
            done = 0
            while done < len(data):
                done += os.pwrite(self._descriptor, data[done:], end + done)
            os.fdatasync(self._descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, end)
            # Nothing may follow a failed sync in this file: the next group begins another.
            self._spool.board.segment = 0
            self.close()
            raise

    def _open(self, size: int) -> int:
        """Have the newest segment open, or a new one; where it ends."""
        board = self._spool.board
        number = board.segment
        if number and (self._segment is None or self._segment.number != number):
            self._take(number)
        if number and self._segment is not None and self._segment.number == number:
            status = os.fstat(self._descriptor)
            end, most = status.st_size, max(self._spool.room.segment_bytes, segments.HEADER_BYTES + size)
            # Behind what was committed lies what a killed writer left: nothing is put behind that.
            if status.st_nlink and end == board.committed and end + size <= most:
                return end
        return self._create()

    def _take(self, number: int) -> None:
        self.close()
        found = next((one for one in segments.listing(self._spool.folder) if one.number == number), None)
        if found is not None and found.is_readable:
            self._descriptor = os.open(found.path, os.O_WRONLY | os.O_CLOEXEC)
            self._segment = found

    def _create(self) -> int:
        self.close()
        board = self._spool.board
        self._segment = segments.create(self._spool.folder, next_number(self._spool))
        self._descriptor = os.open(self._segment.path, os.O_WRONLY | os.O_CLOEXEC)
        board.committed = segments.HEADER_BYTES
        board.segment = self._segment.number
        return segments.HEADER_BYTES


def next_number(spool: Spool) -> int:
    """Above every segment there is or was: one below the drained position would never be sent."""
    newest = max((one.number for one in segments.listing(spool.folder)), default=0)
    return max(newest, position_of(spool).segment, spool.board.segment) + 1


def position_of(spool: Spool) -> Position:
    """Where draining stands, for somebody who doesn't drain."""
    file = PositionFile(spool.folder / "position")
    try:
        return file.read()
    finally:
        file.close()
