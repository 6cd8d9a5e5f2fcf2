"""Streams on a virtual clock: Poisson noise around a pattern by day and week, judged look by look as the watch does it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from monitoring.traffic import hours
from monitoring.traffic.alarm.judging import Kind, Rule, Seen, judge
from monitoring.traffic.alarm.learning import LOOKED_BACK, Hour, Profile, learn
from monitoring.traffic.alarm.shares import Shares
from monitoring.traffic.alarm.steps import State, step
from monitoring.traffic.alarm.weeks import Cell, Clock

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
USUAL = Rule()
Pattern = Callable[[datetime], float]  # events a second, of the local time


def people(per_second: float) -> Pattern:
    """Many by day, few at night, less at weekends."""

    def rate(local: datetime) -> float:
        by_day = 1 + 0.8 * math.sin((local.hour + local.minute / 60 - 9) / 24 * 2 * math.pi)
        return per_second * by_day * (0.6 if local.weekday() >= 5 else 1.0)

    return rate


def office(per_second: float) -> Pattern:
    """Nobody at night and at weekends."""
    return lambda local: per_second if local.weekday() < 5 and 8 <= local.hour < 18 else 0.0


def batch(events: int, every_hours: int) -> Pattern:
    """All at once, in two minutes."""
    return lambda local: events / 120 if local.hour % every_hours == 0 and local.minute in (5, 6) else 0.0


def constant(per_second: float) -> Pattern:
    return lambda _: per_second


@dataclass
class Stream:
    """A stream, what becomes of its rate in a while, and when its sampling changes (at its moment clients follow)."""

    pattern: Pattern
    begin: datetime
    days: int
    seed: int = 1
    zone: ZoneInfo = BERLIN
    factors: Sequence[tuple[datetime, datetime, float]] = ()
    shares: Sequence[tuple[datetime, float]] = ()
    uncounted: Sequence[tuple[datetime, datetime]] = ()
    minutes: list[int] = field(default_factory=list)
    by_hour: list[Hour] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.share = Shares(self.shares)
        self.minutes = list(self._drawn(random.Random(self.seed)))  # noqa: S311  # noise, no secret
        self.by_hour = [self._hour(number) for number in range(len(self.minutes) // 60)]

    def _drawn(self, dice: random.Random) -> Iterator[int]:
        for number in range(self.days * 24):
            at = self.begin + number * HOUR
            for minute, rate in enumerate(self._rates(at)):
                yield poisson(dice, rate * 60) if not self._is_uncounted(at + minute * MINUTE) else -1

    def _rates(self, hour: datetime) -> Iterator[float]:
        offset = hour.astimezone(self.zone).utcoffset() or timedelta()
        for minute in range(60):
            at = hour + minute * MINUTE
            factor = math.prod(one for first, last, one in self.factors if first <= at < last)
            yield self.pattern((at + offset).replace(tzinfo=None)) * factor * self.share.at(at)

    def _is_uncounted(self, at: datetime) -> bool:
        return any(first <= at < last for first, last in self.uncounted)

    def _hour(self, number: int) -> Hour:
        counted = [(minute, one) for minute, one in enumerate(self.minutes[number * 60 : number * 60 + 60]) if one >= 0]
        one = hours.of_minutes((minute, events, 0) for minute, events in counted)
        return Hour(self.begin + number * HOUR, len(counted), one.events, one.peak, one.first, one.last, one.gap)

    def profile(self, clock: Clock, now: datetime) -> Profile | None:
        last = int((now - self.begin) / HOUR)
        known = self.by_hour[max(0, last - int(LOOKED_BACK / HOUR)) : last]
        left_out = {one.at for one in known if any(first - HOUR < one.at < last for first, last, _ in self.factors)}
        return learn(known, clock, self.share, left_out)

    def seen(self, clock: Clock, now: datetime) -> Seen:
        """The last one to two hours by minute, before them by hour: a day, or as long as nothing came."""
        end, edge = int((now - self.begin) / MINUTE), int(((now - HOUR).replace(minute=0) - self.begin) / MINUTE)
        minutes = self.minutes[edge:end][::-1]
        cells = cells_of(self.begin, self.days * 1440, clock)[edge:end][::-1]
        if self.uncounted:
            cells = [replace(cell, counted=float(count >= 0)) for cell, count in zip(cells, minutes, strict=True)]
        before = self.by_hour[: edge // 60]
        quiet = (
            0 if any(count > 0 for count in minutes) else next((n for n, one in enumerate(reversed(before)) if one.events), 0)
        )
        known = before[-max(24, quiet + 1) :][::-1]
        cells = [*cells, *(clock.cell(one.at, 60, one.minutes) for one in known)]
        return Seen(cells, [*(max(count, 0) for count in minutes), *(one.events for one in known)], self.share)


@lru_cache(maxsize=4)
def cells_of(begin: datetime, minutes: int, clock: Clock) -> list[Cell]:
    """Cells that many streams share."""
    return [clock.cell(begin + number * MINUTE) for number in range(minutes)]


def poisson(dice: random.Random, mean: float) -> int:
    if mean > 30:
        return max(round(dice.gauss(mean, mean**0.5)), 0)
    limit, number, product = math.exp(-mean), 0, dice.random()
    while product > limit:
        number, product = number + 1, product * dice.random()
    return number


@dataclass(frozen=True)
class Told:
    """An alarm that began or changed."""

    at: datetime
    kind: Kind
    began_at: datetime | None


def watch(
    stream: Stream,
    first: datetime,
    last: datetime,
    *,
    every: timedelta = 10 * MINUTE,
    rule: Rule = USUAL,
    zone: ZoneInfo = BERLIN,
) -> list[Told]:
    """What is told from one moment to another; each kind once when it begins, and `""` when it ends."""
    clock = Clock(zone)
    state, told = State(), list[Told]()
    now, profile, learnt_at = first, stream.profile(clock, first), first
    while now < last:
        if now - learnt_at >= DAY:
            profile, learnt_at = stream.profile(clock, now), now
        if profile is not None:
            after = step(state, judge(profile, stream.seen(clock, now), rule, state.kind, state.began_at), now)
            if after.kind != state.kind:
                told.append(Told(now, after.kind, after.began_at))
            state = after
        now += every
    return told


MARCH = datetime(2026, 2, 16, tzinfo=UTC)  # clocks go forward six weeks later, on 29 March
OCTOBER = datetime(2026, 9, 14, tzinfo=UTC)  # and back on 25 October
