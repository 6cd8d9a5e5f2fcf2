"""Looks through the log for what is asked: bounded in records, bytes and seconds, and able to go on where it stopped; pure."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from eventplatform.broker.base import Batch, Log, OffsetOutOfRangeError, Reader
from eventplatform.core.records import Record
from monitoring.trace import spans
from monitoring.trace.asking import Window
from monitoring.trace.matching import Matcher
from monitoring.trace.spans import Bite, Reach, Span

_READ_BYTES = 4 * 1024 * 1024
MOST_FOUND = 20  # more are counted as soon as somebody goes on


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one request may look at; once something is found, it ends after `seconds_once_found` more."""

    records: int = 100_000
    bytes: int = 128 * 1024 * 1024
    seconds: float = 2.0
    seconds_once_found: float = 0.3


@dataclass(slots=True)
class Scan:
    """What a search has done: `reaches` by the number of its span, what was found, how many records were looked at."""

    reaches: dict[int, Reach] = field(default_factory=dict)
    found: list[Record] = field(default_factory=list)
    records: int = 0
    bytes: int = 0
    seconds: float = 0.0


def scan(
    log: Log,
    planned: Sequence[Span],
    matcher: Matcher,
    window: Window,
    done: dict[int, Reach],
    *,
    bounds: Bounds | None = None,
    most_found: int = MOST_FOUND,
    clock: Callable[[], float] = time.monotonic,
) -> Scan:
    """Look on from what is `done` of the (resumed) spans, until all is, something is found, or a bound is reached.

    Raises:
        PlatformError: the log is away.
    """
    result = Scan(reaches=dict(done))
    reader = log.reader()
    try:
        _Scanning(log, reader, planned, matcher, window, bounds or Bounds(), most_found, result, clock).run()
    finally:
        reader.close()
    return result


@dataclass(slots=True)
class _Scanning:
    log: Log
    reader: Reader
    planned: Sequence[Span]
    matcher: Matcher
    window: Window
    bounds: Bounds
    most_found: int
    result: Scan
    clock: Callable[[], float]
    found_at: float | None = None

    def run(self) -> None:
        begun = self.clock()
        while self._may_go_on(begun) and (bite := spans.next_bite(self.planned, self.result.reaches)):
            self._take(bite)
        self.result.seconds = self.clock() - begun

    def _may_go_on(self, begun: float) -> bool:
        now, done, bounds = self.clock(), self.result, self.bounds
        is_enough = len(done.found) >= self.most_found or (
            self.found_at is not None and now - self.found_at >= bounds.seconds_once_found
        )
        is_over = done.records >= bounds.records or done.bytes >= bounds.bytes or now - begun >= bounds.seconds
        return not is_enough and not is_over

    def _take(self, bite: Bite) -> None:
        span = self.planned[bite.number]
        reach = self.result.reaches.get(bite.number, Reach())
        read = self._read(span, bite)
        self.result.records += len(read.records)
        self.result.bytes += sum(len(record.value) for record in read.records if record.value)
        known = len(self.result.found)
        self.result.found += self.matcher.among(read.records)
        if len(self.result.found) > known and self.found_at is None:
            self.found_at = self.clock()
        reach = spans.after_bite(span, reach, bite, read, self.window)
        self.result.reaches[bite.number] = Reach(is_done=True) if spans.is_done(span, reach) else reach

    def _read(self, span: Span, bite: Bite) -> Batch:
        """The bite's records. A bite that goes backwards is read whole; one that goes on may end where the reader ends."""
        records: list[Record] = []
        offset = bite.begin
        while offset < bite.end:
            batch = self._batch(span, offset, bite.end - offset)
            is_beyond = bool(batch.records) and batch.records[-1].offset >= bite.end  # a compacted topic has gaps
            records += [one for one in batch.records if one.offset < bite.end] if is_beyond else batch.records
            is_stuck = batch.next_offset <= offset
            offset = max(offset, batch.next_offset)
            if is_stuck or bite.is_after:
                break
        return Batch(records, min(offset, bite.end))

    def _batch(self, span: Span, offset: int, most: int) -> Batch:
        try:
            return self.reader.read(span.where, offset, max_records=most, max_bytes=_READ_BYTES)
        except OffsetOutOfRangeError:
            # Retention went on meanwhile, or the topic is another one now: what is gone can't be looked at.
            first = self.log.first_offsets([span.where]).get(span.where, offset)
            return Batch([], min(max(first, offset), offset + most))
