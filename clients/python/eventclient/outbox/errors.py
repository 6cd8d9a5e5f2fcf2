"""What the outbox refuses at the call, while the caller can still mend it; no message holds an event's content."""

from __future__ import annotations


class OutboxError(ValueError):
    """Base: a stable `code`, a sentence, and the remedy behind it."""

    code = "outbox.refused"
    remedy = ""

    def __init__(self, message: str) -> None:
        super().__init__(f"{message} {self.remedy}".strip())


class EventUnfitError(OutboxError):
    """What was given can be no event."""

    code = "outbox.event_unfit"
    remedy = "Give a dict of JSON values, or a typed event with to_event()."


class OutsideTransactionError(OutboxError):
    """There is no transaction that the event could belong to."""

    code = "outbox.outside_transaction"
    remedy = "Publish inside transaction.atomic(), beside the change that the event tells of."
