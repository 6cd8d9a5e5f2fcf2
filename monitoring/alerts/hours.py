"""When a rule's notifications may go out: days and hours of a time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Hours:
    """From `begin` until before `end` on the clocks of `zone`, on these days (0 is Monday); an earlier end is the next day."""

    begin: time
    end: time
    days: frozenset[int]
    zone: str = "UTC"

    def holds(self, moment: datetime) -> bool:
        """True within the hours; those after midnight belong to the day on which they began."""
        there = moment.astimezone(ZoneInfo(self.zone))
        now, day = there.time(), there.weekday()
        if self.begin < self.end:
            return day in self.days and self.begin <= now < self.end
        return (day in self.days and now >= self.begin) or ((day - 1) % 7 in self.days and now < self.end)
