"""The outbox as a Django app: name `eventclient.outbox.django` in INSTALLED_APPS, migrate, publish inside a transaction."""

from __future__ import annotations

from typing import Any

from eventclient.outbox.entries import draft
from eventclient.outbox.errors import OutsideTransactionError


def publish(stream: str, event: Any, *, key: str = "", using: str = "default") -> str:
    """Write an event into the caller's open transaction; its `meta.id`. Rolled back, there was none; committed, it is sent.

    Events of one `key` are sent in the order in which they were written.

    Raises:
        OutsideTransactionError: nothing is open on the connection `using`.
        EventUnfitError: it is no event.
    """
    from django.db import transaction

    from eventclient.outbox.django.models import OutboxEvent

    if not transaction.get_connection(using).in_atomic_block:
        raise OutsideTransactionError("An event of the outbox belongs to a transaction, and none is open.")
    made = draft(stream, event, key=key)
    OutboxEvent.objects.using(using).create(
        event_id=made.event_id,
        stream=made.stream,
        key=made.key,
        body=made.body,
        written_at=made.written_at,
        due_at=made.written_at,
    )
    return made.event_id


__all__ = ["publish"]
