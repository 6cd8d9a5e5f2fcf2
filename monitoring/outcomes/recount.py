"""Compares what the intake counted with what stands in the log, stream by stream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db.models import Sum

from eventplatform.broker.base import Log, Reader, partitions_of
from eventplatform.core import names
from eventplatform.core.error_events import HEADER_CODE
from eventplatform.core.records import Record, TopicPartition
from monitoring.models import IntakeCount, IntakeRequests
from monitoring.outcomes.reading import RECEIVED
from monitoring.outcomes.recording import MINUTE

_IN_THE_LOG = ("accepted", "hasty", "spooled")
_BACK = 1000  # records looked at before the window begins by the log's own times, which events may say themselves
_EDGE = timedelta(seconds=15)  # the counters are read every ten
_AT_ONCE = 2000

Verdict = Literal["equal", "more", "edge", "missing"]


@dataclass(frozen=True, slots=True)
class Line:
    """A stream: events counted as kept, and its records in the log that the intake took in within the window."""

    stream: str
    counted: int
    in_log: int
    before: int  # records taken in right before the window, of which some were counted within it

    @property
    def difference(self) -> int:
        """How many more there are in the log."""
        return self.in_log - self.counted

    @property
    def verdict(self) -> Verdict:
        """What the difference means: more are events whose outcome nobody counted, of a process that was killed for example."""
        if not self.difference:
            return "equal"
        if self.difference > 0:
            return "more"
        return "edge" if -self.difference <= self.before else "missing"


@dataclass(frozen=True, slots=True)
class Recount:
    """All streams that had events, those that differ most first, and what may explain a difference."""

    begin: datetime
    end: datetime
    lines: tuple[Line, ...]
    received: int
    settled: int

    @property
    def open(self) -> int:
        """Events received whose outcome was not counted: under way, or of a killed process."""
        return max(self.received - self.settled, 0)

    @property
    def missing(self) -> int:
        """Events counted as kept that are not in the log; where the spool holds some, they are among them."""
        return sum(-line.difference for line in self.lines if line.verdict == "missing")


def recount(log: Log, owners: Mapping[str, str], *, begin: datetime, end: datetime) -> Recount:
    """Count a window that begins with a minute and ends when the counters were last read. `owners`: topic → stream.

    A record belongs to the window in which the intake took its event in, whenever the spool brought it.
    """
    rows = IntakeCount.objects.filter(minute__gte=begin)
    kept = rows.filter(outcome__in=_IN_THE_LOG).exclude(stream="").values_list("stream").annotate(total=Sum("count"))
    counted = dict(kept)
    in_log, before = _in_the_log(log, owners, begin, end)
    received = IntakeRequests.objects.filter(seconds=MINUTE, at__gte=begin, kind=RECEIVED)
    lines = [
        Line(stream, counted.get(stream, 0), in_log[stream], before[stream]) for stream in sorted({*counted, *in_log.keys()})
    ]
    return Recount(
        begin,
        end,
        tuple(sorted(lines, key=lambda line: (-abs(line.difference), line.stream))),
        received.aggregate(total=Sum("count"))["total"] or 0,
        rows.aggregate(total=Sum("count"))["total"] or 0,
    )


def _in_the_log(log: Log, owners: Mapping[str, str], begin: datetime, end: datetime) -> tuple[Counter[str], Counter[str]]:
    """By stream, the records of the window, and those of the moment before."""
    within: Counter[str] = Counter()
    before: Counter[str] = Counter()
    first, last, early = _text(begin), _text(end), _text(begin - _EDGE)
    reader = log.reader()
    try:
        for where, start, stop in _ranges(log, owners, begin):
            for record in _records(reader, where, start, stop):
                received_at = _taken_in_at(record)
                if first <= received_at <= last:
                    within[owners[where.topic]] += 1
                elif early <= received_at < first:
                    before[owners[where.topic]] += 1
    finally:
        reader.close()
    return within, before


def _ranges(log: Log, owners: Mapping[str, str], begin: datetime) -> Iterator[tuple[TopicPartition, int, int]]:
    """From where to where each partition is read."""
    where = partitions_of(log.topics(owners.keys()))
    firsts, ends = log.first_offsets(where), log.end_offsets(where)
    starts = log.offsets_for_times(dict.fromkeys(where, int((begin - _EDGE).timestamp() * 1000)))
    for one in where:
        start = starts.get(one)
        yield one, max(firsts[one], (ends[one] if start is None else start) - _BACK), ends[one]


def _records(reader: Reader, where: TopicPartition, offset: int, end: int) -> Iterator[Record]:
    while offset < end:
        batch = reader.read(where, offset, max_records=_AT_ONCE, timeout_seconds=5.0)
        if batch.next_offset <= offset:
            return  # the rest is gone since
        yield from (record for record in batch.records if record.offset < end)
        offset = batch.next_offset


def _taken_in_at(record: Record) -> str:
    """When the intake took an event in; empty where a record is none of those it counts: made elsewhere, told, replayed."""
    if record.header(HEADER_CODE) is not None or record.header(names.HEADER_REPLAYED_FOR) is not None:
        return ""
    return (record.header(names.HEADER_RECEIVED_AT) or b"").decode("ascii", "replace")


def _text(moment: datetime) -> str:
    """As the header has it, so that texts compare as moments do."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def owners(topics: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The stream of each topic."""
    return {topic: stream for stream, every in topics.items() for topic in every or (stream,)}
