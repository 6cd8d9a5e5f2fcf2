"""Sends what waits: each row locked by one worker, tried again at growing distances, given up in the open after two days."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException

from django.db import transaction
from django.utils import timezone

from eventplatform.core.errors import PlatformError
from streamconfig.models import Notification
from streamconfig.notifying import mails, webhooks

log = logging.getLogger(__name__)

# After each attempt that failed; the one after the last gives up.
DELAYS = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800, 7200, 21_600, 86_400))
_MOST_AT_ONCE = 100
_KEPT = timedelta(days=90)
_PERMANENT = 500  # SMTP's replies from here on say that trying again is of no use
_SEND: Mapping[str, Callable[[Notification], None]] = {"email": mails.send, "webhook": webhooks.send}


def send_due(now: Callable[[], datetime] = timezone.now) -> int:
    """Send what is due; answers how many left. A mail server that is away costs one wait, not one for each mail."""
    sent, down = 0, set[str]()
    for _ in range(_MOST_AT_ONCE):
        done = _send_next(now(), down)
        if done is None:
            break
        sent += done
    return sent


def _send_next(now: datetime, down: set[str]) -> bool | None:
    """Try the next row; None where none is due. `down` gathers the places that don't answer."""
    with transaction.atomic():
        due = Notification.objects.filter(sent_at=None, gave_up_at=None, not_before__lte=now)
        due = due.exclude(channel="email") if "email" in down else due
        due = due.exclude(channel="webhook", address__in=down)
        row = due.select_for_update(skip_locked=True).order_by("not_before", "pk").first()
        if row is None:
            return None
        try:
            _SEND[row.channel](row)
        except Exception as error:
            # Whatever it was, the others must go out; the row says what.
            log.warning("notification.failed", extra={"notification": row.pk, "reason": str(error)}, exc_info=_surprise(error))
            _postpone(row, error, now)
            if isinstance(error, OSError | PlatformError) and not isinstance(error, SMTPRecipientsRefused):
                down.add("email" if row.channel == "email" else row.address)
            return False
        row.sent_at, row.problem = now, ""
        row.attempts += 1
        row.save(update_fields=["sent_at", "problem", "attempts"])
        return True


def _surprise(error: Exception) -> Exception | None:
    return None if isinstance(error, OSError | PlatformError) else error


def _postpone(row: Notification, error: Exception, now: datetime) -> None:
    row.attempts += 1
    row.problem = f"{type(error).__name__}: {error}"[:2000]
    if row.attempts > len(DELAYS) or _is_hopeless(error):
        row.gave_up_at = now
    else:
        row.not_before = now + DELAYS[row.attempts - 1]
    row.save(update_fields=["attempts", "problem", "gave_up_at", "not_before"])


def _is_hopeless(error: Exception) -> bool:
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= _PERMANENT for code, _ in error.recipients.values())
    if isinstance(error, SMTPResponseException):
        return False  # what the server says of itself, a wrong password say, an operator can mend
    return isinstance(error, webhooks.TargetGoneError)


def forget_old(now: datetime) -> int:
    """Delete what was sent or given up long ago."""
    done = Notification.objects.filter(created_at__lt=now - _KEPT).exclude(sent_at=None, gave_up_at=None)
    return done.delete()[0]
