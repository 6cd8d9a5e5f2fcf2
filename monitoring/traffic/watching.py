"""Watches every stream's traffic: a tick that looks at the newest counts, and begins and ends incidents."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from django.db import transaction
from django.utils import timezone

from eventplatform.core.error_events import TITLES
from eventplatform.core.streams import Stream
from monitoring.traffic import following, incidents, learning_tick, recent, rolling
from monitoring.traffic.alarm import learning
from monitoring.traffic.alarm.judging import Rule, Sensitivity, judge
from monitoring.traffic.alarm.steps import State, ended, step
from monitoring.traffic.models import StreamProfile, TrafficRule, TrafficWatch
from streamconfig.lookups import snapshot

log = logging.getLogger(__name__)

_APART = timedelta(seconds=30)  # two ticks that come at once are one
_OFF = Rule(watches=frozenset())


def tick(now: datetime | None = None) -> int:
    """Roll up, follow, learn and look; the number of streams that were judged."""
    now = now or timezone.now()
    rolling.roll_up(now)
    with transaction.atomic():
        TrafficWatch.objects.get_or_create(pk=1)
        watch = TrafficWatch.objects.select_for_update().get(pk=1)
        if watch.looked_at is not None and now - watch.looked_at < _APART:
            return 0
        following.follow(now=now, followed_at=watch.followed_at)
        TrafficWatch.objects.filter(pk=1).update(looked_at=now, followed_at=now)
        streams = snapshot().streams
        learning_tick.learn_some(now=now, streams=streams.keys())
        # While the log or the intake is away, silence is theirs; what is told already stays until they are back.
        return 0 if following.hold(now=now) else _look(now, streams)


def _look(now: datetime, streams: Mapping[str, Stream]) -> int:
    rows = StreamProfile.objects.filter(stream__in=streams.keys()).values_list("stream", "body")
    profiles = {name: learning.from_json(body) for name, body in rows if body}
    found = recent.recent(now=now, streams=profiles, holds=following.holds(since=now - learning.LOOKED_BACK, until=now))
    if not any(cell.counted for cell in found.minutes):
        return 0
    states, rules, shares = incidents.states(now=now), rules_at(now), learning_tick.shares_of(streams.keys())
    looks = []
    for name, profile in profiles.items():
        before = states.get(name, State())
        rule = rule_of(streams[name], rules.get(name, Rule()))
        finding = judge(profile, found.seen(name, shares[name]), rule, before.kind, before.began_at)
        is_watched = bool(rule.watches) and shares[name].at(now) > 0
        after = step(before, finding, now) if is_watched else ended(before, now)
        looks.append(incidents.Look(name, before, after, finding))
    incidents.keep(now=now, looks=looks)
    return len(looks)


def rule_of(stream: Stream, rule: Rule) -> Rule:
    """Of what the intake refused, silence is no trouble."""
    is_of_errors = stream.schema_title in TITLES or stream.schema_title.startswith("error/")
    return replace(rule, watches=rule.watches & {"high"}) if is_of_errors else rule


def rules_at(now: datetime) -> Mapping[str, Rule]:
    """What people say of streams, as it holds at a moment."""
    return {row.stream: said(row, now) for row in TrafficRule.objects.all()}


def said(row: TrafficRule, now: datetime) -> Rule:
    """What one row says."""
    if row.is_off and (row.off_until is None or now < row.off_until):
        return _OFF
    watched = (("silent", row.watches_silence), ("low", row.watches_low), ("high", row.watches_high))
    watches = frozenset(kind for kind, is_watched in watched if is_watched)
    return Rule(cast("Sensitivity", row.sensitivity), row.silence_minutes, watches)
