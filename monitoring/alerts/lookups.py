"""Reads of alerts, rules and silences, in the frozen shapes that the pure rules take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q
from django.utils import timezone

from monitoring.alerts import phases
from monitoring.alerts.evaluating import Known
from monitoring.alerts.grouping import MIRRORED_FOR, Standing
from monitoring.alerts.hours import Hours
from monitoring.alerts.matching import Matcher
from monitoring.alerts.models import Alert, AlertNotification, AlertReceiver, AlertRound, AlertRule, AlertSilence, Matching
from monitoring.alerts.phases import Course
from monitoring.alerts.rules import Rule, Silence

_Phase = Alert.Phase


def rules() -> tuple[Rule, ...]:
    """The enabled rules in their order, each with its enabled receivers."""
    return tuple(_rule(row) for row in AlertRule.objects.filter(is_enabled=True).prefetch_related("receivers"))


def silences(now: datetime) -> tuple[Silence, ...]:
    """Those that hold now."""
    rows = AlertSilence.objects.filter(begins_at__lte=now, until__gt=now)
    return tuple(Silence(row.pk, matcher_of(row), row.begins_at, row.until) for row in rows)


def known_rows(now: datetime) -> list[Alert]:
    """The rows that a round goes by: all that are not over, and those that a hand resolved while they last."""
    by_hand = Q(phase=_Phase.RESOLVED, is_by_hand=True, last_seen_at__gt=now - phases.GAP)
    return list(Alert.objects.filter(~Q(phase=_Phase.RESOLVED) | by_hand).order_by("pk"))


def known(row: Alert) -> Known:
    """A row as the rules see it."""
    course = Course(
        phase=row.phase,  # type: ignore[arg-type]  # its choices are these
        since=row.since,
        last_seen_at=row.last_seen_at,
        gone_at=row.gone_at,
        opened_at=row.opened_at,
        resolved_at=row.resolved_at,
        is_by_hand=row.is_by_hand,
    )
    return Known(row.pk, row.source, row.key, row.kind, row.subject, row.level, course)


def standing_rows(now: datetime) -> list[Alert]:
    """The rows that somebody may have to be told of: open, or over and not yet told so, or just over."""
    ended = Q(phase=_Phase.RESOLVED) & (Q(told_phase=_Phase.OPEN) | Q(resolved_at__gt=now - MIRRORED_FOR))
    return list(Alert.objects.filter(Q(phase=_Phase.OPEN) | ended).order_by("pk"))


def standing(row: Alert, silenced: Iterable[Silence], now: datetime) -> Standing:
    """A row as far as telling is concerned."""
    is_open = row.phase == _Phase.OPEN
    return Standing(
        row.pk,
        row.key,
        row.kind,
        row.subject,
        row.level,
        is_open=is_open,
        changed_at=(row.opened_at if is_open else row.resolved_at) or row.since,
        told_at=row.told_at,
        told_phase=row.told_phase,
        told_level=row.told_level,
        is_acknowledged=row.acknowledged_at is not None,
        is_hidden=bool(row.held_by) or silence_of(row, silenced, now) is not None,
    )


def silence_of(row: Alert, silenced: Iterable[Silence], now: datetime) -> Silence | None:
    """The silence that hides an alert."""
    return next((one for one in silenced if one.holds(row.kind, row.subject, row.level, now)), None)


def told_at(now: datetime) -> dict[tuple[int, str], datetime]:
    """When each rule's group was told last."""
    rows = AlertNotification.objects.exclude(rule=None).filter(created_at__gt=now - timedelta(days=1))
    found = rows.values_list("rule", "group").annotate(Max("created_at"))
    return {(rule or 0, group): at for rule, group, at in found}


def mirrored_at() -> dict[int, datetime]:
    """When each Alertmanager was last told what is open."""
    rows = AlertNotification.objects.filter(kind=AlertNotification.Kind.MIRROR).exclude(receiver=None)
    return {pk or 0: at for pk, at in rows.values_list("receiver").annotate(Max("created_at"))}


def waiting() -> int:
    """Open alerts that nobody acknowledged, silenced ones and held ones left out; for the navigation, so two cheap queries."""
    rows = list(Alert.objects.filter(phase=_Phase.OPEN, acknowledged_at=None, held_by=""))
    now = timezone.now()
    silenced = silences(now) if rows else ()
    return sum(silence_of(row, silenced, now) is None for row in rows)


def last_round() -> AlertRound | None:
    """Who evaluated last, and how that went."""
    return AlertRound.objects.first()


def opened_by_day(begin: datetime, kind: str = "") -> dict[str, int]:
    """How many alerts opened on each day (UTC, as 2026-11-26) since then."""
    rows = Alert.objects.filter(opened_at__gte=begin, **({"kind": kind} if kind else {}))
    counted = rows.values_list("opened_at__date").annotate(Count("pk")).order_by("opened_at__date")
    return {f"{day:%Y-%m-%d}": number for day, number in counted}


def matcher_of(row: Matching) -> Matcher:
    """Which alerts a row is about."""
    return Matcher(tuple(row.kinds), tuple(row.subjects), row.level)


def _rule(row: AlertRule) -> Rule:
    enabled = [one for one in row.receivers.all() if one.is_enabled]
    mirrors = _ids(one for one in enabled if one.kind == AlertReceiver.Kind.ALERTMANAGER)
    return Rule(
        id=row.pk,
        name=row.name,
        matcher=matcher_of(row),
        wait=timedelta(seconds=row.wait_seconds),
        settle=timedelta(seconds=row.settle_seconds),
        window=timedelta(seconds=row.window_seconds),
        repeat=timedelta(minutes=row.repeat_minutes),
        group_by=row.group_by,  # type: ignore[arg-type]  # its choices are these
        receivers=tuple(pk for pk in _ids(enabled) if pk not in mirrors),
        mirrors=mirrors,
        hours=_hours(row),
    )


def _ids(rows: Iterable[AlertReceiver]) -> tuple[int, ...]:
    return tuple(row.pk for row in rows)


def _hours(row: AlertRule) -> Hours | None:
    if row.hours_begin is None or row.hours_end is None:
        return None
    days: Sequence[int] = row.hours_days or range(7)
    return Hours(row.hours_begin, row.hours_end, frozenset(days), row.hours_zone)
