"""Learns what is usual for each stream, some streams at each tick, each about once an hour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Min, Q

from monitoring.traffic import following, zones
from monitoring.traffic.alarm.learning import LOOKED_BACK, Hour, learn
from monitoring.traffic.alarm.shares import Shares
from monitoring.traffic.models import CountedHour, StreamHour, StreamProfile, StreamShare, TrafficIncident, TrafficRule

_HOUR = timedelta(hours=1)
_AT_ONCE = 20  # streams of a tick
_LEFT_OUT = timedelta(days=2)  # of an incident; what lasts longer is to become what is usual


def learn_some(*, now: datetime, streams: Collection[str]) -> int:
    """Learn those that were learnt longest ago, where that is an hour; the number of streams.

    Of a silence nothing is learnt, however long it lasts: it would become what is usual.
    """
    StreamProfile.objects.exclude(stream__in=streams).delete()
    learnt = dict(StreamProfile.objects.values_list("stream", "learnt_at"))
    silent = TrafficIncident.objects.filter(ended_at__isnull=True, kind=TrafficIncident.Kind.SILENT)
    able = set(streams) - set(silent.values_list("stream", flat=True))
    due = sorted((learnt[name].timestamp() if name in learnt else 0.0, name) for name in able)
    names = [name for at, name in due if now.timestamp() - at >= _HOUR.total_seconds()][:_AT_ONCE]
    if names:
        _learn(names, now)
    return len(names)


def _learn(names: Sequence[str], now: datetime) -> None:
    since, until = now - LOOKED_BACK, now.replace(minute=0, second=0, microsecond=0)
    hours, shares, left_out = _hours(names, since, until), shares_of(names), _left_out(names, since, now)
    clock = zones.clock()
    made = {name: learn(hours[name], clock, shares[name], left_out[name]) for name in names}
    StreamProfile.objects.bulk_create(
        [StreamProfile(stream=name, learnt_at=now, body=one.as_json() if one else {}) for name, one in made.items()],
        update_conflicts=True,
        unique_fields=["stream"],
        update_fields=["learnt_at", "body"],
    )


def _hours(names: Sequence[str], since: datetime, until: datetime) -> Mapping[str, list[Hour]]:
    """The counted hours of each stream since it had its first event, or since somebody said that a new level holds."""
    counted = CountedHour.objects.filter(hour__gte=since, hour__lt=until).order_by("hour")
    minutes = dict(counted.values_list("hour", "minutes"))
    rows = StreamHour.objects.filter(stream__in=names, hour__gte=since, hour__lt=until).values_list(
        "stream", "hour", "events", "peak", "first", "last", "gap"
    )
    held: dict[str, dict[datetime, tuple[int, int, int | None, int | None, int]]] = defaultdict(dict)
    for stream, hour, *figures in rows:
        held[stream][hour] = figures  # type: ignore[assignment]  # as the row's fields are
    firsts = dict(
        StreamHour.objects.filter(stream__in=names, events__gt=0).order_by().values_list("stream").annotate(first=Min("hour"))
    )
    said = dict(TrafficRule.objects.filter(stream__in=names).values_list("stream", "usual_since"))
    found: dict[str, list[Hour]] = {}
    for name in names:
        begin = max((one for one in (firsts.get(name, until), said.get(name)) if one is not None), default=until)
        found[name] = [Hour(at, number, *held[name].get(at, ())) for at, number in minutes.items() if at >= begin]
    return found


def shares_of(names: Collection[str]) -> Mapping[str, Shares]:
    """What was sampled of each stream, as time went by."""
    changes: dict[str, list[tuple[datetime, float]]] = {name: [] for name in names}
    for stream, at, share in StreamShare.objects.filter(stream__in=names).values_list("stream", "at", "share"):
        changes[stream].append((at, share))
    return {name: Shares(found) for name, found in changes.items()}


def _left_out(names: Sequence[str], since: datetime, now: datetime) -> Mapping[str, set[datetime]]:
    """The hours that tell nothing of what is usual: of incidents, and while the platform itself was away."""
    away = {hour for began_at, ended_at in following.holds(since=since, until=now) for hour in _hours_of(began_at, ended_at)}
    found: dict[str, set[datetime]] = {name: set(away) for name in names}
    rows = TrafficIncident.objects.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=since), stream__in=names)
    for stream, began_at, ended_at in rows.values_list("stream", "began_at", "ended_at"):
        found[stream].update(_hours_of(began_at, min(ended_at or now, began_at + _LEFT_OUT)))
    return found


def _hours_of(began_at: datetime, ended_at: datetime) -> list[datetime]:
    first = began_at.replace(minute=0, second=0, microsecond=0)
    return [first + number * _HOUR for number in range(int((ended_at - first) / _HOUR) + 1)]
