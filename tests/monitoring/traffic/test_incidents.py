"""Planted incidents on a virtual clock: each is found within its stated time, told once, and ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitoring.traffic.alarm.judging import Rule
from tests.monitoring.traffic.simulated import (
    DAY,
    HOUR,
    MARCH,
    MINUTE,
    Pattern,
    Stream,
    batch,
    constant,
    office,
    people,
    watch,
)

ONE = MARCH + 30 * DAY + 12 * HOUR  # Wednesday, one o'clock in Berlin
AT_ONCE = timedelta(minutes=6)


@pytest.mark.parametrize(
    ("pattern", "factor", "kind", "within"),
    [
        (people(1000), 0, "silent", AT_ONCE),
        (people(1), 0, "silent", AT_ONCE),
        (people(0.1), 0, "silent", AT_ONCE),
        (people(0.01), 0, "silent", HOUR),
        (office(1), 0, "silent", AT_ONCE),
        (batch(500, 1), 0, "silent", HOUR),
        (batch(10_000, 6), 0, "silent", 15 * HOUR),
        (people(1000), 0.4, "low", 20 * MINUTE),
        (people(1), 0.4, "low", 20 * MINUTE),
        (people(0.1), 0.4, "low", 75 * MINUTE),
        (people(0.01), 0.3, "low", 5 * HOUR),
        (people(1000), 2.5, "high", 20 * MINUTE),
        (people(1), 2.5, "high", 20 * MINUTE),
        (people(0.01), 3, "high", 3 * HOUR),
    ],
)
def test_incident__planted__found_in_time_and_over_in_time(
    pattern: Pattern, factor: float, kind: str, within: timedelta
) -> None:
    end = ONE + max(2 * within, 2 * HOUR)
    stream = Stream(pattern, ONE - 29 * DAY, 33, factors=[(ONE, end, factor)])

    told = watch(stream, ONE - 2 * HOUR, end + DAY, every=5 * MINUTE)

    first = next(one for one in told if one.kind == kind)
    assert ONE < first.at <= ONE + within + 5 * MINUTE
    assert told[-1].kind == ""
    assert len([one for one in told if one.kind == kind]) == 1


def test_t398187__a_busy_service_stops_at_one_o_clock__red_within_ten_minutes() -> None:
    stream = Stream(people(50), ONE - 29 * DAY, 30, factors=[(ONE, ONE + HOUR, 0)])

    told = watch(stream, ONE - HOUR, ONE + HOUR, every=MINUTE)

    assert [one.kind for one in told] == ["silent"]
    assert told[0].at - ONE <= 6 * MINUTE
    assert told[0].began_at == ONE


@pytest.mark.parametrize("a_day", [5, 40])
def test_t329064__a_sparse_stream_silent_for_months__red_within_days_and_stays_so(a_day: int) -> None:
    stream = Stream(constant(a_day / 86_400), ONE - 29 * DAY, 100, factors=[(ONE, ONE + 90 * DAY, 0)])

    told = watch(stream, ONE, ONE + 70 * DAY, every=3 * HOUR)

    assert [one.kind for one in told] == ["silent"]
    assert told[0].at - ONE <= 5 * DAY


def test_trickle__while_much_is_usual__stays_one_story() -> None:
    end = ONE + 6 * HOUR
    stream = Stream(people(0.02), ONE - 29 * DAY, 31, factors=[(ONE, end, 0.05)])

    told = watch(stream, ONE, end, every=5 * MINUTE)

    assert [one.kind for one in told] == ["silent"]


def test_around_the_threshold__for_hours__does_not_flap() -> None:
    stream = Stream(people(2), ONE - 29 * DAY, 31, factors=[(ONE, ONE + 12 * HOUR, 0.5)])

    told = watch(stream, ONE, ONE + 12 * HOUR, every=MINUTE)

    assert len(told) <= 2


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        (Rule(), []),
        (Rule(sensitivity="high"), ["low"]),
        (Rule(sensitivity="high", watches=frozenset({"silent", "high"})), []),
        (Rule(silence_minutes=2), []),
    ],
)
def test_rule__two_thirds_of_usual__by_sensitivity(rule: Rule, found: list[str]) -> None:
    stream = Stream(people(5), ONE - 29 * DAY, 31, factors=[(ONE, ONE + 2 * HOUR, 0.62)])

    assert [one.kind for one in watch(stream, ONE, ONE + 2 * HOUR, every=5 * MINUTE, rule=rule)] == found


@pytest.mark.parametrize(("minutes", "within"), [(3, 4 * MINUTE), (240, 241 * MINUTE)])
def test_rule__silence_minutes__as_stated(minutes: int, within: timedelta) -> None:
    stream = Stream(people(1), ONE - 29 * DAY, 31, factors=[(ONE, ONE + 5 * HOUR, 0)])
    rule = Rule(silence_minutes=minutes, watches=frozenset({"silent"}))

    told = watch(stream, ONE, ONE + 5 * HOUR, every=MINUTE, rule=rule)

    assert [one.kind for one in told] == ["silent"]
    assert minutes * MINUTE <= told[0].at - ONE <= within
