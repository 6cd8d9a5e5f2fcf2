"""Reads the last minutes of topics, the newest first, within bounds; what is left out is older, and counted; pure."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from eventplatform.broker.base import Log, OffsetOutOfRangeError, Reader, partitions_of, size_of
from eventplatform.core.records import Record, TopicPartition

_FIRST_STEP, _LARGEST_STEP = 500, 10_000  # records read at once
_STEP_BYTES = 4 * 1024 * 1024  # that a step aims at

Take = Callable[[Sequence[Record]], None]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What reading may cost."""

    records: int
    bytes: int
    seconds: float


@dataclass(slots=True)
class Reading:
    """What was read. From `begin_ms` on nothing is missing; `left_out` are older records within the minutes asked for."""

    begin_ms: int
    end_ms: int
    records: int = 0
    bytes: int = 0
    left_out: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class _Part:
    """A partition, read from `front` backwards to `start`."""

    where: TopicPartition
    start: int
    front: int
    front_ms: int
    step: int = field(default=_FIRST_STEP)


def read(log: Log, topics: Collection[str], *, begin_ms: int, end_ms: int, bounds: Bounds, take: Take) -> Reading:
    """Hand the records of `topics` since `begin_ms` to `take`, in order within each call alone.

    Raises:
        PlatformError: the log is away.
    """
    begun = time.monotonic()
    found = Reading(begin_ms, end_ms)
    waiting = _parts(log, topics, begin_ms, end_ms)
    reader = log.reader()
    try:
        run = _Run(reader, bounds, begun + bounds.seconds, take, found)
        # Always the partition that is read up to the latest time: whatever is cut, is cut at one time in all of them.
        while part := max(waiting, key=lambda one: one.front_ms, default=None):
            if run.is_spent or not run.step(part):
                break
            if part.front <= part.start:
                waiting.remove(part)
    finally:
        reader.close()
    found.left_out = sum(part.front - part.start for part in waiting)
    found.begin_ms = max((part.front_ms for part in waiting), default=begin_ms)
    found.seconds = time.monotonic() - begun
    return found


@dataclass(frozen=True, slots=True)
class _Run:
    reader: Reader
    bounds: Bounds
    deadline: float
    take: Take
    found: Reading

    @property
    def is_spent(self) -> bool:
        return self.found.records >= self.bounds.records or self.found.bytes >= self.bounds.bytes

    def step(self, part: _Part) -> bool:
        """Read what lies before the partition's front; False where bytes or time ran out. There is never a hole."""
        low = max(part.start, part.front - min(part.step, self.bounds.records - self.found.records))
        kept: deque[Record] = deque()
        size, at, is_cut = 0, low, False
        while at < part.front:
            if time.monotonic() > self.deadline:
                return False
            try:
                batch = self.reader.read(part.where, at, max_records=part.front - at, max_bytes=_STEP_BYTES)
            except OffsetOutOfRangeError as error:  # retention was faster
                part.start = min(max(part.start, int(str(error.facts["first"]))), part.front)
                return True
            fresh = [record for record in batch.records if record.offset < part.front]
            kept += fresh
            size += sum(size_of(record) for record in fresh)
            while size > self.bounds.bytes - self.found.bytes:
                size -= size_of(kept.popleft())
                is_cut = True
            at = batch.next_offset if batch.next_offset > at else part.front
        self._note(part, kept, size)
        part.front = (kept[0].offset if kept else part.front) if is_cut else low
        self.take(kept)
        return not is_cut

    def _note(self, part: _Part, kept: Sequence[Record], size: int) -> None:
        self.found.records += len(kept)
        self.found.bytes += size
        if kept:
            part.front_ms = min(part.front_ms, kept[0].timestamp_ms)
            part.step = min(max(_FIRST_STEP, _STEP_BYTES * len(kept) // max(size, 1)), _LARGEST_STEP)


def _parts(log: Log, topics: Collection[str], begin_ms: int, end_ms: int) -> list[_Part]:
    every = partitions_of(log.topics(topics))
    ends, firsts = log.end_offsets(every), log.first_offsets(every)
    starts = log.offsets_for_times(dict.fromkeys(every, begin_ms))
    made = []
    for where in every:
        start = starts.get(where)
        if start is not None and start < ends.get(where, 0):
            made.append(_Part(where, max(start, firsts.get(where, 0)), ends[where], end_ms))
    return made
