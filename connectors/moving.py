"""Where a connector goes on in another event log that holds copies of the records: by where each copy says it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from connectors.sinks.base import Position
from connectors.stores.kafka_mirror import Origin, origins
from eventplatform.broker.base import Log
from eventplatform.core.records import Record, TopicPartition

# exact: every copy names its original. identity: the last record that was read was found by its content. time: by its time
# only. first: nothing is known.
Method = Literal["exact", "identity", "time", "first"]

_MARGIN_MS = 300_000  # before the time of the last record that was read: clocks of producers differ
_READ_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Move:
    """The position that takes a stored one's place; `duplicates` records, or so many at most, are read again."""

    where: TopicPartition
    stored: Position | None
    after: Position
    method: Method
    duplicates: int

    @property
    def is_exact(self) -> bool:
        """Whether the number of duplicates is known, not only bounded."""
        return self.method in {"exact", "identity"}


@dataclass(frozen=True, slots=True)
class _Found:
    offset: int
    method: Method
    duplicates: int


def find(old: Log | None, new: Log, topic: str, stored: Mapping[int, Position]) -> list[Move]:
    """A move for every partition of the topic in the new log; `stored` are the store's positions in the old one.

    Nothing is lost as long as the new log holds a copy of what was not read. Without `old`, only copies that name their
    original (as our own mirrors do) can be told from what is new.
    """
    found = new.topics([topic])[topic]
    cluster_id = new.cluster_id()
    moves = []
    for number in range(found.partitions):
        where = TopicPartition(topic, number)
        place = _by_origin(new, where, stored) or _by_content(old, new, where, stored.get(number))
        after = Position(place.offset, found.incarnation, cluster_id)
        moves.append(Move(where, stored.get(number), after, place.method, place.duplicates))
    return moves


def _by_origin(new: Log, where: TopicPartition, stored: Mapping[int, Position]) -> _Found | None:
    """The first record that was not read yet; None where no copy names an original that the positions know."""
    first = new.first_offsets([where])[where]
    end = new.end_offsets([where])[where]
    if first == end:
        return _Found(end, "exact", 0)
    place: int | None = None
    duplicates, known = 0, False
    for record in _records(new, where, first, end):
        is_read = _is_read(record, stored)
        known = known or is_read is not None
        if is_read:
            duplicates += place is not None
        elif place is None:
            place = record.offset
    if not known:
        return None
    return _Found(end if place is None else place, "exact", duplicates)


def _is_read(record: Record, stored: Mapping[int, Position]) -> bool | None:
    """Whether the copy's original was read; None where it names none in the old log."""
    for origin in origins(record):
        position = stored.get(origin.partition)
        if position is not None and _is_of(origin, record, position):
            return origin.offset < position.next_offset
    return None


def _is_of(origin: Origin, record: Record, position: Position) -> bool:
    return (origin.cluster_id, origin.incarnation, origin.topic) == (position.cluster_id, position.incarnation, record.topic)


def _by_content(old: Log | None, new: Log, where: TopicPartition, position: Position | None) -> _Found:
    """As mirrors of others copy: partitions and order kept, nothing said."""
    first = new.first_offsets([where])[where]
    end = new.end_offsets([where])[where]
    last = _last_read(old, where, position)
    if last is None:
        return _Found(first, "first", end - first)
    begin = new.offsets_for_times({where: max(last.timestamp_ms - _MARGIN_MS, 0)})[where]
    begin = end if begin is None else begin
    wanted = _identity(last)
    places = [record.offset + 1 for record in _records(new, where, begin, end) if _identity(record) == wanted]
    if len(places) == 1:
        return _Found(places[0], "identity", 0)
    if places:  # sent more than once: going on after the first copy reads the others again, and loses none
        return _Found(places[0], "time", places[-1] - places[0])
    return _Found(begin, "time", end - begin)


def _last_read(old: Log | None, where: TopicPartition, position: Position | None) -> Record | None:
    """The record before the position, as the old log has it."""
    if old is None or position is None or position.cluster_id != old.cluster_id():
        return None
    first = old.first_offsets([where]).get(where)
    if first is None:
        return None
    last: Record | None = None
    begin = max(first, position.next_offset - 100)  # markers take offsets too, so the one before may be no record
    for record in _records(old, where, begin, position.next_offset):
        last = record
    return last


def _records(log: Log, where: TopicPartition, begin: int, end: int) -> Iterator[Record]:
    reader = log.reader()
    try:
        offset = begin
        while offset < end:
            batch = reader.read(where, offset, max_records=5000, timeout_seconds=_READ_SECONDS)
            yield from (record for record in batch.records if record.offset < end)
            offset = batch.next_offset
    finally:
        reader.close()


def _identity(record: Record) -> Any:
    """The event's id, or else all that was sent."""
    try:
        event = orjson.loads(record.value or b"")
        found = event["meta"]["id"]
    except (ValueError, KeyError, TypeError):
        return (record.timestamp_ms, record.key, record.value)
    return found
