"""What needs attention about messages: those given up, and those that have failed to go out for a while."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from eventplatform.panels import Trouble
from streamconfig.models import Notification

_LINK = "/admin/streamconfig/notification/"
_TOLD_FOR = timedelta(days=7)
_PATIENCE = timedelta(minutes=15)


def troubles() -> list[Trouble]:
    """A line for what was given up, and one for what waits too long."""
    now = timezone.now()
    gone = Notification.objects.filter(gave_up_at__gt=now - _TOLD_FOR)
    stuck = Notification.objects.filter(sent_at=None, gave_up_at=None, created_at__lt=now - _PATIENCE)
    found = []
    if last := gone.last():
        found.append(
            Trouble(
                level="warn",
                what=f"{gone.count()} messages could not be sent",
                why=f"The last one, to {last.address}: {last.problem}",
                link=_LINK + "?outcome=gave_up",
                remedy="Mend the address or the webhook and send them again from the list.",
                since=last.gave_up_at.isoformat() if last.gave_up_at else "",
                kind="message.given_up",
                subject="messages",
                began_at=last.gave_up_at,
            )
        )
    if first := stuck.first():
        found.append(
            Trouble(
                level="fail",
                what="Messages about changes don't go out",
                why=f"{stuck.count()} wait; the oldest, to {first.address}: {first.problem or 'nobody has tried yet'}",
                link=_LINK + "?outcome=waiting",
                remedy="See that a worker runs and that EMAIL_URL leads to a mail server; they are tried again by themselves.",
                since=first.created_at.isoformat(),
                kind="message.stuck",
                subject="messages",
                began_at=first.created_at,
            )
        )
    return found
