from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitoring.dashboard import ranges

NOW = datetime(2026, 3, 4, 15, 27, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "begin", "end"),
    [
        ("1h", datetime(2026, 3, 4, 14, 27, tzinfo=UTC), datetime(2026, 3, 4, 15, 27, tzinfo=UTC)),
        ("24h", datetime(2026, 3, 3, 15, 27, tzinfo=UTC), datetime(2026, 3, 4, 15, 27, tzinfo=UTC)),
        ("7d", datetime(2026, 2, 25, 16, 0, tzinfo=UTC), datetime(2026, 3, 4, 16, 0, tzinfo=UTC)),
        ("30d", datetime(2026, 2, 3, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)),
    ],
)
def test_window__any_range__ends_with_what_is_counted_to_its_end(name: str, begin: datetime, end: datetime) -> None:
    assert ranges.named(name).window(NOW) == (begin, end)


@pytest.mark.parametrize("name", ["", "2h", "<script>", "1H"])
def test_named__no_such_range__the_usual_one(name: str) -> None:
    assert ranges.named(name).name == ranges.USUAL


def test_ticks__each_range__five_that_tell_its_times_apart() -> None:
    found = {name: one.ticks(NOW) for name, one in ranges.RANGES.items()}

    assert found["1h"] == ["14:27", "14:42", "14:57", "15:12", "now"]
    assert found["7d"][0] == "Wed 25"
    assert found["30d"][0] == "03 Feb"
    assert all(len(set(ticks)) == 5 for ticks in found.values())


def test_per_second__gaps__are_no_zeros() -> None:
    assert ranges.per_second([60.0, None, 180.0], timedelta(minutes=1)) == 2.0
    assert ranges.per_second([None, None], timedelta(minutes=1)) is None


@pytest.mark.parametrize(
    ("counts", "unit", "first"), [([120.0, 0.0], "/s", 2.0), ([30.0, None], "/min", 30.0), ([], "/min", None)]
)
def test_as_rates__little_or_much__in_a_unit_that_can_be_read(
    counts: list[float | None], unit: str, first: float | None
) -> None:
    lines, found = ranges.as_rates((counts, timedelta(minutes=1)))

    assert found == unit
    assert (lines[0][0] if lines[0] else None) == first


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (102.0, 100.0, "+2 % on last week"),
        (50.0, 100.0, "\u221250 % on last week"),
        (100.0, 100.0, "\u00b10 % on last week"),
        (1.0, 0.0, ""),
        (None, 5.0, ""),
        (1.0, None, ""),
    ],
)
def test_trend__with_something_to_compare__says_by_how_much(now: float | None, before: float | None, words: str) -> None:
    assert ranges.trend(now, before) == words


@pytest.mark.parametrize(
    ("rate", "words"), [(None, ""), (0.0, "0"), (0.5, "30 /min"), (12.0, "12 /s"), (12_870.0, "12.9\u202fk /s")]
)
def test_rate_words__little_or_much__in_a_unit_that_can_be_read(rate: float | None, words: str) -> None:
    assert ranges.rate_words(rate) == words
