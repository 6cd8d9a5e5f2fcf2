"""The stretches of time that a stream's traffic is shown for, each by the minute, hour or quarter of a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_TICKS = 4


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch that ends now, in equal slots; `unit` is what a rate is told per."""

    name: str
    words: str
    step: timedelta
    slots: int
    unit: str
    per: timedelta
    before: timedelta  # how far back lies what it is compared with
    before_words: str

    def window(self, now: datetime) -> tuple[datetime, datetime]:
        """Its beginning and end, which lie on the edges of slots."""
        end = now - (now - datetime.min.replace(tzinfo=UTC)) % self.step
        if self.step > _MINUTE:  # the slot that runs is shown, too
            end += self.step
        return end - self.slots * self.step, end

    @property
    def scale(self) -> float:
        """What a slot's events are multiplied by to be a rate."""
        return self.per / self.step

    def ticks(self, begin: datetime) -> list[str]:
        """The labels below its chart."""
        length = self.slots * self.step
        form = "%H:%M" if length <= _DAY else "%a %d" if length <= 7 * _DAY else "%d %b"
        return [*(f"{begin + number * length / _TICKS:{form}}" for number in range(_TICKS)), "now"]


_LAST_WEEK = (timedelta(days=7), "the week before")
RANGES: Mapping[str, Range] = {
    one.name: one
    for one in (
        Range("1h", "the last hour", _MINUTE, 60, "/min", _MINUTE, *_LAST_WEEK),
        Range("24h", "the last 24 hours", 10 * _MINUTE, 144, "/min", _MINUTE, *_LAST_WEEK),
        Range("7d", "the last 7 days", _HOUR, 168, "/h", _HOUR, *_LAST_WEEK),
        Range("30d", "the last 30 days", 6 * _HOUR, 120, "/h", _HOUR, timedelta(days=28), "four weeks before"),
    )
}
USUAL = "24h"
