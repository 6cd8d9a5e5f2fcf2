"""The stretches of time that the dashboard's addresses name, each in slots that a chart can show; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from eventplatform import figures

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_TICKS = 4
_FRESH_SECONDS, _FRESHEST, _FRESH_SHARE = 4.0, 60.0, 15
WEEK = timedelta(days=7)

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch in equal slots that ends with the last whole minute; one of hours or days with the one that runs."""

    name: str
    title: str
    words: str
    slots: int
    step: timedelta
    trend_step: timedelta  # of a trend in a row, and of outcomes: wider, so that hours suffice for a day
    period: str  # the nearest one that the page of outcomes has

    @property
    def fresh(self) -> float:
        """How old a shared read of it may be, in seconds: a day's picture doesn't change within a moment."""
        return max(min(self.step.total_seconds() / _FRESH_SHARE, _FRESHEST), _FRESH_SECONDS)

    @property
    def length(self) -> timedelta:
        return self.slots * self.step

    def window(self, now: datetime) -> tuple[datetime, datetime]:
        """Begin and end: the minute that runs is left out, since it is not counted to its end."""
        end = now.replace(second=0, microsecond=0)
        if self.step >= _HOUR:
            end = end.replace(minute=0) + _HOUR
        if self.step >= _DAY:  # by whole days of UTC, as rows know them
            end = now.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
        return end - self.length, end

    def ticks(self, now: datetime) -> list[str]:
        """Five labels below a chart of it."""
        begin, end = self.window(now)
        form = "%H:%M" if self.length <= _DAY else "%a %d" if self.length <= WEEK else "%d %b"
        return [*(f"{begin + number * self.length / _TICKS:{form}}" for number in range(_TICKS)), "now" if end else ""]


RANGES: Mapping[str, Range] = {
    one.name: one
    for one in (
        Range("1h", "1 h", "last hour", 60, _MINUTE, _MINUTE, "1h"),
        Range("24h", "24 h", "last 24 hours", 96, 15 * _MINUTE, _HOUR, "24h"),
        Range("7d", "7 d", "last 7 days", 84, 2 * _HOUR, 4 * _HOUR, "7d"),
        Range("30d", "30 d", "last 30 days", 30, _DAY, _DAY, "7d"),
    )
}
USUAL = "1h"
LATELY = Range("5m", "5 min", "last 5 minutes", 5, _MINUTE, _MINUTE, "1h")


def named(name: str) -> Range:
    """The range of an address; the usual one where it names none that there is."""
    return RANGES.get(name, RANGES[USUAL])


def total(values: Values) -> float:
    """What was counted in all."""
    return sum(value or 0.0 for value in values)


def per_second(values: Values, step: timedelta) -> float | None:
    """The mean rate over the slots that were counted; None where none was."""
    counted = [value for value in values if value is not None]
    return sum(counted) / (len(counted) * step.total_seconds()) if counted else None


def as_rates(*lines: tuple[Values, timedelta]) -> tuple[list[list[float | None]], str]:
    """Counts in slots as rates of one unit for all: by second, or by minute where a second would have less than one."""
    rates = [[None if value is None else value / step.total_seconds() for value in line] for line, step in lines]
    top = max((rate for line in rates for rate in line if rate is not None), default=0.0)
    factor, unit = (1.0, "/s") if top >= 1 else (60.0, "/min")
    return [[None if rate is None else rate * factor for rate in line] for line in rates], unit


def rate_words(rate: float | None) -> str:
    """Events by second, or by minute where a second has less than one; empty where nobody counted."""
    if rate is None:
        return ""
    if not rate:
        return "0"
    return f"{figures.rate(rate)} /s" if rate >= 1 else f"{figures.rate(rate * 60)} /min"


def trend(now: float | None, before: float | None) -> str:
    """`+2 % on last week`; empty where there is nothing to compare with."""
    if now is None or not before:
        return ""
    percent = round((now - before) / before * 100)
    sign = "+" if percent > 0 else "\u2212" if percent < 0 else "\u00b1"
    return f"{sign}{abs(percent)} % on last week"
