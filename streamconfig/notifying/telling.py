"""Writes down who is to hear of a step, in the step's own transaction; nothing is sent here, so no mail server can break it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from streamconfig.models import ChangeRequest, Notification, NotificationTarget, RequestStep
from streamconfig.notifying import hearers, wording
from streamconfig.notifying.kinds import Kind, kind_of


def tell(request: ChangeRequest, step: RequestStep) -> None:
    """Put on their way the messages about something that happened to a request."""
    kind = kind_of(step.what, is_emergency=request.is_emergency)
    if kind is None:
        return
    write(
        kind,
        once=f"step {step.pk}",
        addresses=hearers.addresses(request, kind, except_name=step.who),
        subject=wording.subject(request, kind),
        text=wording.text(request, step, kind),
        body=wording.as_json(request, step, kind),
    )


def write(kind: Kind, *, once: str, addresses: Iterable[str], subject: str, text: str, body: Mapping[str, Any]) -> None:
    """One row for each address and each webhook that hears this kind; one that is there already stays as it is."""
    mails = [
        Notification(kind=kind.key, channel="email", address=one, subject=subject, body=text, once=f"{once} {one}"[:300])
        for one in sorted(addresses)
    ]
    posts = [
        Notification(
            kind=kind.key,
            channel="webhook",
            address=target.name,
            subject=subject,
            body=json.dumps(body, ensure_ascii=False),
            once=f"{once} webhook {target.pk}",
        )
        for target in NotificationTarget.objects.filter(is_enabled=True)
        if not target.events or kind.key in target.events
    ]
    Notification.objects.bulk_create([*mails, *posts], ignore_conflicts=True)
