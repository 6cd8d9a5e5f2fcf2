"""What waits in the spool, in order, and how far it was sent; for the one process that drains."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from intake.spool import frames, quarantine, segments
from intake.spool.frames import BodyUnreadableError, Spooled
from intake.spool.position import Position, PositionFile
from intake.spool.quarantine import Quarantine
from intake.spool.scanner import Damage, scan
from intake.spool.segments import Segment
from intake.spool.spool import Spool

_log = logging.getLogger(__name__)

_WINDOW_BYTES = 4 * 1024 * 1024


@dataclass(slots=True)
class Batch:
    """Records in order, places that held none, and where the next batch begins."""

    begin: Position
    end: Position
    records: list[Spooled] = field(default_factory=list)
    damages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing at all."""
        return not self.records and not self.damages


class Outlet:
    """Reads behind the drained position and moves it; made while holding the lock of draining."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._file = PositionFile(spool.folder / "position")
        self._quarantine = Quarantine(spool.folder)
        self._whole: set[int] = set()  # segments to be kept whole, since what they hold could not be set aside
        self._segments: list[Segment] = []
        self._position = self._first(self._file.read())

    def read(self, max_records: int, *, is_alone: bool = False) -> Batch:
        """The next records that are on the disk for sure; `is_alone`: nobody writes, and what a killed writer left counts."""
        batch = Batch(self._position, self._position)
        while (segment := self._current()) is not None:
            self._read(segment, batch, max_records, is_alone=is_alone)
            if not batch.is_empty or not self._move_on(segment, batch, is_alone=is_alone):
                break
        return batch

    def advance(self, batch: Batch, refused: Sequence[dict[str, Any]] = ()) -> None:
        """The batch is sent: keep what could not be, then the position, durably."""
        segment = batch.end.segment
        if entries := [*batch.damages, *refused]:
            try:
                self._quarantine.keep(segment, entries)
            except OSError:
                self._whole.add(segment)
        self._file.write(batch.end)
        self._position = batch.end
        board = self._spool.board
        board.drained_records += len(batch.records)
        board.drained_bytes += batch.end.offset - batch.begin.offset if batch.begin.segment == segment else 0
        board.damaged += len(batch.damages)
        board.refused += len(refused)
        if batch.records:
            board.since_ms = batch.records[-1].spooled_ms
        self._drop_before(segment)

    def finish(self) -> None:
        """Everything is sent, and nobody writes: leave an empty spool."""
        board = self._spool.board
        last = max((one.number for one in segments.listing(self._spool.folder)), default=self._position.segment)
        self._file.write(Position(last + 1, 0))
        self._position = Position(last + 1, 0)
        board.segment = board.committed = 0
        self._drop_before(last + 1)
        board.drained_records, board.drained_bytes = board.appended_records, board.appended_bytes
        board.since_ms = 0
        board.is_pending = False

    def recount(self) -> int:
        """Count what waits, and say so on the board; after a crash the board knows only about."""
        board = self._spool.board
        with self._spool.writing(5.0):
            appended = board.appended_records, board.appended_bytes
            ends = {one.number: self._limit(one, is_alone=True) for one in segments.listing(self._spool.folder)}
        records, size, oldest = 0, 0, 0
        for segment in self._waiting():
            start = self._position.offset if segment.number == self._position.segment else segments.HEADER_BYTES
            data = segments.read(segment, start, max(ends.get(segment.number, 0) - start, 0))
            size += len(data)
            for found in scan(data, segment.marker):
                records += not isinstance(found, Damage)
                if not oldest and not isinstance(found, Damage):
                    oldest = _spooled_ms(found.body)
        board.drained_records, board.drained_bytes = appended[0] - records, appended[1] - size
        board.since_ms = oldest or time.time_ns() // 1_000_000
        return records

    def close(self) -> None:
        """Let go of the position's file."""
        self._file.close()

    def _first(self, position: Position) -> Position:
        """Where to begin: the position; where its segment is gone, the next one."""
        self._segments = segments.listing(self._spool.folder)
        self._drop_before(position.segment)
        later = next((one for one in self._segments if one.number >= position.segment), None)
        if later is None or (later.number == position.segment and position.offset >= segments.HEADER_BYTES):
            return position
        return Position(later.number, segments.HEADER_BYTES)

    def _waiting(self) -> list[Segment]:
        return [one for one in segments.listing(self._spool.folder) if one.number >= self._position.segment]

    def _current(self) -> Segment | None:
        """The segment that the position is in; where that is gone, the next."""
        if not self._segments or self._segments[0].number < self._position.segment:
            self._segments = self._waiting()
        if not self._segments:
            return None
        segment = self._segments[0]
        if segment.number != self._position.segment:
            self._position = Position(segment.number, segments.HEADER_BYTES)
        return segment

    def _read(self, segment: Segment, batch: Batch, max_records: int, *, is_alone: bool) -> None:
        start = self._position.offset
        limit = self._limit(segment, is_alone=is_alone)
        batch.begin = batch.end = self._position
        if not segment.is_readable:
            self._whole.add(segment.number)
            batch.end = Position(segment.number, max(limit, start))
            return
        window = _WINDOW_BYTES
        while batch.is_empty and start < limit:
            data = segments.read(segment, start, min(window, limit - start))
            is_whole = start + len(data) >= limit or len(data) < min(window, limit - start)
            _gather(data, segment, batch, max_records, is_whole=is_whole)
            if is_whole:
                return
            window *= 4

    def _limit(self, segment: Segment, *, is_alone: bool) -> int:
        """Up to where the segment may be read: of the newest only what is committed, since somebody may be writing."""
        board = self._spool.board
        committed = board.committed
        if is_alone or board.segment != segment.number:
            return segment.size()
        # Read before the number was: another segment's would be taken for this one's.
        return min(committed, segment.size()) if board.segment == segment.number else segments.HEADER_BYTES

    def _move_on(self, segment: Segment, batch: Batch, *, is_alone: bool) -> bool:
        """Go to the next segment, if this one is at its end for good."""
        self._segments = self._waiting()
        is_newest = self._spool.board.segment == segment.number
        if len(self._segments) < 2 or (is_newest and not is_alone):  # noqa: PLR2004  # this one and the next
            return False
        if self._limit(segment, is_alone=is_alone) > batch.end.offset:
            return True
        self._segments = self._segments[1:]
        self._position = Position(self._segments[0].number, segments.HEADER_BYTES)
        return True

    def _drop_before(self, number: int) -> None:
        for segment in segments.listing(self._spool.folder):
            if segment.number >= number:
                break
            try:
                if segment.number in self._whole:
                    self._quarantine.keep_segment(segment)
                else:
                    segment.path.unlink(missing_ok=True)
            except OSError:
                _log.exception("spool.segment_stays", extra={"segment": segment.path.name})


def _gather(data: bytes, segment: Segment, batch: Batch, max_records: int, *, is_whole: bool) -> None:
    """Take from `data`, which begins where the batch does, up to so many records."""
    begin = batch.begin.offset
    for found in scan(data, segment.marker, is_whole=is_whole):
        if isinstance(found, Damage):
            batch.damages.append(
                quarantine.of_bytes(data[found.start : found.end], offset=begin + found.start, reason=found.reason)
            )
        else:
            try:
                batch.records.append(frames.unpack(found.body))
            except BodyUnreadableError as error:
                batch.damages.append(quarantine.of_bytes(found.body, offset=begin + found.start, reason=str(error)))
        batch.end = Position(segment.number, begin + found.end)
        if len(batch.records) >= max_records:
            return


def _spooled_ms(body: bytes) -> int:
    try:
        return frames.unpack(body).spooled_ms
    except BodyUnreadableError:
        return 0
