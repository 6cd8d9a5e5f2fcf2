from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from eventplatform import figures


@pytest.mark.parametrize(
    ("number", "expected"), [(981_204_417, "981\u202f204\u202f417"), (12, "12"), (0, "0"), (None, "\u2013"), (0.25, "0.25")]
)
def test_thin__groups_of_three(number: float | None, expected: str) -> None:
    assert figures.thin(number) == expected


@pytest.mark.parametrize(
    ("number", "expected"), [(9_999, "9\u202f999"), (10_000, "10\u202fk"), (12_345_678, "12.3\u202fM"), (2.5e9, "2.5\u202fG")]
)
def test_short__letters_from_ten_thousand_on(number: float, expected: str) -> None:
    assert figures.short(number) == expected


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "0"), (0.0004, "<\u202f0.001"), (0.24, "0.24"), (1.25, "1.2"), (35.04, "35"), (960.4, "960")]
)
def test_digits__two_or_three_that_count(number: float, expected: str) -> None:
    assert figures.digits(number) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.008, "8 ms"),
        (1.14, "1.1 s"),
        (40, "40 s"),
        (1500, "25 min"),
        (5220, "1 h 27 min"),
        (7200, "2 h"),
        (378_000, "4 d 9 h"),
        (None, "\u2013"),
    ],
)
def test_age__its_two_largest_units(seconds: float | None, expected: str) -> None:
    assert figures.age(seconds) == expected


def test_ago__never_now_and_then() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)

    assert figures.ago(None, now) == "never"
    assert figures.ago(now, now) == "now"
    assert figures.ago(now - timedelta(seconds=12), now) == "12 s ago"
