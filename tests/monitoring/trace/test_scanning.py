from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import orjson
import pytest

from eventplatform.broker.memory import MemoryLog
from eventplatform.core.records import NewRecord, TopicPartition
from monitoring.trace import scanning, spans
from monitoring.trace.asking import Window
from monitoring.trace.matching import Matcher
from monitoring.trace.scanning import Bounds, Scan, scan
from monitoring.trace.spans import Reach, Span

T0 = 1_795_000_000_000


def value(number: int) -> bytes:
    return orjson.dumps({"meta": {"id": f"event-{number}"}})


@pytest.fixture
def log() -> Iterator[MemoryLog]:
    opened = MemoryLog()
    yield opened
    opened.close()


def fill(log: MemoryLog, topic: str, times: Sequence[int], *, first: int = 0) -> TopicPartition:
    """A topic of one partition whose events come at these milliseconds after the start."""
    log.create_topic(topic)
    producer = log.producer()
    producer.produce([NewRecord(topic, value(first + n), timestamp_ms=T0 + at) for n, at in enumerate(times)], lambda _: None)
    producer.flush(5)
    producer.close()
    return TopicPartition(topic, 0)


def look(
    log: MemoryLog, planned: Sequence[Span], wanted: str, window: Window, done: dict[int, Reach] | None = None, **facts: int
) -> Scan:
    return scan(log, planned, Matcher("id", wanted), window, done or {}, bounds=Bounds(**facts))


def whole(begin: int, end: int, anchor: int | None = None) -> Window:
    return Window(T0 + begin, T0 + (end if anchor is None else anchor), T0 + end)


def test_plan__window_inside__its_offsets_and_the_anchor(log: MemoryLog) -> None:
    where = fill(log, "t", range(0, 1000, 10))

    (span,) = spans.plan(log, [where], whole(200, 500, anchor=300))

    assert span == Span(where, 20, 30, 51, 100)


def test_plan__topic_that_is_gone__empty(log: MemoryLog) -> None:
    gone = TopicPartition("gone", 0)

    planned = spans.plan(log, [gone], whole(0, 10))

    assert planned == (Span(gone, 0, 0, 0, 0),)
    assert spans.next_bite(planned, {}) is None


def test_plan__begin_deleted_by_retention__said(log: MemoryLog) -> None:
    where = fill(log, "t", range(0, 1000, 10))
    log.alter_topic("t", retention_ms=500)
    log.apply_retention(now_ms=T0 + 1000)

    (span,) = spans.plan(log, [where], whole(0, 1000))
    (later,) = spans.plan(log, [where], whole(700, 1000))

    assert (span.begin, span.is_cut) == (50, True)
    assert not later.is_cut


@pytest.mark.parametrize("number", [0, 1, 4999, 5000, 9998, 9999])
def test_scan__newest_first__finds_it_wherever_it_is(log: MemoryLog, number: int) -> None:
    where = fill(log, "t", range(10_000))
    window = whole(0, 10_000)

    found = look(log, spans.plan(log, [where], window), f"event-{number}", window)

    assert [record.offset for record in found.found] == [number]


def test_scan__anchor__looks_there_first(log: MemoryLog) -> None:
    where = fill(log, "t", range(100_000))
    window = whole(0, 99_999, anchor=50_000)

    found = look(log, spans.plan(log, [where], window), "event-50007", window, seconds_once_found=0)

    assert found.records == spans.BITE


def test_scan__not_there__looks_at_everything_once(log: MemoryLog) -> None:
    places = [fill(log, f"t{n}", range(n * 3000)) for n in range(1, 4)]
    window = whole(0, 100_000)

    found = look(log, planned := spans.plan(log, places, window), "event-none", window)

    assert found.records == 18_000
    assert [spans.is_done(span, found.reaches.get(n, Reach())) for n, span in enumerate(planned)] == [True] * 3
    assert spans.next_bite(planned, found.reaches) is None


def test_scan__bound_reached__goes_on_from_there_and_reads_nothing_twice(log: MemoryLog) -> None:
    places = [fill(log, f"t{n}", range(7000), first=n * 7000) for n in range(3)]
    window = whole(0, 6999, anchor=3500)
    planned = spans.plan(log, places, window)
    done: dict[int, Reach] = {}
    records = rounds = 0
    while spans.next_bite(planned, done):
        found = look(log, spans.resumed(planned, done), "event-none", window, done, records=4000)
        done, records, rounds = found.reaches, records + found.records, rounds + 1

    assert records == 21_000
    assert rounds >= 4


