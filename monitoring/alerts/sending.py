"""Sends what waits, each message by itself: locked by one, tried again at growing distances, given up in the open."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from eventplatform.core import metrics
from eventplatform.core.errors import PlatformError, RejectedError
from monitoring.alerts.channels import CHANNELS
from monitoring.alerts.errors import ReceiverGoneError
from monitoring.alerts.models import AlertNotification, AlertReceiver

log = logging.getLogger(__name__)

# After each attempt that failed; the one after the last gives up. An alert is of no use after a day.
DELAYS = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 60, 300, 900, 3600, 7200, 14_400, 28_800))
_KEPT = timedelta(days=90)
_MIRRORS_KEPT = timedelta(days=1)
_Kind = AlertNotification.Kind


def due(now: datetime) -> list[int]:
    """The messages to be sent now: one for each receiver, so that one that hangs holds one thread and no more."""
    rows = AlertNotification.objects.filter(sent_at=None, gave_up_at=None, not_before__lte=now)
    return list(rows.order_by("receiver", "not_before", "pk").distinct("receiver").values_list("pk", flat=True))


def send(message_id: int, now: Callable[[], datetime] = timezone.now) -> bool:
    """Send one message, unless it is gone already or another has it in hand."""
    with transaction.atomic():
        rows = AlertNotification.objects.filter(pk=message_id, sent_at=None, gave_up_at=None)
        row = rows.select_for_update(skip_locked=True).first()
        return row is not None and _send(row, now())


def send_due(now: Callable[[], datetime] = timezone.now) -> int:
    """Send what is due, one after the other, where no worker lives; the number that left."""
    return sum(send(pk, now) for pk in due(now()))


def test(receiver: AlertReceiver, *, by: str, now: datetime) -> AlertNotification:
    """Send a message that says it is a test, at once; the row tells what the other side answered."""
    title = f"A test of {receiver.name}, sent by {by}"
    row = AlertNotification.objects.create(
        receiver=receiver,
        receiver_name=receiver.name,
        kind=_Kind.TEST,
        subject=title[:300],
        text=f"{title}\n\nNothing is wrong. Alerts of the event platform reach you here.",
        facts={"event": "test", "kind": "test", "at": now.isoformat(), "text": title, "alerts": [], "alerts_total": 0},
        created_at=now,
        not_before=now,
        attempts=len(DELAYS),  # one attempt alone
    )
    _send(row, now)
    return row


def forget(now: datetime) -> int:
    """Delete what was sent or given up long ago; the states of Alertmanagers, of which there are many, after a day."""
    done = AlertNotification.objects.exclude(sent_at=None, gave_up_at=None)
    mirrors = done.filter(kind=_Kind.MIRROR, created_at__lt=now - _MIRRORS_KEPT).delete()[0]
    return mirrors + done.filter(created_at__lt=now - _KEPT).delete()[0]


def _send(row: AlertNotification, now: datetime) -> bool:
    receiver = row.receiver
    try:
        if receiver is None or (not receiver.is_enabled and row.kind != _Kind.TEST):
            raise ReceiverGoneError(name=row.receiver_name)  # noqa: TRY301  # told and kept like every other failure
        row.answer = CHANNELS[receiver.kind](receiver, row)[:300]
    except Exception as error:  # noqa: BLE001  # whatever it was, the row and the log say it
        _postpone(row, error, now)
    else:
        row.sent_at, row.problem = now, ""
        row.attempts += 1
        row.save(update_fields=["sent_at", "problem", "attempts", "answer"])
    is_sent = row.sent_at is not None
    metrics.ALERT_NOTIFICATIONS.labels(receiver.kind if receiver else "", "sent" if is_sent else "failed").inc()
    return is_sent


def _postpone(row: AlertNotification, error: Exception, now: datetime) -> None:
    is_known = isinstance(error, PlatformError)
    log.warning("alert.not_sent", extra={"notification": row.pk, "reason": str(error)}, exc_info=None if is_known else error)
    row.attempts += 1
    row.problem = (f"{error} {error.hint}" if isinstance(error, PlatformError) else type(error).__name__)[:2000]
    if row.attempts > len(DELAYS) or isinstance(error, RejectedError):
        row.gave_up_at = now
    else:
        row.not_before = now + DELAYS[row.attempts - 1]
    row.save(update_fields=["attempts", "problem", "gave_up_at", "not_before"])
