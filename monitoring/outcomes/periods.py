"""The stretches of time that the page of outcomes shows: minutes of an hour, hours of a day or a week."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models

from monitoring.models import IntakeCount, IntakeHour

_TICKS = 4


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time that ends now, in equal slots; the last one is still running."""

    name: str
    words: str
    slots: int
    step: timedelta
    rows: type[models.Model]
    moment: str  # the rows' field of time
    unit: str

    def begins_at(self, now: datetime) -> datetime:
        """When its first slot begins."""
        minute = now.replace(second=0, microsecond=0)
        last = minute if self.seconds < _HOUR else minute.replace(minute=0)
        return last - (self.slots - 1) * self.step

    @property
    def seconds(self) -> int:
        """The length of a slot."""
        return int(self.step.total_seconds())

    def slot_of(self, at: datetime, begin: datetime) -> int:
        """The slot that a moment lies in."""
        return min(max(int((at - begin) / self.step), 0), self.slots - 1)

    def ticks(self, now: datetime) -> list[str]:
        """The labels below its chart."""
        begin, form = self.begins_at(now), "%H:%M" if self.slots * self.seconds <= _DAY else "%a %d"
        quarter = self.slots * self.step / _TICKS
        return [*(f"{begin + number * quarter:{form}}" for number in range(_TICKS)), "now"]


_HOUR, _DAY = 3600, 86_400
PERIODS: Mapping[str, Period] = {
    one.name: one
    for one in (
        Period("1h", "the last hour", 60, timedelta(minutes=1), IntakeCount, "minute", "/min"),
        Period("24h", "the last 24 hours", 24, timedelta(hours=1), IntakeHour, "hour", "/h"),
        Period("7d", "the last 7 days", 168, timedelta(hours=1), IntakeHour, "hour", "/h"),
    )
}
