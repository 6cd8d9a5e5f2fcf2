"""Celery's doors into stream configuration."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from eventplatform.celery import app
from eventplatform.eventlog import event_log
from streamconfig.change_control import requests
from streamconfig.notifying import reminders, sending
from streamconfig.topics import reconcile

SCHEDULE: dict[str, dict[str, Any]] = {
    "streamconfig.reconcile_topics": {
        "task": "streamconfig.tasks.reconcile_topics",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "streamconfig.apply_due_changes": {
        "task": "streamconfig.tasks.apply_due_changes",
        "schedule": 2.0,  # readers obey a scheduled change at its moment; this writes the revision behind it
        "options": {"expires": 2},
    },
    "streamconfig.send_notifications": {
        "task": "streamconfig.tasks.send_notifications",
        "schedule": 3.0,
        "options": {"expires": 3},
    },
    "streamconfig.remind": {
        "task": "streamconfig.tasks.remind",
        "schedule": 3600.0,  # each reminder is told once, so the hour is only how late one may be
        "options": {"expires": 3600},
    },
}


@app.on_after_finalize.connect
def _add_schedule(sender: Any, **_: Any) -> None:
    sender.conf.beat_schedule = {**(sender.conf.beat_schedule or {}), **SCHEDULE}


@shared_task
def reconcile_topics() -> list[str]:
    """Make the topics that are configured and missing."""
    return reconcile.reconcile(event_log())


@shared_task
def apply_due_changes() -> list[int]:
    """Turn scheduled changes whose moment has come into revisions."""
    return [one.revision for one in requests.apply_due()]


@shared_task
def send_notifications() -> int:
    """Send the messages that wait."""
    return sending.send_due()


@shared_task
def remind() -> int:
    """Write the reminders that are due, and forget old messages."""
    now = timezone.now()
    sending.forget_old(now)
    return reminders.remind(now.date())
