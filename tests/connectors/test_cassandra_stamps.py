"""Write timestamps: by the record's time, always growing, the same for the same records."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.stores.cassandra_rows import floor
from connectors.stores.cassandra_stamps import STEP, moved, stamps
from connectors.stores.cassandra_tables import table_name

NOW_MS = 1_800_000_000_000


@pytest.mark.parametrize(
    ("times_ms", "after", "expected"),
    [
        ([1_000, 2_000], 0, [1_000_000, 2_000_000]),
        ([1_000, 1_000], 0, [1_000_000, 1_000_002]),
        ([2_000, 1_000], 0, [2_000_000, 2_000_002]),
        ([1_000], 5_000_000, [5_000_002]),
        ([-5], 0, [2]),
        ([NOW_MS * 9], 0, [NOW_MS * 1000]),
    ],
)
def test_stamps__times_of_records__microseconds_that_grow(times_ms: list[int], after: int, expected: list[int]) -> None:
    assert stamps(times_ms, after=after, now_ms=NOW_MS) == expected


@given(st.lists(st.integers(-(2**62), 2**62), min_size=1), st.integers(0, NOW_MS * 1000), st.data())
def test_stamps__same_records_in_other_batches__same(times_ms: list[int], after: int, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(times_ms)))

    whole = stamps(times_ms, after=after, now_ms=NOW_MS)
    first = stamps(times_ms[:cut], after=after, now_ms=NOW_MS)
    second = stamps(times_ms[cut:], after=first[-1] if first else after, now_ms=NOW_MS)

    assert first + second == whole
    assert all(later - earlier >= STEP for earlier, later in zip([after, *whole], whole, strict=False))


def test_moved__position_set_by_a_person__later_than_all_that_stands() -> None:
    assert moved(5, now_ms=NOW_MS) == NOW_MS * 1000
    assert moved(NOW_MS * 2000, now_ms=NOW_MS) == NOW_MS * 2000 + STEP


def test_floor__moment__start_of_its_stretch() -> None:
    assert floor(datetime(2026, 11, 25, 9, 59, 59, tzinfo=UTC), 60) == datetime(2026, 11, 25, 9, tzinfo=UTC)
    assert floor(datetime(2026, 11, 25, 9, 59, 59, tzinfo=UTC), 1440) == datetime(2026, 11, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stream", "key", "name"),
    [
        ("mediawiki.page_change.v1", "", "mediawiki_page_change_v1"),
        ("mediawiki.page_change.v1", '["/page/page_id"]', "mediawiki_page_change_v1_by_page_id"),
    ],
)
def test_table_name__stream_and_key__plain(stream: str, key: str, name: str) -> None:
    assert table_name(stream, key, ()) == name


def test_table_name__long_or_taken__at_most_48_letters_and_apart() -> None:
    names = {table_name(stream, "", ("a_b",)) for stream in ("x" * 60, "x" * 59 + "y", "x" * 100, "a.b")}

    assert len(names) == 4
    assert all(len(name) <= 48 for name in names)
