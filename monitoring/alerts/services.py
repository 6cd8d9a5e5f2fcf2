"""The writers of alerts: rounds and what people do. Each holds the round's row, so that none undoes what another did."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from monitoring.alerts import lookups, phases
from monitoring.alerts.evaluating import Step
from monitoring.alerts.models import Alert, AlertMoment, AlertRound
from monitoring.alerts.phases import Course

_COURSE = ("phase", "since", "last_seen_at", "gone_at", "opened_at", "resolved_at", "is_by_hand")
_FACTS = ("source", "level", "what", "why", "link", "remedy", "held_by")
_ACKNOWLEDGED = ("acknowledged_at", "acknowledged_by", "note")
_WORDS = {"opened": "", "reopened": "It was resolved by hand and lasts on.", "worse": "From a warning to a failure."}


def claim_round(*, by: str, now: datetime, every: timedelta) -> bool:
    """True for exactly one caller within `every`; but what the watcher did, a worker takes back at once.

    Their ticks come equally often: else the watcher, once it stood in, would be first for ever.
    """
    AlertRound.objects.get_or_create(pk=1)
    is_due = Q(claimed_at=None) | Q(claimed_at__lte=now - every)
    if by == "worker":
        is_due |= Q(claimed_by="watcher", done_at__gte=F("claimed_at"))
    return bool(AlertRound.objects.filter(is_due, pk=1).update(claimed_at=now, claimed_by=by))


def note_round(*, claimed_at: datetime, now: datetime, seconds: float, unreadable: Iterable[str]) -> None:
    """The round came to its end."""
    facts = {"done_at": now, "seconds": seconds, "unreadable": list(unreadable)}
    AlertRound.objects.filter(pk=1, claimed_at=claimed_at).update(**facts)


def hold_round() -> AlertRound:
    """The round's row, locked until the transaction ends: whoever changes alerts waits here for whoever does."""
    return AlertRound.objects.select_for_update().get_or_create(pk=1)[0]


def record(rows: Iterable[Alert], steps: Iterable[Step], now: datetime) -> None:
    """Write what a round found; within its transaction."""
    kept = {row.pk: row for row in rows}
    changed, nothing = list[Alert](), list[int]()
    moments: list[AlertMoment] = []
    for step in steps:
        row = kept[step.known.id] if step.known else Alert(acknowledged_at=None)
        if step.after is None:
            nothing.append(row.pk)
            continue
        _set(row, step, step.after)
        if step.known is None and step.told:
            row.began_at = step.told.began_at or step.after.since
        changed.append(row)
        moments += [AlertMoment(alert=row, at=now, what=word, text=_WORDS.get(word, "")) for word in step.happened]
    Alert.objects.filter(pk__in=nothing).delete()
    Alert.objects.bulk_create([row for row in changed if row.pk is None])
    Alert.objects.bulk_update([row for row in changed if row.pk in kept], [*_COURSE, *_FACTS, *_ACKNOWLEDGED], batch_size=500)
    AlertMoment.objects.bulk_create(moments)


def _set(row: Alert, step: Step, after: Course) -> None:
    for name in _COURSE:
        setattr(row, name, getattr(after, name))
    row.held_by = step.held_by
    if "reopened" in step.happened:
        row.acknowledged_at, row.acknowledged_by, row.note = None, "", ""
    if (told := step.told) is None:
        return
    row.key, row.kind, row.subject = told.key, told.kind, told.subject
    for name in _FACTS[:-1]:
        setattr(row, name, getattr(told, name))


@transaction.atomic
def acknowledge(alert_id: int, *, by: str, note: str, now: datetime) -> bool:
    """Somebody looks after it: nobody is reminded any more. False where it isn't open."""

    def change(row: Alert) -> str:
        row.acknowledged_at, row.acknowledged_by, row.note = now, by, note[:2000]
        return "acknowledged"

    return _by_hand(alert_id, change, by=by, text=note, now=now)


@transaction.atomic
def resolve(alert_id: int, *, by: str, note: str, now: datetime) -> bool:
    """Somebody says that it is over; if it lasts, it opens again five minutes later. False where it isn't open."""

    def change(row: Alert) -> str:
        after = phases.resolved_by_hand(lookups.known(row).course, now)
        for name in _COURSE:
            setattr(row, name, getattr(after, name))
        return "resolved"

    return _by_hand(alert_id, change, by=by, text=note, now=now)


def _by_hand(alert_id: int, change: Callable[[Alert], str], *, by: str, text: str, now: datetime) -> bool:
    hold_round()
    row = Alert.objects.filter(pk=alert_id, phase=Alert.Phase.OPEN).first()
    if row is None:
        return False
    what = change(row)
    row.save(update_fields=[*_COURSE, *_ACKNOWLEDGED])
    AlertMoment.objects.create(alert=row, at=now, what=what, who=by, text=text[:2000])
    return True


def forget(*, before: datetime) -> int:
    """Delete the alerts that were resolved before then, with their stories."""
    return Alert.objects.filter(phase=Alert.Phase.RESOLVED, resolved_at__lt=before).delete()[0]
