"""Reads of saved questions: what is due, what is listed, how it went."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import DurationField, ExpressionWrapper, F, Q, Value

from monitoring.realtime.models import Evaluation, SavedQuery

_SHOWN = 50


def due(*, now: datetime) -> list[SavedQuery]:
    """Expectations whose evaluation is due, those that waited longest first."""
    interval = ExpressionWrapper(F("every_minutes") * Value(timedelta(minutes=1)), output_field=DurationField())
    rows = SavedQuery.objects.exclude(expects="").annotate(interval=interval)
    is_due = Q(claimed_at__isnull=True) | Q(claimed_at__lte=now - F("interval"))
    return list(rows.filter(is_due).order_by(F("claimed_at").asc(nulls_first=True), "pk"))


def saved() -> list[SavedQuery]:
    """All of them, those that do not hold first."""
    order = {"broken": 0, "unanswered": 1}
    rows = SavedQuery.objects.select_related("owner").order_by("name")
    return sorted(rows, key=lambda row: (order.get(row.state, 2), row.name))


def history(query: SavedQuery) -> list[Evaluation]:
    """How it went lately, the newest first."""
    return list(query.evaluations.order_by("-at")[:_SHOWN])


def not_holding() -> list[tuple[SavedQuery, Evaluation | None]]:
    """Expectations that are broken or not answered, each with the newest evaluation that says so."""
    rows = SavedQuery.objects.exclude(expects="").filter(state__in=("broken", "unanswered")).order_by("pk")
    return [(row, row.evaluations.filter(verdict=row.state).order_by("-at").first()) for row in rows]
