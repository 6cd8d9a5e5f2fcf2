"""Positions in a log that is a copy of another, in memory; against two real clusters: test_moving_kafka.py."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import orjson
import pytest

from connectors import moving
from connectors.sinks.base import Position
from connectors.stores.kafka_mirror import Origin
from eventplatform.broker.base import Log
from eventplatform.broker.memory import MemoryLog
from eventplatform.core.names import HEADER_MIRRORED_FROM
from eventplatform.core.records import NewRecord, TopicPartition
from tests.contracts.logs import produce

TOPIC = "test.event"
WHERE = TopicPartition(TOPIC, 0)


@pytest.fixture
def old() -> Log:
    return made(partitions=2)


@pytest.fixture
def new() -> Log:
    return made(partitions=2)


def made(partitions: int) -> Log:
    log = MemoryLog()
    log.create_topic(TOPIC, partitions=partitions)
    return log


def event(number: int, partition: int = 0, *, id_: str = "") -> NewRecord:
    value = orjson.dumps({"meta": {"id": id_ or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{partition}/{number}"))}, "test": number})
    return NewRecord(TOPIC, value, timestamp_ms=1_700_000_000_000 + number * 1000, partition=partition)


def mirrored(old: Log, record: NewRecord, offset: int, *, source: int = 0, to: int | None = None) -> NewRecord:
    origin = Origin(old.cluster_id(), TOPIC, old.topics([TOPIC])[TOPIC].incarnation, source, offset)
    return record._replace(headers=((HEADER_MIRRORED_FROM, origin.as_header()),), partition=source if to is None else to)


def stood(log: Log, offset: int) -> Position:
    return Position(offset, log.topics([TOPIC])[TOPIC].incarnation, log.cluster_id())


def places(moves: Sequence[moving.Move]) -> list[tuple[int, str, int]]:
    return [(move.after.next_offset, move.method, move.duplicates) for move in moves]


def test_find__copies_name_their_originals__exact(old: Log, new: Log) -> None:
    produce(new, [mirrored(old, event(n), n) for n in range(5, 20)])
    produce(new, [mirrored(old, event(n, 1), n, source=1) for n in range(10)])

    moves = moving.find(None, new, TOPIC, {0: stood(old, 12), 1: stood(old, 10)})

    assert places(moves) == [(7, "exact", 0), (10, "exact", 0)]
    assert moves[0].after == Position(7, new.topics([TOPIC])[TOPIC].incarnation, new.cluster_id())


def test_find__records_of_the_new_log_alone_follow__not_passed_over(old: Log, new: Log) -> None:
    produce(new, [mirrored(old, event(n), n) for n in range(5)])
    produce(new, [event(100)])

    assert places(moving.find(None, new, TOPIC, {0: stood(old, 5)}))[0] == (5, "exact", 0)


def test_find__copies_spread_by_key__begins_with_the_first_that_was_not_read(old: Log, new: Log) -> None:
    both = [mirrored(old, event(n, source), n, source=source, to=0) for n in range(4) for source in (0, 1)]
    produce(new, both)

    moves = moving.find(None, new, TOPIC, {0: stood(old, 4), 1: stood(old, 2)})

    assert places(moves)[0] == (5, "exact", 1)  # 1/2 is new; 0/3, which lies behind it, was read


def test_find__topic_made_anew_in_the_old_log__its_copies_are_not_taken_for_read(old: Log, new: Log) -> None:
    produce(new, [mirrored(old, event(n), n) for n in range(5)])
    stale = Position(5, "another incarnation", old.cluster_id())

    assert places(moving.find(None, new, TOPIC, {0: stale}))[0] == (0, "first", 5)


def test_find__plain_copies__by_the_id_of_the_last_that_was_read(old: Log, new: Log) -> None:
    produce(old, [event(n) for n in range(10)])
    produce(new, [event(n) for n in range(4, 10)])  # the older ones were gone when the copy began

    assert places(moving.find(old, new, TOPIC, {0: stood(old, 7)}))[0] == (3, "identity", 0)


def test_find__id_sent_twice__goes_on_after_the_first_and_says_how_many(old: Log, new: Log) -> None:
    sent = [event(0), event(1, id_="again"), event(2), event(3, id_="again"), event(4)]
    produce(old, sent)
    produce(new, sent)

    assert places(moving.find(old, new, TOPIC, {0: stood(old, 4)}))[0] == (2, "time", 2)


def test_find__last_one_is_not_in_the_copy__by_time_with_a_bound(old: Log, new: Log) -> None:
    produce(old, [event(n) for n in range(1000)])
    produce(new, [event(n) for n in range(1000) if n != 899])

    ((offset, method, duplicates), _) = places(moving.find(old, new, TOPIC, {0: stood(old, 900)}))

    assert (offset, method, duplicates) == (599, "time", 400)


def test_find__old_log_unknown__from_the_first(old: Log, new: Log) -> None:
    produce(new, [event(n) for n in range(6)])

    assert places(moving.find(None, new, TOPIC, {0: stood(old, 3)}))[0] == (0, "first", 6)
