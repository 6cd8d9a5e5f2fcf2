"""Keeps what the watch tells, in rows that survive a restart: the only writer of incidents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.db.models import Max, QuerySet

from monitoring.traffic.alarm.judging import Finding, Kind
from monitoring.traffic.alarm.steps import State
from monitoring.traffic.models import TrafficIncident, TrafficState

ALONE = 5  # incidents of one kind that are told one by one; more at once are told together
_AT_ONCE = timedelta(hours=1)
_WINDOW = timedelta(days=1)  # the longest that is looked at


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a stream says."""

    stream: str
    before: State
    after: State
    finding: Finding


def states(*, now: datetime) -> Mapping[str, State]:
    """What is told of each stream, or was till lately, and what it leans to."""
    rows = TrafficIncident.objects.filter(ended_at__gte=now - _WINDOW).values_list("stream").annotate(ended=Max("ended_at"))
    found = {stream: State("", ended) for stream, ended in rows.order_by()}
    for stream, kind, began_at in open_incidents().values_list("stream", "kind", "began_at"):
        found[stream] = State(_kind(kind), began_at, _kind(kind))
    for stream, leaning, since in TrafficState.objects.values_list("stream", "leaning", "since"):
        told = found.get(stream, State())
        found[stream] = State(told.kind, told.began_at, _kind(leaning), since)
    return found


def open_incidents() -> QuerySet[TrafficIncident]:
    """Those that last."""
    return TrafficIncident.objects.filter(ended_at__isnull=True)


def keep(*, now: datetime, looks: Sequence[Look]) -> None:
    """Begin, change and end incidents as looks say; those of streams that nobody looked at end, too."""
    for look in looks:
        if look.before.kind != look.after.kind:
            _change(look, now)
        elif look.after.kind:
            open_incidents().filter(stream=look.stream).update(**_figures(look.finding))
        if (look.before.leaning, look.before.since) != (look.after.leaning, look.after.since):
            _lean(look)
    names = [look.stream for look in looks]
    open_incidents().exclude(stream__in=names).update(ended_at=now)
    TrafficState.objects.exclude(stream__in=names).delete()
    _group(now)


def _change(look: Look, now: datetime) -> None:
    stream, kind = look.stream, look.after.kind
    if not kind:
        open_incidents().filter(stream=stream).update(ended_at=now)
        return
    facts: dict[str, Any] = {"kind": kind, "began_at": look.after.began_at or now, "noticed_at": now, "is_grouped": False}
    facts |= _figures(look.finding)
    if not open_incidents().filter(stream=stream).update(**facts):
        TrafficIncident.objects.create(stream=stream, **facts)


def _lean(look: Look) -> None:
    if look.after.since is None:
        TrafficState.objects.filter(stream=look.stream).delete()
        return
    leaning = {"leaning": look.after.leaning, "since": look.after.since}
    TrafficState.objects.update_or_create(stream=look.stream, defaults=leaning)


def _figures(finding: Finding) -> dict[str, float]:
    return {"expected": finding.expected, "seen": finding.seen, "minutes": finding.minutes}


def _group(now: datetime) -> None:
    """Incidents that begin together are told together, for as long as each of them lasts."""
    lately = open_incidents().filter(noticed_at__gte=now - _AT_ONCE)
    for kind in TrafficIncident.Kind.values:
        alone = lately.filter(kind=kind, is_grouped=False)
        has_group = lately.filter(kind=kind, is_grouped=True).exists()
        if has_group or alone.count() > ALONE:
            alone.update(is_grouped=True)


def _kind(value: str) -> Kind:
    return cast("Kind", value)
