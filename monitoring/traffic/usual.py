"""What is usual for one stream, as its page tells it: rates to draw, and from where on an alarm is raised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from eventplatform import figures
from eventplatform.core.streams import Stream
from monitoring.traffic import learning_tick, watching, zones
from monitoring.traffic.alarm import judging, learning
from monitoring.traffic.alarm.judging import Rule
from monitoring.traffic.alarm.learning import Profile
from monitoring.traffic.alarm.shares import Shares
from monitoring.traffic.alarm.weeks import SLOTS
from monitoring.traffic.models import StreamProfile, TrafficRule

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
_LONGEST = timedelta(days=14)  # that a silence is followed ahead


@dataclass(frozen=True, slots=True)
class Usual:
    """A stream's profile, what was sampled, and what people say of its alarms."""

    profile: Profile | None
    shares: Shares
    rule: Rule
    row: TrafficRule | None

    def line(self, begin: datetime, step: timedelta, slots: int) -> Sequence[float] | None:
        """Events that are usual in each slot; None where nothing is known yet."""
        if self.profile is None:
            return None
        return [self._events(begin + number * step, step) for number in range(slots)]

    def _events(self, begin: datetime, step: timedelta) -> float:
        part = min(step, _HOUR)
        every = [begin + number * part for number in range(int(step / part))]
        return sum(self._part(at, int(part / _MINUTE)) for at in every)

    def _part(self, begin: datetime, minutes: int) -> float:
        if self.profile is None:
            return 0.0
        cell, rates = zones.clock().cell(begin, minutes), self.profile.rates
        middle = begin + minutes * _MINUTE / 2
        second = (middle.minute + 30) % 60 / 60  # how far it is from the middle of one hour to the next one's
        rate = rates[cell.first] * (1 - second) + rates[cell.second] * second
        return rate * minutes / 60 * self.shares.at(begin)

    def silent_after(self, now: datetime) -> timedelta | None:
        """How long nothing must come, from now on, until it is silence; None where that is longer than two weeks."""
        if self.profile is None or "silent" not in self.rule.watches:
            return None
        if self.rule.silence_minutes is not None:
            return self.rule.silence_minutes * _MINUTE
        limit, shortest = judging.silence_limit(self.profile), judging.shortest_silence(self.profile) * _MINUTE
        expected, at = 0.0, now
        while at < now + _LONGEST:
            part = _MINUTE if at < now + 2 * _HOUR else _HOUR
            expected += self._part(at, int(part / _MINUTE))
            at += part
            if expected >= limit and at - now >= shortest:
                return at - now
        return None

    @property
    def factors(self) -> tuple[str, str]:
        """From which share of what is usual on it is low, and high."""
        if self.profile is None:
            return figures.NOTHING, figures.NOTHING
        low, high = judging.factors(self.profile, self.rule)
        return f"{low:.0%}".replace("%", " %"), f"{high:.0%}".replace("%", " %")


def hours_of_week(stream: str) -> Sequence[float]:
    """Events in each hour of the week (UTC, Monday's first is 0) if all is sampled; none where nothing is learnt."""
    body = StreamProfile.objects.filter(stream=stream).values_list("body", flat=True).first()
    if not body:
        return ()
    rates, clock, now = body["rates"], zones.clock(), timezone.now()
    monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    return [rates[clock.slot(monday + number * _HOUR)] for number in range(SLOTS)]


def of(stream: Stream, now: datetime) -> Usual:
    """What is known of one stream."""
    body = StreamProfile.objects.filter(stream=stream.name).values_list("body", flat=True).first()
    row = TrafficRule.objects.filter(stream=stream.name).first()
    rule = watching.rule_of(stream, Rule() if row is None else watching.said(row, now))
    profile = learning.from_json(body) if body else None
    return Usual(profile, learning_tick.shares_of([stream.name])[stream.name], rule, row)
