"""The dead man's switch: somebody else's server is asked while all is evaluated, and rings when we fall silent."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from eventplatform import outbound
from eventplatform.core.errors import PlatformError
from monitoring.alerts.models import AlertRound

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=55)
_SECONDS = 5
_MAX_BYTES = 64 * 1024


def ping(now: datetime) -> bool:
    """Ask ALERT_HEARTBEAT_URL, where it is set, once a minute; True where it answered."""
    is_due = Q(pinged_at=None) | Q(pinged_at__lte=now - EVERY)
    if not settings.ALERT_HEARTBEAT_URL or not AlertRound.objects.filter(is_due, pk=1).update(pinged_at=now):
        return False
    problem = _ask(settings.ALERT_HEARTBEAT_URL)
    AlertRound.objects.filter(pk=1).update(ping_problem=problem[:300])
    if problem:
        log.warning("alerts.heartbeat_failed", extra={"reason": problem})
    return not problem


def _ask(url: str) -> str:
    try:
        answer = outbound.fetch(url, max_bytes=_MAX_BYTES, seconds=_SECONDS)
    except PlatformError as error:
        return str(error)
    return "" if answer.is_good else f"It answered {answer.status}."
