"""The search of "Where is my event?" over every log: the same record, by the same bounds, whichever log holds it."""

from __future__ import annotations

import orjson
import pytest

from eventplatform.broker.base import Log
from eventplatform.core.records import NewRecord, TopicPartition
from monitoring.trace import neighbours, spans
from monitoring.trace.asking import Window
from monitoring.trace.matching import Matcher
from monitoring.trace.scanning import Bounds, Scan, scan
from monitoring.trace.spans import Reach
from tests.contracts.logs import produce

T0 = 1_795_000_000_000
EACH = 6000  # records of a partition, one every millisecond


@pytest.fixture
def partitions(log: Log, topic: str) -> list[TopicPartition]:
    """Three partitions; the id says which one and which record."""
    log.alter_topic(topic, retention_ms=10**12)  # these are no records of today
    for partition in range(3):
        records = [
            NewRecord(
                topic,
                orjson.dumps({"meta": {"id": f"event-{partition}-{number}"}}),
                key=b'{"page":%d}' % (number % 1000),
                headers=(("request-id", f"request-{number // 3}".encode()),),
                timestamp_ms=T0 + number,
                partition=partition,
            )
            for number in range(EACH)
        ]
        assert not any(one.error for one in produce(log, records))
    return [TopicPartition(topic, partition) for partition in range(3)]


def look(
    log: Log, partitions: list[TopicPartition], matcher: Matcher, window: Window, *, bounds: Bounds, most: int = 100
) -> Scan:
    """As many requests as it takes."""
    found = Scan()
    for _ in range(100):
        planned = spans.resumed(spans.plan(log, partitions, window), found.reaches)
        if spans.next_bite(planned, found.reaches) is None:
            return found
        done = scan(log, planned, matcher, window, found.reaches, bounds=bounds, most_found=most)
        found = Scan(done.reaches, [*found.found, *done.found], found.records + done.records)
    raise AssertionError


def test_scan__any_record__found_once_and_nothing_is_read_twice(log: Log, partitions: list[TopicPartition]) -> None:
    newest_first = Window(T0, T0 + EACH, T0 + EACH)
    bounds = Bounds(records=5000, seconds=60, seconds_once_found=60)

    found = look(log, partitions, Matcher("id", "event-1-17"), newest_first, bounds=bounds)

    assert [(record.partition, record.offset) for record in found.found] == [(1, 17)]
    assert found.records == 3 * EACH


def test_scan__around_a_time__looks_at_its_window_and_little_more(log: Log, partitions: list[TopicPartition]) -> None:
    window = Window(T0 + 2000, T0 + 3000, T0 + 4000)
    bounds = Bounds(seconds=60, seconds_once_found=60)

    found = look(log, partitions, Matcher("request", "request-1000"), window, bounds=bounds)

    assert sorted((record.partition, record.offset) for record in found.found) == [
        (partition, offset) for partition in range(3) for offset in (3000, 3001, 3002)
    ]
    assert 3 * 2001 <= found.records <= 3 * 2101


def test_scan__by_key__all_of_it(log: Log, partitions: list[TopicPartition]) -> None:
    window = Window(T0, T0 + EACH, T0 + EACH)

    found = look(log, partitions, Matcher("key", "7"), window, bounds=Bounds(seconds=60, seconds_once_found=60))

    assert len(found.found) == 3 * 6


def test_neighbours__of_a_record__those_of_its_key_beside_it(log: Log, partitions: list[TopicPartition]) -> None:
    (record,) = neighbours.records_at(log, [(partitions[2], 5007)])

    assert neighbours.neighbours(log, record).before == ()
    produce(log, [NewRecord(record.topic, b"{}", key=record.key, partition=2, timestamp_ms=T0 + EACH) for _ in range(2)])
    (last,) = neighbours.records_at(log, [(partitions[2], EACH)])
    assert [one.offset for one in neighbours.neighbours(log, last).after] == [EACH + 1]


def test_plan__empty_topic__nothing_to_look_at(log: Log, topic: str) -> None:
    planned = spans.plan(log, [TopicPartition(topic, 0), TopicPartition("gone", 0)], Window(0, T0, T0))

    assert spans.next_bite(planned, {}) is None
    assert [spans.left(span, Reach()) for span in planned] == [0, 0]
