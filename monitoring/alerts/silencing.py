"""Silences: made from an alert or in the admin, ended early by anybody who may; kept in the log of the admin."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model

from monitoring.alerts import services
from monitoring.alerts.models import Alert, AlertMoment, AlertSilence

DURATIONS: Mapping[str, timedelta] = {
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "1d": timedelta(days=1),
    "7d": timedelta(days=7),
}
MOST = timedelta(days=366)


@transaction.atomic
def silence(alert: Alert, *, lasts: timedelta, reason: str, by: Any, now: datetime, width: str = "subject") -> AlertSilence:
    """Let nobody be told of this alert (`width` subject), or of its whole kind, for a time; `by` is a user."""
    services.hold_round()
    subjects = [_escaped(alert.subject)] if width == "subject" else []
    row = AlertSilence.objects.create(
        kinds=[alert.kind],
        subjects=subjects,
        begins_at=now,
        until=now + min(lasts, MOST),
        reason=(reason.strip() or "No reason given.")[:300],
        created_by=by.get_username(),
    )
    note(row, by=by, text=f"Silenced until {row.until:%Y-%m-%d %H:%M} UTC: {row.reason}", flag=ADDITION)
    text = f"Until {row.until:%Y-%m-%d %H:%M} UTC. {row.reason}"
    AlertMoment.objects.create(alert=alert, at=now, what="silenced", who=by.get_username(), text=text)
    return row


@transaction.atomic
def end(row: AlertSilence, *, by: Any, now: datetime) -> bool:
    """Let it end now. False where it has ended already."""
    services.hold_round()
    if not AlertSilence.objects.filter(pk=row.pk, until__gt=now).update(until=now):
        return False
    note(row, by=by, text="Ended before its time.")
    return True


def note(row: Model, *, by: Any, text: str, flag: int = CHANGE) -> None:
    """Keep what somebody did where the admin keeps what it did itself."""
    LogEntry.objects.create(
        user_id=by.pk,
        content_type=ContentType.objects.get_for_model(type(row)),
        object_id=str(row.pk),
        object_repr=str(row)[:200],
        action_flag=flag,
        change_message=text,
    )


def _escaped(subject: str) -> str:
    """A pattern that fits this subject alone."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in subject)
