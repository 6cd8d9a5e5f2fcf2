"""Four weeks of several streams on a virtual clock, both changes of clocks among them: no false alarm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.monitoring.traffic.simulated import (
    BERLIN,
    DAY,
    HOUR,
    MARCH,
    MINUTE,
    OCTOBER,
    Pattern,
    Stream,
    batch,
    constant,
    office,
    people,
    watch,
)

LEARNT = 28 * DAY
STREAMS: list[tuple[str, Pattern]] = [
    ("one in a hundred seconds", people(0.01)),
    ("one in ten seconds", people(0.1)),
    ("ten a second", people(10)),
    ("a thousand a second", people(1000)),
    ("office hours", office(1)),
    ("a batch every six hours", batch(10_000, 6)),
    ("a few a day", constant(5 / 86_400)),
]


def names(case: tuple[str, Pattern]) -> str:
    return case[0].replace(" ", "-")


@pytest.mark.slow
@pytest.mark.parametrize("begin", [MARCH, OCTOBER], ids=["march", "october"])
@pytest.mark.parametrize("case", STREAMS, ids=names)
def test_four_weeks__usual_traffic_over_a_change_of_clocks__no_alarm(case: tuple[str, Pattern], begin: datetime) -> None:
    stream = Stream(case[1], begin, 56)

    told = watch(stream, begin + LEARNT, begin + 2 * LEARNT, every=30 * MINUTE)

    assert told == []


def test_clocks_change__of_another_zone_than_the_producers__would_be_alarmed() -> None:
    """What the zone is for: office hours in Berlin, judged by the clocks of UTC."""
    stream = Stream(office(1), MARCH, 45)
    first = datetime(2026, 3, 29, tzinfo=UTC)

    told = [watch(stream, first, first + 2 * DAY, zone=zone) for zone in (BERLIN, ZoneInfo("UTC"))]

    assert told[0] == []
    assert told[1]


@pytest.mark.parametrize(
    ("shares", "name"),
    [
        ([(MARCH, 1.0), (MARCH + 29 * DAY, 0.5)], "halved"),
        ([(MARCH, 0.01), (MARCH + 29 * DAY, 1.0)], "a hundredfold"),
        ([(MARCH, 1.0), (MARCH + 29 * DAY, 0.0), (MARCH + 29 * DAY + 3 * HOUR, 1.0)], "switched off for three hours"),
        ([(MARCH, 1.0), *((MARCH + 29 * DAY + n * HOUR, 1 - n / 10) for n in range(1, 10))], "a ramp"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_sampling_changes__known_to_the_alarm__no_incident(shares: list[tuple[datetime, float]], name: str) -> None:
    stream = Stream(people(10), MARCH, 31, shares=shares)

    assert watch(stream, MARCH + 28 * DAY, MARCH + 31 * DAY, every=15 * MINUTE) == []


def test_sampling_halved__and_half_of_the_producers_stop__is_still_found() -> None:
    at = MARCH + 29 * DAY
    stream = Stream(people(10), MARCH, 31, shares=[(MARCH, 1.0), (at, 0.5)], factors=[(at, at + DAY, 0.4)])

    told = watch(stream, at - HOUR, at + 4 * HOUR, every=MINUTE)

    assert [one.kind for one in told] == ["low"]
    assert told[0].at - at < timedelta(minutes=90)  # clients may follow within an hour


def test_own_counting_pauses__for_hours__no_silence() -> None:
    at = MARCH + 29 * DAY
    stream = Stream(people(10), MARCH, 31, uncounted=[(at, at + 5 * HOUR)])

    assert watch(stream, at - HOUR, at + 8 * HOUR) == []


@pytest.mark.parametrize("pattern", [people(0.05), people(5), office(1)], ids=["sparse", "people", "office"])
def test_young_stream__its_first_two_weeks__no_alarm(pattern: Pattern) -> None:
    stream = Stream(pattern, MARCH, 15)

    assert watch(stream, MARCH + 2 * HOUR, MARCH + 15 * DAY, every=30 * MINUTE) == []
