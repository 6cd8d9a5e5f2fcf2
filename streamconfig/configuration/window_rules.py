"""What is wrong with windows as they are written: every mistake with its place, its code, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from streamconfig.configuration.moments import MIDNIGHT_AFTER, clock, moment, zone_named
from streamconfig.configuration.setting_types import Problem
from streamconfig.configuration.windows import DAYS

_KEYS = frozenset({"from", "until", "days", "start", "end", "time_zone", "note"})
_MOST_WINDOWS = 100
_EXAMPLE_TIME = "Write it as 2026-12-01T00:00:00Z, or without the Z and with a time_zone."
_EXAMPLE_ZONE = "Write an IANA name such as Europe/Berlin, or UTC."

Finding = tuple[str, str, str, str]  # pointer within the window, code, message, remedy


def problems_of(name: str, value: Any, *, section: str = "streams") -> list[Problem]:
    """What is wrong with a list of windows."""
    if value is None:
        return []
    if not isinstance(value, list):
        return [Problem(name, "/windows", "window.bad", "windows must be a list.", "Write a list of windows.", section)]
    if len(value) > _MOST_WINDOWS:
        what = f"There are {len(value)} windows, more than {_MOST_WINDOWS}."
        return [Problem(name, "/windows", "window.too_many", what, "Say the same with fewer: a window may recur.", section)]
    return [
        Problem(name, f"/windows/{index}{place}", code, message, remedy, section)
        for index, one in enumerate(value)
        for place, code, message, remedy in _findings(one)
    ]


def _findings(one: Any) -> Iterator[Finding]:
    if not isinstance(one, Mapping):
        yield "", "window.bad", "A window must be a map.", "Write from and until, or days, start, end and time_zone."
        return
    for key in sorted(str(key) for key in one if key not in _KEYS):
        yield f"/{key}", "setting.unknown", f"A window has no {key}.", f"It may hold {', '.join(sorted(_KEYS))}."
    yield from _zone(one)
    yield from _bounds(one)
    if any(key in one for key in ("days", "start", "end")):
        yield from _hours(one)
    elif one.get("from") is None and one.get("until") is None:
        yield "", "window.empty", "The window says neither from, nor until, nor days.", "Leave it out for always."


def _zone(one: Mapping[str, Any]) -> Iterator[Finding]:
    zone = one.get("time_zone")
    if zone is not None and zone_named(zone) is None:
        yield "/time_zone", "window.unknown_zone", f"There is no time zone {str(zone)[:60]}.", _EXAMPLE_ZONE
    elif zone is None and any(key in one for key in ("days", "start", "end")):
        yield "/time_zone", "window.no_zone", "A recurring window must state its time zone.", _EXAMPLE_ZONE


def _bounds(one: Mapping[str, Any]) -> Iterator[Finding]:
    zone = zone_named(one.get("time_zone"))
    found = {key: moment(one.get(key), zone, is_end=key == "until") for key in ("from", "until")}
    for key, at in found.items():
        if one.get(key) is not None and at is None:
            yield f"/{key}", "window.bad_moment", f"{key} must be a moment that says its offset or zone.", _EXAMPLE_TIME
    begins, ends = found.values()
    if begins is not None and ends is not None and ends <= begins:
        yield "/until", "window.ends_first", "until must be later than from.", "Swap the two, or correct one."


def _hours(one: Mapping[str, Any]) -> Iterator[Finding]:
    yield from _days(one.get("days"))
    for key in ("start", "end"):
        is_fine = clock(one.get(key)) is not None or (key == "end" and one.get(key) == MIDNIGHT_AFTER)
        if not is_fine:
            yield f"/{key}", "window.bad_clock", f"{key} must be a time of day.", "Write it as 09:00; an end may be 24:00."
    if one.get("start") == one.get("end") and clock(one.get("start")) is not None:
        remedy = "Write 00:00 and 24:00 for the whole day."
        yield "/end", "window.no_time", "start and end are the same, so it is not clear how long it is open.", remedy


def _days(days: Any) -> Iterator[Finding]:
    remedy = f"Name some of {', '.join(DAYS)}."
    if not isinstance(days, list) or not days:
        yield "/days", "window.no_days", "A recurring window needs a list of days.", remedy
        return
    for index, day in enumerate(days):
        if day not in DAYS:
            yield f"/days/{index}", "window.bad_day", f"{str(day)[:20]} is no day of the week.", remedy
