"""What is usual for a stream, learnt from its last four weeks of hours; pure.

A rate for each hour of the week, as fine as the stream's volume allows: what the hours of a coarser pattern say holds until
an hour of its own can be told from it. Rates are those of all clients: counts are divided by the share that was sampled.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from monitoring.traffic.alarm.shares import Shares
from monitoring.traffic.alarm.weeks import HOUR, SLOTS, Clock, is_weekend

LOOKED_BACK = timedelta(days=28)
_TOLD_APART = 20  # events by which a rate can be told from another
_MANY = 10  # events an hour from which the median stands for them; of fewer only the mean tells
_STEADY = 50  # events an hour from which a deviation is one of the stream, not of chance
_ENOUGH_RATIOS = 100
_MINUTES_NEEDED = 30  # of an hour, or it tells too little
_MEDIAN_NEEDS = 3
_SIGMA = 1.4826  # of a normal distribution, by its median absolute deviation
_DAY = timedelta(days=1)

# From the coarsest pattern to an hour of the week.
_PATTERNS: Sequence[Callable[[int], Hashable]] = (
    lambda _: 0,
    lambda slot: slot % 24 // 6,
    lambda slot: slot % 24,
    lambda slot: (is_weekend(slot), slot % 24),
    lambda slot: slot,
)
_FINE = 3  # from which pattern on hours are so alike that the median stands for them


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of which minutes were counted, and its events; `first`, `last` and `gap` as in `monitoring.traffic.hours`."""

    at: datetime
    minutes: int
    events: int = 0
    peak: int = 0
    first: int | None = None
    last: int | None = None
    gap: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """What is usual. `evidence` are the events that each rate was learnt from, `days` how long the stream was counted."""

    rates: tuple[float, ...]  # events an hour, by hour of the week
    evidence: tuple[float, ...]
    days: float
    events: int
    spread: float = 0.1  # of hours around their rate, beyond chance
    least: float = 1.0  # one hour of a hundred has this share of its rate, or less
    most: float = 1.0  # likewise, or more
    top: float = 0.0  # events of the busiest hour
    longest: float = 0.0  # events that were to be expected in the longest gap
    longest_minutes: float = 0.0
    quiet_minutes: float = 0.0  # one gap of twenty is longer
    is_bursty: bool = False  # a minute may hold much more than its part of the hour

    def as_json(self) -> dict[str, Any]:
        """For a row."""
        return asdict(self)


def from_json(kept: dict[str, Any]) -> Profile:
    """What `as_json` gave."""
    return Profile(**{**kept, "rates": tuple(kept["rates"]), "evidence": tuple(kept["evidence"])})


@dataclass(frozen=True, slots=True)
class _Sample:
    """An hour's rate of all clients, and how much of all clients was counted (hours times share)."""

    slot: int
    rate: float
    events: float
    exposure: float


def learn(hours: Iterable[Hour], clock: Clock, shares: Shares, left_out: Collection[datetime] = ()) -> Profile | None:
    """The profile of counted hours, oldest first, without those of incidents; None where there is nothing to learn from."""
    known = [one for one in hours if one.at not in left_out and one.minutes]
    samples = list(_samples(known, clock, shares))
    total = sum(sample.events for sample in samples)
    if not total:
        return None
    rates, evidence = _rates(samples)
    spread, least, most = _spread(samples)
    gaps = list(_gaps(known, rates, clock, shares))
    alive = [one for one in known if one.events]
    return Profile(
        rates=rates,
        evidence=evidence,
        days=round((known[-1].at + HOUR - known[0].at) / _DAY, 2),
        events=int(total),
        spread=spread,
        least=least,
        most=most,
        top=max((sample.rate for sample in samples), default=0.0),
        longest=max((expected for _, expected in gaps), default=0.0),
        longest_minutes=max((minutes for minutes, _ in gaps), default=0.0),
        quiet_minutes=_quantile([minutes for minutes, _ in gaps], 0.95),
        is_bursty=statistics.median(one.peak * one.minutes / one.events for one in alive) > 1.5 if alive else False,  # noqa: PLR2004  # half more than its part
    )


def _samples(hours: Iterable[Hour], clock: Clock, shares: Shares) -> Iterable[_Sample]:
    for one in hours:
        share = shares.at(one.at)
        if share > 0 and one.minutes >= _MINUTES_NEEDED and shares.is_steady(one.at, one.at + HOUR):
            exposure = share * one.minutes / 60
            yield _Sample(clock.slot(one.at), one.events / exposure, one.events, exposure)


