"""What needs attention about alerts themselves: messages that don't arrive, and a watcher that is silent."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F, Max, Q
from django.utils import timezone

from eventplatform import figures
from eventplatform.panels import Trouble
from monitoring.alerts.models import AlertNotification
from monitoring.models import RoleHeartbeat

_PATIENCE = timedelta(minutes=5)
_TOLD_FOR = timedelta(days=1)
_SILENT = timedelta(seconds=30)
_GONE = timedelta(days=7)  # a role that was last heard of so long ago isn't meant to run


def troubles() -> list[Trouble]:
    """A line for each receiver that isn't reached, and one for a watcher that gave no sign of life."""
    return [*_undelivered(), *_watcher()]


def _undelivered() -> list[Trouble]:
    now = timezone.now()
    rows = AlertNotification.objects.exclude(receiver=None).filter(created_at__gt=now - _TOLD_FOR, receiver__is_enabled=True)
    rows = rows.exclude(kind=AlertNotification.Kind.TEST)
    # What was given up counts until something newer arrived there.
    arrived = dict(rows.exclude(sent_at=None).values_list("receiver").annotate(Max("sent_at")))
    failing = rows.defer("facts", "text").filter(
        Q(sent_at=None, gave_up_at=None, created_at__lt=now - _PATIENCE) | ~Q(gave_up_at=None)
    )
    found: dict[int, AlertNotification] = {}
    for row in failing.order_by(F("gave_up_at").desc(nulls_last=True)):
        last = arrived.get(row.receiver_id)
        if last is None or row.gave_up_at is None or row.gave_up_at > last:
            found.setdefault(row.receiver_id or 0, row)
    return [_of(row) for row in found.values()]


def _of(row: AlertNotification) -> Trouble:
    return Trouble(
        "fail",
        f"Messages about alerts don't reach {row.receiver_name}",
        row.problem or "Nobody has tried yet.",
        "/alerts/receivers",
        "Mend it and press Test",
        figures.ago(row.created_at),
        kind="alert.undelivered",
        subject=row.receiver_name,
        began_at=row.created_at,
    )


def _watcher() -> list[Trouble]:
    now = timezone.now()
    row = RoleHeartbeat.objects.filter(role="watcher", beat_at__lt=now - _SILENT, beat_at__gt=now - _GONE).first()
    if row is None:
        return []
    return [
        Trouble(
            "fail",
            f"Watcher: silent for {figures.age((now - row.beat_at).total_seconds())}",
            "Nobody wakes connectors: events wait in the log. Start the role watcher again.",
            "/overview#parts",
            "See parts",
            figures.ago(row.beat_at),
            kind="part.watcher",
            subject="watcher",
            began_at=row.beat_at,
        )
    ]
