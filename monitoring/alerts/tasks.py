"""Celery's doors into alerts; `monitoring.tasks` loads them."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from monitoring.alerts import evaluation, heartbeat, sending, services

log = logging.getLogger(__name__)

_EXPIRES = 20

SCHEDULE: dict[str, dict[str, Any]] = {
    "monitoring.evaluate_alerts": {"task": "monitoring.evaluate_alerts", "schedule": 10.0, "options": {"expires": 10}},
    "monitoring.send_alerts": {"task": "monitoring.send_alerts", "schedule": 5.0, "options": {"expires": 5}},
    "monitoring.forget_alerts": {"task": "monitoring.forget_alerts", "schedule": 3600.0, "options": {"expires": 3600}},
}


@shared_task(name="monitoring.evaluate_alerts")
def evaluate_alerts() -> None:
    """A round, where nobody else had one."""
    done = evaluation.run("worker")
    if done is None:
        return
    if done.messages:
        send_alerts()
    if not done.unreadable:
        heartbeat.ping(timezone.now())


@shared_task(name="monitoring.send_alerts")
def send_alerts() -> None:
    """Ask a worker for each receiver that has a message waiting."""
    for pk in sending.due(timezone.now()):
        try:
            send_alert.apply_async((pk,), expires=_EXPIRES, retry=False)
        except OperationalError:
            log.warning("alerts.not_enqueued")  # the row stays: the next tick, or the watcher, sends it
            return


@shared_task(name="monitoring.send_alert")
def send_alert(message_id: int) -> None:
    """Send one message."""
    sending.send(message_id)


@shared_task(name="monitoring.forget_alerts")
def forget_alerts() -> None:
    """Delete what is too old to be shown."""
    now = timezone.now()
    sending.forget(now)
    services.forget(before=now - timedelta(days=settings.ALERTS_KEPT_DAYS))
