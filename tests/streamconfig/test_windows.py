"""Windows and ramps: when they are open, also where clocks change, and what is told of mistakes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streamconfig.configuration import document, ramps, sections, windows
from streamconfig.configuration.windows import DAYS, Window

BERLIN = "Europe/Berlin"
STEP = timedelta(minutes=5)
# A zone, and the moment around which its clocks change; Kathmandu's don't.
CHANGES = [
    (BERLIN, datetime(2026, 3, 29, 1, tzinfo=UTC)),
    (BERLIN, datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 6, 1, tzinfo=UTC)),
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def parsed(*given: dict[str, Any]) -> tuple[Window, ...]:
    entry, problems = document.read_entry("s", {"windows": list(given)})
    assert (entry is not None, problems) == (True, [])
    return windows.parse(list(given))


def daily(start: str, end: str, *, zone: str = "UTC", days: Any = DAYS, **bounds: str) -> dict[str, Any]:
    return {"days": list(days), "start": start, "end": end, "time_zone": zone, **bounds}


def spans(found: tuple[Window, ...], start: str, end: str) -> list[str]:
    """Openings and closings as text."""
    return [f"{edge:%a %H:%M}" for edge in windows.edges(found, utc(start), utc(end))]


def test_none__is_always_open() -> None:
    now = utc("2026-12-01T00:00")

    assert (windows.is_open((), now), windows.next_edge((), now), windows.closed_since((), now)) == (True, None, None)


def test_once__start_belongs_to_it_and_the_end_does_not() -> None:
    once = parsed({"from": "2026-12-01T00:00:00Z", "until": "2026-12-15T00:00:00+01:00"})

    opens, closes = utc("2026-12-01T00:00"), utc("2026-12-14T23:00")
    moments = (opens - STEP, opens, closes - timedelta(microseconds=1), closes)
    assert [windows.is_open(once, at) for at in moments] == [False, True, True, False]
    assert [windows.next_edge(once, at) for at in moments] == [opens, closes, closes, None]
    assert [windows.closed_since(once, at) for at in moments] == [None, None, None, closes]


@pytest.mark.parametrize(
    ("window", "is_open"),
    [({"from": "2026-12-01T00:00:00Z"}, [False, True]), ({"until": "2026-12-01T00:00:00Z"}, [True, False])],
)
def test_once__open_on_one_side(window: dict[str, Any], is_open: list[bool]) -> None:
    moments = [utc("1990-01-01T00:00"), utc("2100-01-01T00:00")]

    assert [windows.is_open(parsed(window), at) for at in moments] == is_open


def test_once__local_time_of_a_zone() -> None:
    once = parsed({"from": "2026-07-01T09:00", "until": "2026-07-01T17:00:30", "time_zone": BERLIN})

    assert (once[0].begins, once[0].ends) == (utc("2026-07-01T07:00"), utc("2026-07-01T15:00:30"))


def test_daily__some_days() -> None:
    assert spans(parsed(daily("09:00", "17:00", days=["mon", "fri"])), "2026-11-23T00:00", "2026-11-29T23:00") == [
        "Mon 09:00", "Mon 17:00", "Fri 09:00", "Fri 17:00",
    ]  # fmt: skip


def test_daily__over_midnight_belongs_to_the_day_it_begins() -> None:
    found = parsed(daily("22:00", "02:00", days=["mon"]))

    assert spans(found, "2026-11-22T00:00", "2026-11-29T00:00") == ["Mon 22:00", "Tue 02:00"]
    assert windows.is_open(found, utc("2026-11-24T01:59"))
    assert not windows.is_open(found, utc("2026-11-23T01:59"))


def test_daily__whole_days_that_touch__have_no_edge_between() -> None:
    week = parsed(daily("00:00", "24:00"))
    weekend = parsed(daily("00:00", "24:00", days=["sat", "sun"]))

    assert windows.next_edge(week, utc("2026-11-25T00:00")) is None
    assert spans(weekend, "2026-11-25T00:00", "2026-12-01T00:00") == ["Sat 00:00", "Mon 00:00"]


def test_daily__within_bounds() -> None:
    found = parsed(daily("09:00", "17:00", **{"from": "2026-11-25T12:00:00Z", "until": "2026-11-27T10:00:00Z"}))

    assert spans(found, "2026-11-20T00:00", "2026-12-20T00:00") == [
        "Wed 12:00", "Wed 17:00", "Thu 09:00", "Thu 17:00", "Fri 09:00", "Fri 10:00",
    ]  # fmt: skip
    assert windows.closed_since(found, utc("2027-05-01T00:00")) == utc("2026-11-27T10:00")
    assert windows.closed_since(found, utc("2026-11-25T11:00")) is None  # it was never open before


def test_daily__bounded_years_ahead__is_found_without_counting_days() -> None:
    found = parsed(daily("09:00", "17:00", **{"from": "2999-01-01T00:00:00Z"}))

    assert windows.next_edge(found, utc("2026-11-25T00:00")) == utc("2999-01-01T09:00")


def test_several__are_one() -> None:
    found = parsed(daily("09:00", "12:00"), daily("11:00", "15:00"), daily("20:00", "21:00"))

    assert spans(found, "2026-11-25T00:00", "2026-11-25T23:59") == ["Wed 09:00", "Wed 15:00", "Wed 20:00", "Wed 21:00"]


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("02:30", "05:00", ("01:00", "03:00")),  # 02:30 doesn't exist: clocks go on at 03:00, 01:00 UTC
        ("01:00", "02:30", ("00:00", "01:00")),
        ("02:00", "03:00", None),  # nothing of it exists
    ],
)
def test_gap__moves_forward(start: str, end: str, hours: tuple[str, str] | None) -> None:
    found = parsed(daily(start, end, zone=BERLIN))

    edges = spans(found, "2026-03-28T23:00", "2026-03-29T22:00")
    assert edges == ([] if hours is None else [f"Sun {hour}" for hour in hours])


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("02:30", "05:00", ("00:30", "04:00")),  # the first 02:30
        ("01:00", "02:30", ("23:00", "01:30")),  # the second 02:30
        ("02:15", "02:45", ("00:15", "01:45")),
    ],
)
def test_twice__first_starts_and_second_ends(start: str, end: str, hours: tuple[str, str]) -> None:
    found = parsed(daily(start, end, zone=BERLIN))

    opens, closes = windows.edges(found, utc("2026-10-24T22:00"), utc("2026-10-25T21:00"))
    assert (f"{opens:%H:%M}", f"{closes:%H:%M}") == hours


def test_day_that_a_zone_skipped__has_no_hours() -> None:
    found = parsed(daily("09:00", "17:00", zone="Pacific/Apia"))

    edges = list(windows.edges(found, utc("2011-12-29T12:00"), utc("2011-12-31T12:00")))
    local = [f"{edge.astimezone(ZoneInfo('Pacific/Apia')):%d %H:%M}" for edge in edges]
    assert local == ["29 09:00", "29 17:00", "31 09:00", "31 17:00"]


def clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


CLOCK = st.integers(0, 287).map(lambda five: five * 5)


@pytest.mark.parametrize(("zone", "change"), CHANGES)
@settings(max_examples=20, deadline=None)
@given(start=CLOCK, end=CLOCK | st.just(24 * 60), days=st.sets(st.sampled_from(DAYS), min_size=1))
@example(start=0, end=120, days={"sun"})  # ends where clocks go back to
def test_daily__around_a_change_of_clocks__as_somebody_who_watches_the_wall(
    zone: str, change: datetime, start: int, end: int, days: set[str]
) -> None:
    if start == end:
        return
    found = parsed(daily(clock(start), clock(end), zone=zone, days=sorted(days)))
    first = change - timedelta(days=4)
    moments = [first + number * STEP for number in range(8 * 288)]
    walls = [at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for at in moments]

    opened = watched(moments, walls, start, end, days)

    inner = [at for at in moments if abs(at - change) <= timedelta(days=2)]
    assert [windows.is_open(found, at) for at in inner] == [at in opened for at in inner]


def watched(moments: list[datetime], walls: list[datetime], start: int, end: int, days: set[str]) -> set[datetime]:
    """From the first look at a clock that shows the start or more, to the last look at one that shows less than the end."""
    opened: set[datetime] = set()
    for day in sorted({wall.date() for wall in walls})[1:-2]:
        if DAYS[day.weekday()] in days:
            midnight = datetime.combine(day, datetime.min.time())
            begins = midnight + timedelta(minutes=start)
            ends = midnight + timedelta(minutes=end, days=int(end <= start))
            low = next(index for index, wall in enumerate(walls) if wall >= begins)
            high = next(index for index in range(len(walls) - 1, -1, -1) if walls[index] < ends)
            opened.update(moments[low : high + 1])
    return opened


@pytest.mark.parametrize(("zone", "change"), CHANGES)
@settings(max_examples=20, deadline=None)
@given(hours=st.lists(st.tuples(CLOCK, CLOCK), min_size=1, max_size=3), offset=st.integers(-3000, 3000))
def test_edges__are_where_it_turns(zone: str, change: datetime, hours: list[tuple[int, int]], offset: int) -> None:
    found = parsed(*(daily(clock(start), clock(end), zone=zone) for start, end in hours if start != end))
    at = change + timedelta(minutes=offset)

    edge = windows.next_edge(found, at)

    if edge is None:
        assert windows.is_open(found, at)
        return
    assert edge > at
    before, instant = edge - timedelta(microseconds=1), windows.is_open(found, edge)
    assert windows.is_open(found, before) == windows.is_open(found, at) != instant
    between = [at + (edge - at) * part / 7 for part in range(7)]
    assert {windows.is_open(found, moment) for moment in between} == {windows.is_open(found, at)}
    if not instant:
        assert windows.closed_since(found, edge) == edge
        assert windows.closed_since(found, edge + timedelta(microseconds=1)) == edge


BAD: list[tuple[Any, list[tuple[str, str]]]] = [
    ("always", [("/windows", "window.bad")]),
    (["always"], [("/windows/0", "window.bad")]),
    ([{}], [("/windows/0", "window.empty")]),
    ([{"note": "x"}], [("/windows/0", "window.empty")]),
    ([{"from": "2026-12-01"}], [("/windows/0/from", "window.bad_moment")]),
    ([{"from": "2026-12-01T00:00:00"}], [("/windows/0/from", "window.bad_moment")]),
    ([{"from": "2026-13-01T00:00:00Z"}], [("/windows/0/from", "window.bad_moment")]),
    ([{"from": 5, "until": []}], [("/windows/0/from", "window.bad_moment"), ("/windows/0/until", "window.bad_moment")]),
    ([{"from": "2026-12-02T00:00:00Z", "until": "2026-12-01T00:00:00Z"}], [("/windows/0/until", "window.ends_first")]),
    ([{"from": "2026-12-01T00:00:00Z", "until": "2026-12-01T00:00:00Z"}], [("/windows/0/until", "window.ends_first")]),
    ([daily("09:00", "09:00")], [("/windows/0/end", "window.no_time")]),
    ([daily("9:00", "25:00")], [("/windows/0/start", "window.bad_clock"), ("/windows/0/end", "window.bad_clock")]),
    ([daily("24:00", "01:00")], [("/windows/0/start", "window.bad_clock")]),
    ([daily("09:00", "17:00", days=[])], [("/windows/0/days", "window.no_days")]),
    ([daily("09:00", "17:00", days=["mon", "moon"])], [("/windows/0/days/1", "window.bad_day")]),
    ([{"start": "09:00", "end": "17:00", "time_zone": "UTC"}], [("/windows/0/days", "window.no_days")]),
    ([{"days": ["mon"], "start": "09:00", "end": "17:00"}], [("/windows/0/time_zone", "window.no_zone")]),
    ([daily("09:00", "17:00", zone="Europe/Berlinn")], [("/windows/0/time_zone", "window.unknown_zone")]),
    ([daily("09:00", "17:00", zone="../etc/passwd")], [("/windows/0/time_zone", "window.unknown_zone")]),
    ([daily("09:00", "17:00", zone="Europe")], [("/windows/0/time_zone", "window.unknown_zone")]),
    ([{**daily("09:00", "17:00"), "hours": 3}], [("/windows/0/hours", "setting.unknown")]),
    ([{"from": "2026-12-01T00:00:00Z"}, {}], [("/windows/1", "window.empty")]),
    ([{"from": "2026-12-01T00:00:00Z"}] * 101, [("/windows", "window.too_many")]),
]


@pytest.mark.parametrize(("given", "told"), BAD)
def test_mistakes__are_told_by_place(given: Any, told: list[tuple[str, str]]) -> None:
    entry, problems = document.read_entry("s", {"windows": given})

    assert entry is None
    assert [(one.pointer, one.code) for one in problems] == told
    assert all(one.message and one.remedy for one in problems)
    of_instrument = sections.item_problems("instruments", "i", {"stream": "s", "windows": given})
    assert [(one.pointer, one.code, one.section) for one in of_instrument] == [(*one, "instruments") for one in told]


@pytest.mark.parametrize(
    ("window", "words"),
    [
        (daily("09:00", "17:00", zone=BERLIN, days=["fri", "mon"]), "Mon, Fri 09:00–17:00 Europe/Berlin"),  # noqa: RUF001  # as pages say it
        (daily("00:00", "24:00"), "every day 00:00–24:00 UTC"),  # noqa: RUF001  # likewise
        (
            {"from": "2026-12-01T00:00:00Z", "until": "2026-12-15T00:00:00+01:00"},
            "from 2026-12-01 00:00 UTC, until 2026-12-14 23:00 UTC",
        ),
    ],
)
def test_words__of_a_window(window: dict[str, Any], words: str) -> None:
    assert windows.words(parsed(window)[0]) == words


STEPS = [{"at": "2026-12-01T00:00:00Z", "rate": 0.05}, {"at": "2026-12-08T00:00:00+01:00", "rate": 1}]


def test_ramp__before_between_and_after_its_steps() -> None:
    steps = ramps.parse(STEPS)

    first, second = utc("2026-12-01T00:00"), utc("2026-12-07T23:00")
    moments = (first - STEP, first, second - STEP, second)
    assert [ramps.rate_at(steps, at) for at in moments] == [None, 0.05, 0.05, 1]
    assert [step.at if (step := ramps.next_step(steps, at)) else None for at in moments] == [first, second, second, None]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, [("/ramp", "ramp.bad")]),
        ([5], [("/ramp/0", "ramp.bad")]),
        ([{"at": "2026-12-01T00:00:00Z", "rate": 0.5, "unit": "session"}], [("/ramp/0", "ramp.bad")]),
        ([{"at": "soon", "rate": 2}], [("/ramp/0/at", "ramp.bad_moment"), ("/ramp/0/rate", "ramp.bad_rate")]),
        ([{"at": "2026-12-01T00:00:00Z"}], [("/ramp/0/rate", "ramp.bad_rate")]),
        ([STEPS[1], STEPS[0]], [("/ramp/1/at", "ramp.disorder")]),
        ([STEPS[0], STEPS[0]], [("/ramp/1/at", "ramp.disorder")]),
    ],
)
def test_ramp__mistakes__are_told_by_place(given: Any, told: list[tuple[str, str]]) -> None:
    entry, problems = document.read_entry("s", {"ramp": given})

    assert entry is None
    assert [(one.pointer, one.code) for one in problems] == told
