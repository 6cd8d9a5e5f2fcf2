from __future__ import annotations

from collections.abc import Sequence

import pytest

from eventplatform.core.records import Record
from monitoring.realtime import reading
from monitoring.realtime.reading import Bounds, Reading
from tests.monitoring.realtime.streams import Platform

END_MS = 2_000_000_000_000
ROOMY = Bounds(records=1_000_000, bytes=1 << 30, seconds=60)


def read(platform: Platform, *topics: str, begin_ms: int = 0, bounds: Bounds = ROOMY) -> tuple[Reading, list[Record]]:
    taken: list[Record] = []

    def take(records: Sequence[Record]) -> None:
        taken.extend(records)

    found = reading.read(platform.log, topics, begin_ms=begin_ms, end_ms=END_MS, bounds=bounds, take=take)
    return found, taken


def offsets(records: Sequence[Record], topic: str) -> list[int]:
    return sorted(record.offset for record in records if record.topic == topic)


def test_read__everything_within_bounds__each_record_once(platform: Platform) -> None:
    platform.fill("page.view", 3000)

    found, taken = read(platform, "page.view")

    assert offsets(taken, "page.view") == list(range(3000))
    assert (found.records, found.left_out, found.begin_ms) == (3000, 0, 0)


def test_read__since_a_time__older_ones_are_not_asked_for(platform: Platform) -> None:
    platform.fill("page.view", 100)
    first = read(platform, "page.view")[1]
    begin = sorted(record.timestamp_ms for record in first)[60]

    found, taken = read(platform, "page.view", begin_ms=begin)

    assert offsets(taken, "page.view") == list(range(60, 100))
    assert found.left_out == 0


def test_read__more_records_than_allowed__the_newest_and_how_many_are_left_out(platform: Platform) -> None:
    platform.fill("page.view", 3000)

    found, taken = read(platform, "page.view", bounds=Bounds(700, 1 << 30, 60))

    assert offsets(taken, "page.view") == list(range(2300, 3000))
    assert found.left_out == 2300
    assert found.begin_ms == min(record.timestamp_ms for record in taken)


def test_read__more_bytes_than_allowed__the_newest_without_a_hole(platform: Platform) -> None:
    platform.fill("page.view", 1000, size=1000)

    found, taken = read(platform, "page.view", bounds=Bounds(10_000, 300_000, 60))

    kept = offsets(taken, "page.view")
    assert kept == list(range(1000 - len(kept), 1000))
    assert found.bytes <= 300_000
    assert (found.left_out, found.records) == (1000 - len(kept), len(kept))
    assert 200 < len(kept) < 300


def test_read__a_busy_and_a_quiet_topic__cut_at_one_time(platform: Platform) -> None:
    platform.fill("page.view", 4000, ago_seconds=10)
    platform.fill("page.edit", 5, ago_seconds=9)

    found, taken = read(platform, "page.view", "page.edit", bounds=Bounds(2500, 1 << 30, 60))

    assert offsets(taken, "page.edit") == [0, 1, 2, 3, 4]
    assert found.left_out == 4005 - len(taken)
    assert found.begin_ms == min(record.timestamp_ms for record in taken if record.topic == "page.view")


def test_read__no_time_left__nothing_and_all_is_left_out(platform: Platform) -> None:
    platform.fill("page.view", 10)

    found, taken = read(platform, "page.view", bounds=Bounds(100, 1 << 30, -1))

    assert (taken, found.left_out, found.begin_ms) == ([], 10, END_MS)


@pytest.mark.parametrize("topics", [(), ("nobody.knows",), ("page.view",)])
def test_read__nothing_there__empty(platform: Platform, topics: tuple[str, ...]) -> None:
    found, taken = read(platform, *topics)

    assert (taken, found.records, found.left_out) == ([], 0, 0)
