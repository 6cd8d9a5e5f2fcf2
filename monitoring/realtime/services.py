"""The only writers of saved questions and their evaluations."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from monitoring.realtime import verdicts
from monitoring.realtime.models import Evaluation, SavedQuery
from monitoring.realtime.verdicts import Verdict

_MINUTE = timedelta(minutes=1)
_CHANGES_JUDGEMENT = {"sql", "streams", "minutes", "with_canaries", "expects", "low", "high", "broken_after", "of_last"}


def save(query: SavedQuery, *, changed: Any) -> SavedQuery:
    """Keep a saved question; one whose meaning changed is judged anew, from now on."""
    if query.pk is None or _CHANGES_JUDGEMENT & set(changed):
        query.state, query.state_since, query.detail, query.claimed_at = SavedQuery.State.NEW, None, "", None
        if query.pk is not None:
            query.evaluations.all().delete()
        query.save()
    else:
        query.save(update_fields=changed)  # an evaluation may have told its state meanwhile
    return query


def delete(query: SavedQuery) -> None:
    """Forget it, with its evaluations."""
    query.delete()


def claim(query: SavedQuery, *, now: datetime) -> bool:
    """True for exactly one caller per query and interval."""
    due = Q(claimed_at__isnull=True) | Q(claimed_at__lte=now - query.every_minutes * _MINUTE)
    return bool(SavedQuery.objects.filter(due, pk=query.pk).exclude(expects="").update(claimed_at=now))


def give_back(query: SavedQuery, *, now: datetime) -> None:
    """Let the next tick evaluate it: there was no place for it."""
    SavedQuery.objects.filter(pk=query.pk, claimed_at=now).update(claimed_at=query.claimed_at)


@transaction.atomic
def record(query: SavedQuery, verdict: Verdict, *, now: datetime, **figures: Any) -> None:
    """Keep what came of an evaluation, and what the query's state is by it."""
    held = SavedQuery.objects.select_for_update().filter(pk=query.pk).first()
    if held is None or any(getattr(held, name) != getattr(query, name) for name in _CHANGES_JUDGEMENT):
        return  # deleted or changed meanwhile
    Evaluation.objects.create(
        query=held,
        at=now,
        verdict=verdict.kind,
        detail=verdict.detail,
        rows=verdict.rows,
        number=verdict.number,
        samples=list(verdict.samples),
        **figures,
    )
    newest = held.evaluations.order_by("-at").exclude(verdict="incomplete").values_list("verdict", flat=True)
    state = verdicts.state(list(newest[: held.of_last]), broken_after=held.broken_after, of_last=held.of_last)
    if state != held.state:
        held.state, held.state_since = state, now
    if verdict.kind != "incomplete":
        held.detail = verdict.detail
    held.save(update_fields=["state", "state_since", "detail"])


def forget(*, before: datetime) -> int:
    """Delete evaluations older than `before`; the number of rows."""
    return Evaluation.objects.filter(at__lt=before).delete()[0]