@dataclass(frozen=True, slots=True)
class _Group:
    """Hours that one pattern takes for alike; its estimate is made when it is first wanted."""

    members: Sequence[_Sample]
    exposure: float
    events: float
    is_fine: bool
    made: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        if not self.made:
            self.made.append(_estimate(self.members, is_fine=self.is_fine))
        return self.made[0]


def _rates(samples: Sequence[_Sample]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    groups = [_grouped(samples, pattern, is_fine=level >= _FINE) for level, pattern in enumerate(_PATTERNS)]
    found = [_rate(slot, groups) for slot in range(SLOTS)]
    return tuple(round(rate, 4) for rate, _ in found), tuple(events for _, events in found)


def _rate(slot: int, groups: Sequence[Mapping[Hashable, _Group]]) -> tuple[float, float]:
    """The rate of an hour of the week and the events that it was learnt from, by the finest pattern that tells."""
    rate, events = groups[0][0].rate, groups[0][0].events
    for group, pattern in zip(groups[1:], _PATTERNS[1:], strict=True):
        found = group.get(pattern(slot))
        if found is not None and rate * found.exposure >= _TOLD_APART:
            rate, events = found.rate, found.events
    return rate, events


def _grouped(samples: Sequence[_Sample], pattern: Callable[[int], Hashable], *, is_fine: bool) -> dict[Hashable, _Group]:
    members: dict[Hashable, list[_Sample]] = defaultdict(list)
    for sample in samples:
        members[pattern(sample.slot)].append(sample)
    return {
        key: _Group(found, sum(one.exposure for one in found), sum(one.events for one in found), is_fine)
        for key, found in members.items()
    }


def _estimate(members: Sequence[_Sample], *, is_fine: bool) -> float:
    middle = statistics.median(sample.rate for sample in members)
    events = sum(sample.events for sample in members) / len(members)
    return middle if is_fine and len(members) >= _MEDIAN_NEEDS and events >= _MANY else _mean(members)


def _mean(samples: Sequence[_Sample]) -> float:
    """The mean rate, in which no single hour counts more than ten ordinary ones."""
    exposure = sum(sample.exposure for sample in samples)
    top = 10 * sum(sample.events for sample in samples) / exposure + 10
    return sum(min(sample.rate, top) * sample.exposure for sample in samples) / exposure


def _spread(samples: Sequence[_Sample]) -> tuple[float, float, float]:
    """How far hours lie from what the same hour of other weeks says: beyond chance, and in one hour of a hundred."""
    by_slot: dict[int, list[_Sample]] = defaultdict(list)
    for sample in samples:
        by_slot[sample.slot].append(sample)
    ratios, chance = [], []
    for members in by_slot.values():
        for number, one in enumerate(members) if len(members) >= _MEDIAN_NEEDS else ():
            others = [other.rate for place, other in enumerate(members) if place != number]
            expected = statistics.median(others) * one.exposure
            if expected >= _STEADY:
                ratios.append(one.events / expected)
                chance.append((1 + 1 / len(others)) / expected)
    if len(ratios) < _ENOUGH_RATIOS:
        return 0.1, 1.0, 1.0
    sigma = _SIGMA * statistics.median(abs(ratio - 1) for ratio in ratios)
    beyond = max(sigma**2 - statistics.fmean(chance), 0.0) ** 0.5
    return round(beyond, 4), round(_quantile(ratios, 0.01), 4), round(_quantile(ratios, 0.99), 4)


def _gaps(hours: Sequence[Hour], rates: tuple[float, ...], clock: Clock, shares: Shares) -> Iterable[tuple[float, float]]:
    """Of each hour with events the longest gap that ended in it: its counted minutes, and the events expected in them."""
    minutes = expected = 0.0
    has_begun = False
    for one in hours:
        a_minute = rates[clock.slot(one.at)] * shares.at(one.at) / 60
        if one.first is None or one.last is None:
            minutes, expected = minutes + one.minutes, expected + one.minutes * a_minute
            continue
        before = (minutes + one.first, expected + one.first * a_minute) if has_begun else (0.0, 0.0)
        yield max(before, (one.gap, one.gap * a_minute), key=lambda gap: gap[1])
        after = max(one.minutes - one.last - 1, 0)
        minutes, expected, has_begun = float(after), after * a_minute, True


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return float(ordered[min(int(share * len(ordered)), len(ordered) - 1)]) if ordered else 0.0
