"""Volumes of a range, shared by all who look: what all streams had, now and a week before, and a line for each stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from monitoring.dashboard import shared
from monitoring.dashboard.ranges import WEEK, Range, Values, per_second, total
from monitoring.traffic import lookups as traffic


@dataclass(frozen=True, slots=True)
class Lines:
    """Events by slot without canaries, oldest first; None is a slot that nobody counted."""

    series: traffic.Series

    @property
    def step(self) -> timedelta:
        return self.series.step

    def of(self, stream: str) -> Values:
        """The slots of `stream`, zero where only others had events."""
        return self.series.of(stream)

    def rate(self, stream: str) -> float | None:
        """Events per second of a stream."""
        return per_second(self.of(stream), self.step)

    def events(self, stream: str) -> float:
        """Its events in all."""
        return total(self.of(stream))


def lines(of: Range) -> Lines:
    """Every stream's volume over the range, in slots as wide as a trend in a row needs."""
    return shared.read(("lines", of.name), lambda: _lines(of), of.fresh)


def _lines(of: Range) -> Lines:
    return Lines(traffic.series(None, *of.window(timezone.now()), of.trend_step))


def totals(of: Range) -> tuple[Values, Values]:
    """The volume of all streams over the range, and over the same hours a week before in slots as wide as a trend's."""
    return shared.read(("totals", of.name), lambda: _totals(of), of.fresh)


def _totals(of: Range) -> tuple[Values, Values]:
    begin, end = of.window(timezone.now())
    now = traffic.total_series(begin, end, of.step)
    return now.total, traffic.total_series(begin - WEEK, end - WEEK, of.trend_step).total


def outcomes(of: Range, *, service: str = "") -> Mapping[str, Sequence[float]]:
    """What the intake answered over the range, canaries included, by outcome in slots as wide as a trend's; of one service."""
    return shared.read(("outcomes", of.name, service), lambda: _outcomes(of, service), of.fresh)


def _outcomes(of: Range, service: str) -> Mapping[str, Sequence[float]]:
    begin, end = of.window(timezone.now())
    services = [service] if service else None
    return traffic.outcome_series(None, begin, end, of.trend_step, services=services, with_canaries=True)
