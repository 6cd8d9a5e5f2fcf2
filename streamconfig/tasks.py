"""Celery's doors into stream configuration."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from eventplatform.celery import app
from eventplatform.eventlog import event_log
from streamconfig.topics import reconcile

SCHEDULE: dict[str, dict[str, Any]] = {
    "streamconfig.reconcile_topics": {
        "task": "streamconfig.tasks.reconcile_topics",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
}


@app.on_after_finalize.connect
def _add_schedule(sender: Any, **_: Any) -> None:
    sender.conf.beat_schedule = {**(sender.conf.beat_schedule or {}), **SCHEDULE}


@shared_task
def reconcile_topics() -> list[str]:
    """Make the topics that are configured and missing."""
    return reconcile.reconcile(event_log())