def test_scan__one_partition_holds_much__the_others_have_their_turn(log: MemoryLog) -> None:
    places = [fill(log, "large", range(100_000)), fill(log, "small", range(500), first=1_000_000)]
    window = whole(0, 100_000)

    found = look(log, spans.plan(log, places, window), "event-1000000", window, records=10_000)

    assert [record.topic for record in found.found] == ["small"]


def test_scan__found__ends_soon_and_has_the_duplicates_beside_it(log: MemoryLog) -> None:
    fill(log, "t", range(5000))
    where = fill(log, "t", [5000, 5001], first=4999)
    window = whole(0, 9000)

    found = scan(
        log, spans.plan(log, [where], window), Matcher("id", "event-4999"), window, {}, bounds=Bounds(seconds_once_found=0)
    )

    assert [record.offset for record in found.found] == [4999, 5000]
    assert found.records < 5002


def test_scan__record_of_a_time_to_come_before_it__is_found_all_the_same(log: MemoryLog) -> None:
    times = [*range(3000), 10**9, *range(3000, 6000)]
    where = fill(log, "t", times)
    window = whole(2000, 4000, anchor=2500)

    found = look(log, spans.plan(log, [where], window), "event-3900", window)

    assert [record.offset for record in found.found] == [3900]


def test_scan__times_in_disorder__whatever_lies_in_the_window_is_found(log: MemoryLog) -> None:
    chance = random.Random(7)  # noqa: S311  # no secret
    times = [max(0, at + chance.randint(-40, 40)) for at in range(5000)]
    where = fill(log, "t", times)
    window = whole(2000, 3000, anchor=2500)
    planned = spans.plan(log, [where], window)

    missing = [
        number
        for number, at in enumerate(times)
        if 2000 <= at <= 3000 and number % 7 == 0 and not look(log, planned, f"event-{number}", window).found
    ]

    assert missing == []


def test_scan__nothing_in_the_window__few_records_behind_it_are_looked_at(log: MemoryLog) -> None:
    where = fill(log, "t", [*range(1000), *range(100_000, 200_000)])
    window = whole(5000, 6000)

    found = look(log, planned := spans.plan(log, [where], window), "event-none", window)

    assert found.records <= 100
    assert spans.next_bite(planned, found.reaches) is None


def test_scan__retention_went_on_meanwhile__what_is_gone_is_passed_over(log: MemoryLog) -> None:
    where = fill(log, "t", range(10_000))
    window = whole(0, 9_999)
    planned = spans.plan(log, [where], window)
    log.alter_topic("t", retention_ms=1000)
    log.apply_retention(now_ms=T0 + 9_000)

    found = look(log, planned, "event-none", window)

    assert found.records == 2000
    assert spans.next_bite(planned, found.reaches) is None


def test_resumed__retention_moved_the_first_offset_of_the_time__nothing_is_passed_over(log: MemoryLog) -> None:
    where = fill(log, "t", range(1000, 11_000))
    window = whole(0, 20_000, anchor=500)  # before anything that is there
    done = look(log, spans.plan(log, [where], window), "event-none", window, records=1).reaches
    log.alter_topic("t", retention_ms=1000)
    log.apply_retention(now_ms=T0 + 2100)

    planned = spans.resumed(spans.plan(log, [where], window), done)
    found = look(log, planned, "event-2001", window, done)

    assert planned[0].anchor == 0
    assert [record.offset for record in found.found] == [2001]


def test_scan__time_is_up__stops_between_two_bites(log: MemoryLog) -> None:
    where = fill(log, "t", range(20_000))
    window = whole(0, 20_000)
    ticks = iter(range(100))

    found = scan(
        log,
        spans.plan(log, [where], window),
        Matcher("id", "event-none"),
        window,
        {},
        bounds=Bounds(seconds=2.0),
        clock=lambda: float(next(ticks)),
    )

    assert found.records == spans.BITE
    assert scanning.MOST_FOUND == 20


def test_left__falls_to_nothing(log: MemoryLog) -> None:
    where = fill(log, "t", range(10_000))
    window = whole(0, 9_999, anchor=5000)
    (span,) = spans.plan(log, [where], window)

    assert spans.left(span, Reach()) == 10_000
    assert spans.left(span, Reach(after=2000, before=2000)) == 6000
    assert spans.left(span, Reach(after=5000, before=5000)) == 0
