"""Adds up the minutes of an hour: how many events, when, and how long it was quiet between two; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hour:
    """A stream's hour; `first` and `last` are its minutes with events, None where there was none."""

    events: int
    canaries: int
    peak: int
    first: int | None
    last: int | None
    gap: int  # the most minutes without events between two with some


def of_minutes(minutes: Iterable[tuple[int, int, int]]) -> Hour:
    """The hour of minutes given as number, records and canaries among them."""
    events = canaries = peak = gap = 0
    first: int | None = None
    last: int | None = None
    for number, records, known in sorted(minutes):
        count = max(records - known, 0)
        canaries += min(known, records)
        if not count:
            continue
        events, peak = events + count, max(peak, count)
        gap = gap if last is None else max(gap, number - last - 1)
        first, last = number if first is None else first, number
    return Hour(events, canaries, peak, first, last, gap)
