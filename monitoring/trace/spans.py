"""Which offsets of which partitions are to be looked at, how far that is done, and what comes next; pure.

Each partition is looked at from its anchor on, which is where the asked time begins in it, and then backwards from there, so
that what is nearest comes first. Partitions take turns: one that holds much keeps no other waiting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from eventplatform.broker.base import Batch, Log
from eventplatform.core.records import TopicPartition
from monitoring.trace.asking import Window

BITE = 2000  # records of one partition before the next one's turn
_LARGEST_BITE = 4 * BITE  # of one that was looked at before: changing between partitions is dear, most of all in Kafka
_BEHIND = 100  # records behind where the window seems to end


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets of one partition, as they were when the search began; `is_cut`: retention has taken what lay before it.

    A record's timestamp may be any that its producer wrote. What lies in the window begins at or after `begin` all the same;
    `end` is where it seems to end: some records behind it are looked at too, and more where these are of the window.
    """

    where: TopicPartition
    begin: int
    anchor: int
    end: int
    log_end: int
    is_cut: bool = False

    @property
    def is_empty(self) -> bool:
        """Nothing of the window seems to be there."""
        return self.begin >= self.end


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one partition was looked at: so many offsets from its anchor on, and so many before it.

    The anchor is kept, since retention moves the first offset of a time.
    """

    after: int = 0
    before: int = 0
    is_after_done: bool = False
    anchor: int = 0
    is_done: bool = False  # as a whole

    @property
    def looked_at(self) -> int:
        """Offsets in all."""
        return self.after + self.before


_NOTHING = Reach()


@dataclass(frozen=True, slots=True)
class Bite:
    """What to read next; `is_after`: from the anchor on."""

    number: int
    begin: int
    end: int
    is_after: bool


def plan(log: Log, partitions: Sequence[TopicPartition], window: Window) -> tuple[Span, ...]:
    """The spans that hold the window, in the order of `partitions`; an empty one of a partition that is gone."""
    firsts, ends = log.first_offsets(partitions), log.end_offsets(partitions)
    begins, anchors, lasts = (
        log.offsets_for_times(dict.fromkeys(ends, milliseconds))
        for milliseconds in (window.begin_ms, window.anchor_ms, window.end_ms + 1)
    )
    return tuple(
        _span(where, (firsts.get(where, 0), ends.get(where, 0)), (begins.get(where), anchors.get(where), lasts.get(where)))
        for where in partitions
    )


def _span(where: TopicPartition, held: tuple[int, int], found: tuple[int | None, int | None, int | None]) -> Span:
    first, log_end = held
    begin, anchor, end = (log_end if offset is None else min(max(offset, first), log_end) for offset in found)
    begin = min(begin, anchor)
    return Span(where, begin, anchor, max(anchor, end), log_end, is_cut=0 < first == begin < log_end)


def resumed(planned: Sequence[Span], reaches: Mapping[int, Reach]) -> tuple[Span, ...]:
    """The spans with the anchors that the search began with."""
    return tuple(_resumed(span, reaches.get(number)) for number, span in enumerate(planned))


def _resumed(span: Span, reach: Reach | None) -> Span:
    if reach is None or reach.is_done:
        return span
    return replace(span, begin=min(span.begin, reach.anchor), anchor=reach.anchor, end=max(span.end, reach.anchor))


def next_bite(spans: Sequence[Span], reaches: Mapping[int, Reach]) -> Bite | None:
    """The next part of the partition that was looked at least, those last that seem to hold nothing; None where all is done."""
    open_ones = [number for number, span in enumerate(spans) if not is_done(span, reaches.get(number, _NOTHING))]
    if not open_ones:
        return None
    number = min(open_ones, key=lambda one: (spans[one].is_empty, reaches.get(one, _NOTHING).looked_at, one))
    span, reach = spans[number], reaches.get(number, _NOTHING)
    size = min(max(BITE, reach.looked_at), _LARGEST_BITE)
    if not _is_after_done(span, reach):
        begin = span.anchor + reach.after
        end = begin + size if begin + size <= span.end or begin > span.end else span.end + _BEHIND
        return Bite(number, begin, end, is_after=True)
    end = span.anchor - reach.before
    return Bite(number, max(span.begin, end - size), end, is_after=False)


def after_bite(span: Span, reach: Reach, bite: Bite, read: Batch, window: Window) -> Reach:
    """The reach once that was read of the bite."""
    reach = replace(reach, anchor=span.anchor)
    if not bite.is_after:
        return replace(reach, before=reach.before + bite.end - bite.begin)
    next_offset = read.next_offset
    behind = [record for record in read.records if record.offset >= span.end]
    is_over = next_offset >= span.end and not any(record.timestamp_ms <= window.end_ms for record in behind)
    is_at_end = next_offset <= bite.begin
    is_done = is_at_end or (is_over and (bool(behind) or next_offset >= span.log_end))
    return replace(reach, after=max(next_offset - span.anchor, reach.after), is_after_done=is_done)


def is_done(span: Span, reach: Reach) -> bool:
    """Nothing of the span is left."""
    return reach.is_done or (_is_after_done(span, reach) and span.anchor - reach.before <= span.begin)


def left(span: Span, reach: Reach) -> int:
    """Offsets that are left, as far as it can be known."""
    if reach.is_done:
        return 0
    after = 0 if _is_after_done(span, reach) else max(span.end - span.anchor - reach.after, 1)
    return after + max(span.anchor - reach.before - span.begin, 0)


def _is_after_done(span: Span, reach: Reach) -> bool:
    return reach.is_after_done or span.anchor + reach.after >= span.log_end
