"""Reads single records at their places, and those of the same key around one, in few and bounded reads; pure."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from eventplatform.broker.base import Log, OffsetOutOfRangeError, Reader, TopicUnknownError
from eventplatform.core.records import Record, TopicPartition

_AROUND = 500  # records looked at on each side
_MAX_BYTES = 1024 * 1024
_SECONDS = 0.3
_MOST = 3


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Records of the same key before and after one, the nearest of them, in their order."""

    before: tuple[Record, ...] = ()
    after: tuple[Record, ...] = ()


NO_NEIGHBOURS = Neighbours()


def records_at(log: Log, places: Iterable[tuple[TopicPartition, int]]) -> list[Record]:
    """The records at these places, in their order; those that are gone are left out.

    Raises:
        LogUnavailableError: the log is away.
    """
    wanted = list(places)
    if not wanted:
        return []
    by_partition: dict[TopicPartition, list[int]] = defaultdict(list)
    for where, offset in wanted:
        by_partition[where].append(offset)
    reader = log.reader()
    try:  # one partition after the other: changing between them is what costs
        found = {
            (where, offset): _record(reader, where, offset)
            for where, offsets in by_partition.items()
            for offset in sorted(offsets)
        }
    finally:
        reader.close()
    return [record for place in wanted if (record := found[place]) is not None]


def neighbours(log: Log, record: Record) -> Neighbours:
    """Records of the same key near the record, as far as a few hundred records on each side hold them."""
    if record.key is None:
        return NO_NEIGHBOURS
    where = TopicPartition(record.topic, record.partition)
    begin = max(record.offset - _AROUND, log.first_offsets([where]).get(where, record.offset), 0)
    reader = log.reader()
    try:
        around = [one for one in _read(reader, where, begin, record.offset + _AROUND) if one.key == record.key]
    finally:
        reader.close()
    before = [one for one in around if one.offset < record.offset]
    after = [one for one in around if one.offset > record.offset]
    return Neighbours(tuple(before[-_MOST:]), tuple(after[:_MOST]))


def _record(reader: Reader, where: TopicPartition, offset: int) -> Record | None:
    try:
        batch = reader.read(where, offset, max_records=1)
    except (OffsetOutOfRangeError, TopicUnknownError):
        return None
    return next((record for record in batch.records if record.offset == offset), None)


def _read(reader: Reader, where: TopicPartition, begin: int, end: int) -> list[Record]:
    deadline = time.monotonic() + _SECONDS
    found: list[Record] = []
    while begin < end and time.monotonic() < deadline:
        try:
            batch = reader.read(where, begin, max_records=end - begin, max_bytes=_MAX_BYTES)
        except (OffsetOutOfRangeError, TopicUnknownError):
            return found
        found += batch.records
        if batch.next_offset <= begin:
            break
        begin = batch.next_offset
    return found
