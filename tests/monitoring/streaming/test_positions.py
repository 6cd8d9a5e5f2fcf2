"""Ids, `Last-Event-ID` and `since`: what a client may say, and where it then begins."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from eventplatform.broker.memory import MemoryLog
from eventplatform.core.records import NewRecord, TopicPartition
from monitoring.streaming import positions
from monitoring.streaming.errors import LastEventIdError, SinceUnreadableError, TopicsMissingError
from monitoring.streaming.positions import Position, Resume, log_mark
from monitoring.streaming.starts import Start, starts

A, B = TopicPartition("a", 0), TopicPartition("b", 0)
NOW = 1_700_000_000_000


def mark(log: MemoryLog, topic: str) -> str:
    return log_mark(log.cluster_id(), log.topics([topic])[topic].incarnation)


@pytest.fixture
def log() -> MemoryLog:
    """Topic a: ten records, one each second from 1000 ms on; topic b: none."""
    made = MemoryLog()
    made.create_topic("a")
    made.create_topic("b")
    made.append([NewRecord("a", b"{}", timestamp_ms=1000 * (n + 1)) for n in range(10)])
    return made


def begin(log: MemoryLog, *, since_ms: int | None = None, **resumes: Resume) -> dict[str, Start]:
    named = {TopicPartition(topic, 0): one for topic, one in resumes.items()}
    return {one.where.topic: one for one in starts(log, ("a", "b", "c"), now_ms=NOW, since_ms=since_ms, resumes=named)}


def test_id__read_again__says_the_same() -> None:
    text = b"[" + positions.part_of_id(A, Position(7, 1234), "abc") + b"]"

    assert positions.read_last_event_id(text.decode(), {"a"}) == {A: Resume(7, 1234, "abc")}
    assert orjson.loads(text) == [{"topic": "a", "partition": 0, "offset": 7, "timestamp": 1234, "log": "abc"}]


def test_id__of_eventstreams__understood() -> None:
    text = '[{"topic":"a","partition":0,"timestamp":1600000000001},{"topic":"b","partition":0,"offset":-1}]'

    assert positions.read_last_event_id(text, {"a", "b"}) == {A: Resume(None, 1_600_000_000_001), B: Resume(-1)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        "{}",
        "[]",
        "[7]",
        '[{"topic":"other","partition":0,"offset":1}]',
        '[{"topic":["a"],"partition":0,"offset":1}]',
        '[{"topic":"a","partition":-1,"offset":1}]',
        '[{"topic":"a","partition":"0","offset":1}]',
        '[{"topic":"a","partition":0}]',
        '[{"topic":"a","partition":0,"offset":1.5}]',
        '[{"topic":"a","partition":0,"offset":-3}]',
        '[{"topic":"a","partition":0,"offset":true}]',
        '[{"topic":"a","partition":0,"timestamp":1e400}]',
        '[{"topic":"a","partition":0,"timestamp":9999999999999999}]',
        "[" + ",".join(['{"topic":"a","partition":0,"offset":1}'] * 201) + "]",
    ],
)
def test_last_event_id__anything_else__refused(text: str) -> None:
    with pytest.raises(LastEventIdError):
        positions.read_last_event_id(text, {"a"})


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("1600000000001", 1_600_000_000_001),
        ("0", 0),
        ("1970-01-01", 0),
        ("1970-01-01T00:00:01Z", 1000),
        ("1970-01-01T00:00:01.5", 1500),
        ("1970-01-01T01:00:00+01:00", 0),
        ("Thu, 01 Jan 1970 00:00:02 GMT", 2000),
    ],
)
def test_since__a_time__in_milliseconds(text: str, milliseconds: int) -> None:
    assert positions.read_since(text) == milliseconds


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "99999999999999999999", "9" * 16, "NaN", "\0"])
def test_since__no_time__refused(text: str) -> None:
    with pytest.raises(SinceUnreadableError):
        positions.read_since(text)


def test_starts__nothing_said__begins_with_what_comes(log: MemoryLog) -> None:
    found = begin(log)

    assert set(found) == {"a", "b"}
    assert all(one.position == Position(positions.LATEST, NOW) for one in found.values())


def test_starts__since__by_each_partitions_times(log: MemoryLog) -> None:
    found = begin(log, since_ms=3500)

    assert found["a"].position == Position(3, 3500)
    assert found["b"].position.offset == 0


def test_starts__since_after_all__begins_at_the_end(log: MemoryLog) -> None:
    assert begin(log, since_ms=99_000)["a"].position.offset == 10


def test_starts__last_id_of_this_log__offset_wins(log: MemoryLog) -> None:
    found = begin(log, since_ms=1, a=Resume(7, 2000, mark(log, "a")))

    assert found["a"].position.offset == 7


def test_starts__last_id_of_another_log__timestamp_decides_and_skips_none(log: MemoryLog) -> None:
    assert begin(log, a=Resume(999, 4000, "another"))["a"].position.offset == 3


def test_starts__topic_made_anew__timestamp_decides(log: MemoryLog) -> None:
    before = mark(log, "a")
    log.delete_topic("a")
    log.create_topic("a")
    log.append([NewRecord("a", b"{}", timestamp_ms=1000 * n) for n in range(5, 15)])

    assert begin(log, a=Resume(9, 7000, before))["a"].position.offset == 2


def test_starts__partition_that_the_id_lacks__by_the_ids_oldest_time(log: MemoryLog) -> None:
    log.append([NewRecord("b", b"{}", timestamp_ms=1000 * n) for n in range(1, 6)])

    assert begin(log, a=Resume(7, 3000, mark(log, "a")))["b"].position.offset == 2


def test_starts__offset_that_retention_took__begins_at_the_first_and_tells_how_many(log: MemoryLog) -> None:
    log.alter_topic("a", retention_ms=0)
    log.apply_retention(now_ms=5000)

    found = begin(log, a=Resume(2, 2000, mark(log, "a")))

    assert found["a"].position.offset == 4
    assert found["a"].missed == 2


def test_starts__offset_beyond_the_end__timestamp_decides(log: MemoryLog) -> None:
    assert begin(log, a=Resume(50, 9000))["a"].position.offset == 8
    assert begin(log, a=Resume(50))["a"].position.offset == positions.LATEST


def test_starts__from_the_first__wherever_that_is(log: MemoryLog) -> None:
    log.alter_topic("a", retention_ms=0)
    log.apply_retention(now_ms=5000)

    found = begin(log, a=Resume(positions.EARLIEST))

    assert (found["a"].position.offset, found["a"].missed) == (4, 0)


def test_starts__no_topic__said() -> None:
    with pytest.raises(TopicsMissingError):
        starts(MemoryLog(), ("a",), now_ms=NOW)


def test_asked__names_and_parameters__read() -> None:
    from monitoring.streaming import asked

    headers: dict[str, Any] = {"accept": "application/json;q=1", "last-event-id": "[]"}
    found = asked.read(
        "/v2/stream/a%2Cb,,a",
        "fields=meta.id,%20page&fields=x&canaries=true&since=5&filter=a%3D1",
        lambda name: headers.get(name, ""),
    )

    assert found.streams == ("a", "b")
    assert found.format == "lines"
    assert found.fields == (("meta", "id"), ("page",), ("x",))
    assert found.with_canaries
    assert found.since_ms == 5
    assert len(found.filters) == 1
