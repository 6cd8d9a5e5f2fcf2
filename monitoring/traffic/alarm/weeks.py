"""Weeks by the clocks of a zone, in 168 hours: when clocks change, what is usual moves along with people; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

SLOTS = 168
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
_HALF = timedelta(minutes=30)
_FRIDAY_IS_OVER = 5


@dataclass(frozen=True, slots=True)
class Clock:
    """The clocks by which producers live."""

    zone: ZoneInfo

    def slot(self, hour: datetime) -> int:
        """The hour of the week, Monday's first is 0."""
        local = hour.astimezone(self.zone)
        return local.weekday() * 24 + local.hour

    def cell(self, begin: datetime, minutes: int = 1, counted: float | None = None) -> Cell:
        """A stretch of time beside the two hours whose middles it lies between; an hour stands beside itself."""
        known = minutes if counted is None else counted
        if minutes * MINUTE >= HOUR:
            return Cell(begin, minutes, known, self.slot(begin), self.slot(begin))
        before = (begin + minutes * MINUTE / 2 - _HALF).replace(minute=0, second=0, microsecond=0)
        return Cell(begin, minutes, known, self.slot(before), self.slot(before + HOUR))


@dataclass(frozen=True, slots=True)
class Cell:
    """A stretch of time and how many minutes of it were counted; what is usual then lies between two hours of the week."""

    begin: datetime
    minutes: int
    counted: float
    first: int
    second: int

    @property
    def end(self) -> datetime:
        return self.begin + self.minutes * MINUTE

    def usual(self, rates: tuple[float, ...]) -> tuple[float, float]:
        """The least and the most events that come in the counted minutes at these rates by hour of the week.

        Between two hours either rate may hold: some traffic slides, some begins at the stroke of the hour.
        """
        one, two = rates[self.first] * self.counted / 60, rates[self.second] * self.counted / 60
        return (one, two) if one < two else (two, one)


def is_weekend(slot: int) -> bool:
    """Whether an hour of the week lies on Saturday or Sunday."""
    return slot // 24 >= _FRIDAY_IS_OVER
