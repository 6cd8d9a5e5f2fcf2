"""Time windows: when a stream or an instrument collects. Once, from one moment to another, or again and again.

`{"from": "2026-12-01T00:00:00Z", "until": "2026-12-15T00:00:00Z"}`, either side open where it is left out; or
`{"days": ["mon", "fri"], "start": "09:00", "end": "17:00", "time_zone": "Europe/Berlin"}`, which `from` and `until` may bound.
An `end` at or before the `start` is on the next day; 24:00 ends the day itself. A start belongs to its window, an end doesn't.
Several windows are one: it is open while any of them is. None at all: always open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from streamconfig.configuration.moments import MIDNIGHT_AFTER, clock, from_local, moment, zone_named

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_MOST_EDGES = 1000  # looked at for one answer: a window that never closes has an edge at each midnight
_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC) + 2 * _DAY, datetime.max.replace(tzinfo=UTC) - 2 * _DAY

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Daily:
    """Hours of some days of the week, by the clocks of a zone."""

    days: frozenset[int]  # Monday is 0
    start: time
    end: time | None  # None: midnight, when the day ends
    zone: ZoneInfo

    def span(self, day: date) -> Span:
        """The hours of one day, which may be none where clocks jump over them."""
        is_next = self.end is None or self.end <= self.start
        last = datetime.combine(day + _DAY if is_next else day, self.end or time())
        begins = from_local(datetime.combine(day, self.start), self.zone, is_end=False)
        return begins, from_local(last, self.zone, is_end=True)

    def day_of(self, at: datetime) -> date:
        """The day that a moment falls on."""
        return at.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Window:
    """One window: from and until in UTC, open where None; within them always, or the hours of `daily`."""

    begins: datetime | None = None
    ends: datetime | None = None
    daily: Daily | None = None

    def spans(self, at: datetime) -> Iterator[Span]:
        """The times that it is open, from the one before `at` on, in order."""
        low, high = self.begins or _EARLIEST, self.ends or _LATEST
        if self.daily is None:
            yield low, high
            return
        day = self.daily.day_of(min(max(at, low), high)) - 2 * _DAY
        last = self.daily.day_of(high) + _DAY
        while day <= last:
            if day.weekday() in self.daily.days:
                begins, ends = self.daily.span(day)
                if max(begins, low) < min(ends, high):
                    yield max(begins, low), min(ends, high)
            day += _DAY

    def last_end(self, at: datetime) -> datetime | None:
        """When it was open last, seen from a moment at which it is closed."""
        found = None
        # Days are given, so a week has one; a second one for hours that clocks jumped over.
        for _, ends in self.spans(min(at, self.ends or _LATEST) - 14 * _DAY):
            if ends > at:
                break
            found = ends
        return found


def parse(value: Sequence[Any] | None) -> tuple[Window, ...]:
    """The windows of a list that has no problems."""
    return tuple(_window(one) for one in value or ())


def _window(one: Any) -> Window:
    zone = zone_named(one.get("time_zone"))
    begins, ends = moment(one.get("from"), zone), moment(one.get("until"), zone, is_end=True)
    start, end = clock(one.get("start")), clock(one.get("end"))
    if start is None or zone is None:
        return Window(begins, ends)
    days = frozenset(DAYS.index(day) for day in one.get("days") or ())
    return Window(begins, ends, Daily(days, start, end, zone))


def is_open(windows: Iterable[Window], at: datetime) -> bool:
    """True while any window is open, and where there is none."""
    windows = tuple(windows)
    return not windows or any(_span_at(window, at) is not None for window in windows)


def _span_at(window: Window, at: datetime) -> Span | None:
    for begins, ends in window.spans(at):
        if begins > at:
            return None
        if at < ends:
            return begins, ends
    return None


def next_edge(windows: Sequence[Window], at: datetime) -> datetime | None:
    """The next moment after `at` at which they open or close together; None where they do so no more, or not for years."""
    was_open, edge = is_open(windows, at), at
    for _ in range(_MOST_EDGES if windows else 0):
        edges = [found for window in windows if (found := _raw_edge(window, edge)) is not None]
        if not edges:
            return None
        edge = min(edges)
        if edge >= _LATEST:
            return None
        if is_open(windows, edge) != was_open:
            return edge
    return None


def _raw_edge(window: Window, after: datetime) -> datetime | None:
    for span in window.spans(after):
        for edge in span:
            if edge > after:
                return edge
    return None


def edges(windows: Sequence[Window], start: datetime, end: datetime) -> Iterator[datetime]:
    """Every opening and closing after `start`, up to `end`."""
    edge = next_edge(windows, start)
    while edge is not None and edge <= end:
        yield edge
        edge = next_edge(windows, edge)


def open_spans(windows: Sequence[Window], start: datetime, end: datetime) -> list[Span]:
    """When they are open together between two moments, in order and apart; one span may reach beyond either moment."""
    found: list[Span] = []
    each = ((begins, ends) for window in windows for begins, ends in _until(window.spans(start), end) if ends > start)
    for begins, ends in sorted(each):
        if found and begins <= found[-1][1]:
            found[-1] = found[-1][0], max(ends, found[-1][1])
        else:
            found.append((begins, ends))
    return found


def _until(spans: Iterator[Span], end: datetime) -> Iterator[Span]:
    return takewhile(lambda span: span[0] < end, spans)


def closed_since(windows: Sequence[Window], at: datetime) -> datetime | None:
    """Since when they are closed; None while they are open, and where they never were before."""
    if is_open(windows, at):
        return None
    return max((found for window in windows if (found := window.last_end(at)) is not None), default=None)


def words(window: Window) -> str:
    """A window as a page says it."""
    parts = []
    if window.daily is not None:
        daily = window.daily
        days = "every day" if len(daily.days) == len(DAYS) else ", ".join(DAYS[day].capitalize() for day in sorted(daily.days))
        end = MIDNIGHT_AFTER if daily.end is None else f"{daily.end:%H:%M}"
        parts.append(f"{days} {daily.start:%H:%M}–{end} {daily.zone.key}")  # noqa: RUF001  # from, to
    if window.begins is not None:
        parts.append(f"from {window.begins:%Y-%m-%d %H:%M} UTC")
    if window.ends is not None:
        parts.append(f"until {window.ends:%Y-%m-%d %H:%M} UTC")
    return ", ".join(parts) or "always"
