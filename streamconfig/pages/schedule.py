"""The timeline of an item: what held, what holds, what is to come by ramps, windows, requests and dates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from streamconfig import touching
from streamconfig.configuration import changes, ramps, windows
from streamconfig.pages import holding
from streamconfig.pages.facts import percent
from streamconfig.pages.pending import Pending

_PAST_SHOWN, _EDGES_SHOWN, _FUTURE_SHOWN = 3, 4, 10
_AHEAD = timedelta(days=400)
_TIMED = {"sample", "is_enabled", "windows", "ramp"}  # what changes who sends


@dataclass(frozen=True, slots=True)
class Point:
    """One entry of the timeline."""

    phase: Literal["past", "now", "future"]
    text: str
    at: datetime | None
    lead: str = ""  # before the time: since, until
    badge: tuple[str, str] = ("", "")
    link: str = ""
    link_text: str = ""


def timeline(
    item: Mapping[str, Any],
    *,
    name: str,
    section: str,
    pending: Iterable[Pending],
    at: datetime,
    is_enabled: bool,
    dates: Mapping[str, str],
) -> list[Point]:
    """The points of one item: its mapping as written, the requests that touch it, and its dates."""
    past = _past(name, section)
    since = past[0][0] if past else _first_at(name, section)
    now = Point("now", _now_words(item, at, is_enabled=is_enabled), since, lead="since")
    return [*_past_points(past, item), now, *_future(item, pending, at, dates)]


def _now_words(item: Mapping[str, Any], at: datetime, *, is_enabled: bool) -> str:
    if not is_enabled:
        return "Off"
    opening = holding.opening_of(item, at)
    sampling = holding.sampling_at(item, at)
    return f"{sampling}, but the window is closed" if opening and not opening.is_open else sampling


def _past(name: str, section: str) -> Sequence[tuple[datetime, Sequence[changes.Field]]]:
    """Publishes that changed who sends: when each began to hold and its fields, newest first."""
    found: list[tuple[datetime, Sequence[changes.Field]]] = []
    for row in touching.revisions(section, name)[: 4 * _PAST_SHOWN]:
        own = (one for one in touching.changes_in(row) if one.kind == "changed")
        fields = [field for one in own for field in one.fields if field.keys[0] in _TIMED]
        if fields:
            found.append((row.effective_at, fields))
    return found[:_PAST_SHOWN]


def _first_at(name: str, section: str) -> datetime | None:
    row = touching.revisions(section, name).last()
    return row.effective_at if row else None


def _past_points(past: Sequence[tuple[datetime, Sequence[changes.Field]]], item: Mapping[str, Any]) -> list[Point]:
    found = [(at, _was(fields, item)) for at, fields in past]
    return [Point("past", text, at, lead="until") for at, text in reversed(found) if text]


def _was(fields: Sequence[changes.Field], item: Mapping[str, Any]) -> str:
    for field in changes.leaves(fields):
        if field.keys == ("sample", "rate"):
            return f"{percent(field.was)} of {holding.unit_of(item)}" if field.was_set else "everybody"
        if field.keys == ("is_enabled",):
            return "On" if not field.was_set or field.was else "Off"
    return {"windows": "Other windows", "ramp": "Another ramp"}.get(fields[0].keys[0], "")


def _future(item: Mapping[str, Any], pending: Iterable[Pending], at: datetime, dates: Mapping[str, str]) -> list[Point]:
    steps = [Point("future", f"{percent(one.rate)} of {holding.unit_of(item)}", one.at) for one in _steps(item) if one.at > at]
    found = [*steps, *_edges(item, at), *_dates(dates, at), *(_pending(one, item) for one in pending)]
    return sorted(found, key=lambda point: (point.at is not None, point.at or at))[:_FUTURE_SHOWN]


def _steps(item: Mapping[str, Any]) -> tuple[ramps.Step, ...]:
    return ramps.parse(item.get("ramp"))


def _edges(item: Mapping[str, Any], at: datetime) -> list[Point]:
    parsed = windows.parse(item.get("windows"))
    found = []
    for edge in windows.edges(parsed, at, at + _AHEAD):
        found.append(Point("future", "Window opens" if windows.is_open(parsed, edge) else "Window closes", edge))
        if len(found) == _EDGES_SHOWN:
            break
    return found


def _dates(dates: Mapping[str, str], at: datetime) -> list[Point]:
    words = {"review_on": "Review is due", "expires_on": "Expires"}
    moments = {key: datetime.combine(date.fromisoformat(day), time(), UTC) for key, day in dates.items() if day}
    return [Point("future", words[key], moment) for key, moment in moments.items() if moment > at]


def _pending(one: Pending, item: Mapping[str, Any]) -> Point:
    text = one.title if one.rate is None else f"{percent(one.rate)} of {holding.unit_of(item)}"
    lead = "" if one.effective_at else "once it is approved"
    if one.is_stuck:
        text, lead = f"{text}: not before it is merged", "was to hold from"
    return Point("future", text, one.effective_at, lead, one.badge, one.link, f"Change {one.number}")
