"""Receivers as pages show and test them: where each leads, when it was last told, what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eventplatform.core.errors import PlatformError
from eventplatform.outbound.urls import target_of
from monitoring.alerts import sending, silencing
from monitoring.alerts.channels import mail, posting
from monitoring.alerts.models import AlertNotification, AlertReceiver


@dataclass(frozen=True, slots=True)
class Listed:
    """A receiver with its last message."""

    row: AlertReceiver
    place: str
    rules: tuple[str, ...]
    last: AlertNotification | None

    @property
    def state(self) -> str:
        """How it is, in the pages' words."""
        if not self.row.is_enabled:
            return "paused"
        if self.last is None:
            return "unknown"
        return "ok" if self.last.sent_at else "fail" if self.last.problem else "unknown"


def listed() -> list[Listed]:
    """All receivers by name."""
    rows = AlertReceiver.objects.order_by("name").prefetch_related("rules")
    newest = AlertNotification.objects.exclude(receiver=None).order_by("receiver", "-created_at").distinct("receiver")
    last = {row.receiver_id: row for row in newest}
    return [
        Listed(row, place_of(row), tuple(rule.name for rule in row.rules.all() if rule.is_enabled), last.get(row.pk))
        for row in rows
    ]


def test(row: AlertReceiver, *, by: Any, now: datetime) -> tuple[bool, str]:
    """Send a test at once, and keep which user did: whether it was taken, and what was answered, in words."""
    sent = sending.test(row, by=by.get_username(), now=now)
    silencing.note(row, by=by, text="Sent a test.")
    if sent.sent_at:
        return True, f"{row.name} took the test: {sent.answer or 'yes'}."
    return False, f"{row.name} did not take the test. {sent.problem}"


def place_of(row: AlertReceiver) -> str:
    """Where it leads; the path of a chat's webhook is a secret in itself."""
    if row.kind == AlertReceiver.Kind.EMAIL:
        return ", ".join(mail.addresses(row))
    try:
        url = str(posting.secrets_of(row).get("url", ""))
        return target_of(url).authority if url else "no URL"
    except PlatformError as error:
        return str(error)
