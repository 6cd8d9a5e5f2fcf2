"""The one consume loop: poll, handle, flush by rows, bytes or age, keep the lease alive; for one partition, bounded in time.

The loop knows no store. A *handler* takes records and makes them durable together with the offset to go on from; the loop
decides when. It never commits anything itself: where the handler's store says the next offset is, there the next run begins.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from eventplatform.broker.base import Reader, size_of
from eventplatform.core.records import Record, TopicPartition

_LONGEST_WAIT_SECONDS = 0.5  # so that a stop is noticed within it
_READ_RECORDS = 500
_READ_BYTES = 4 * 1024 * 1024


class Handler(Protocol):
    """What a consumer does with the records of one partition.

    Both methods may raise; the run then ends with that error and nothing more is flushed: what was not flushed is read
    again by the next run. A record that can't be used is the handler's to set aside, never the loop's to skip.
    """

    def handle(self, records: Sequence[Record]) -> None:
        """Take these records, in offset order; they may stay in memory until `flush`."""

    def flush(self, next_offset: int) -> None:
        """Make durable what was handled since the last flush, and, with it, `next_offset` as the place to go on from.

        Called also without any record in between where only the offset moved: transaction markers take offsets too.
        """


@dataclass(frozen=True, slots=True)
class FlushRule:
    """Flush as soon as one of these is reached; the age counts from the first record that waits.

    With `at_end` the run flushes also when nothing more is there to read, instead of waiting for the age.
    """

    rows: int = 1000
    bytes: int = 8 * 1024 * 1024
    age_seconds: float = 1.0
    at_end: bool = False


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a run may go on: `seconds` in all, and `idle_seconds` without a record while nothing waits for its flush."""

    seconds: float = 120.0
    idle_seconds: float = 1.0
    heartbeat_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did, and why it ended; `next_offset` was flushed."""

    end: Literal["idle", "deadline", "stopped"]
    next_offset: int
    records: int
    flushes: int


def run(
    reader: Reader,
    where: TopicPartition,
    offset: int,
    handler: Handler,
    *,
    rule: FlushRule | None = None,
    bounds: Bounds | None = None,
    stop: threading.Event | None = None,
    heartbeat: Callable[[], None] = lambda: None,
) -> Report:
    """Feed `handler` from `offset` on until the log is idle, the time is over or `stop` is set; then flush and report.

    `heartbeat` is called about every `heartbeat_seconds`, and right before each flush; it raises where the run lost its
    right to go on (a lease that another took), which ends the run without a flush. Errors of the reader, the handler and
    the heartbeat pass through.
    """
    loop = _Run(reader, where, offset, handler, rule or FlushRule(), bounds or Bounds(), heartbeat)
    return loop.until_done(stop or threading.Event())


@dataclass(slots=True)
class _Run:
    reader: Reader
    where: TopicPartition
    position: int
    handler: Handler
    rule: FlushRule
    bounds: Bounds
    heartbeat: Callable[[], None]
    flushed: int = field(init=False)
    rows: int = 0
    size: int = 0
    waiting_since: float = 0.0
    last_record: float = field(default_factory=time.monotonic)
    last_heartbeat: float = field(default_factory=time.monotonic)
    is_caught_up: bool = False  # the last read came back with nothing
    records: int = 0
    flushes: int = 0

    def __post_init__(self) -> None:
        self.flushed = self.position

    def until_done(self, stop: threading.Event) -> Report:
        deadline = time.monotonic() + self.bounds.seconds
        end = self._end(deadline, stop)
        while end is None:
            self._step(deadline)
            end = self._end(deadline, stop)
        self._flush_if(due=self.position != self.flushed)
        return Report(end, self.flushed, self.records, self.flushes)

    def _step(self, deadline: float) -> None:
        batch = self.reader.read(
            self.where,
            self.position,
            max_records=max(1, min(_READ_RECORDS, self.rule.rows - self.rows)),
            max_bytes=max(1, min(_READ_BYTES, self.rule.bytes - self.size)),
            timeout_seconds=self._patience(deadline),
        )
        now = time.monotonic()
        self.is_caught_up = batch.next_offset == self.position
        if not self.is_caught_up:
            self._take(batch.records, batch.next_offset, now)
        self._flush_if(due=self._is_due(now))
        if now - self.last_heartbeat >= self.bounds.heartbeat_seconds:
            self._beat()

    def _take(self, records: Sequence[Record], next_offset: int, now: float) -> None:
        if self.position == self.flushed:
            self.waiting_since = now
        if records:
            self.handler.handle(records)
            self.rows += len(records)
            self.size += sum(size_of(record) for record in records)
            self.records += len(records)
            self.last_record = now
        self.position = next_offset

    def _is_due(self, now: float) -> bool:
        if self.position == self.flushed:
            return False
        is_old = now - self.waiting_since >= self.rule.age_seconds or (self.rule.at_end and self.is_caught_up)
        return is_old or self.rows >= self.rule.rows or self.size >= self.rule.bytes

    def _flush_if(self, *, due: bool) -> None:
        if not due:
            return
        self._beat()
        self.handler.flush(self.position)
        self.flushed, self.rows, self.size = self.position, 0, 0
        self.flushes += 1

    def _beat(self) -> None:
        self.heartbeat()
        self.last_heartbeat = time.monotonic()

    def _patience(self, deadline: float) -> float:
        """How long a read may wait: until the next thing is to be done."""
        waits_for_flush = self.position != self.flushed
        if waits_for_flush and self.rule.at_end:
            return 0.0
        next_duty = min(
            deadline,
            self.last_heartbeat + self.bounds.heartbeat_seconds,
            self.waiting_since + self.rule.age_seconds if waits_for_flush else self.last_record + self.bounds.idle_seconds,
        )
        return max(0.0, min(_LONGEST_WAIT_SECONDS, next_duty - time.monotonic()))

    def _end(self, deadline: float, stop: threading.Event) -> Literal["idle", "deadline", "stopped"] | None:
        now = time.monotonic()
        if stop.is_set():
            return "stopped"
        if now >= deadline:
            return "deadline"
        is_quiet = self.is_caught_up and now - self.last_record >= self.bounds.idle_seconds
        return "idle" if is_quiet and self.position == self.flushed else None
