"""What a relay asks of the place where the rows lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from eventclient.outbox.entries import Entry
from eventclient.outbox.fates import Settlement


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows there are of each state, and how long the oldest that waits has waited."""

    waiting: int
    sent: int
    refused: int
    oldest_waiting_seconds: float

    def __str__(self) -> str:
        waiting = f"{self.waiting} waiting (the oldest for {self.oldest_waiting_seconds:.0f} s)"
        return f"{waiting}, {self.sent} sent, {self.refused} refused."


class Store(Protocol):
    """The rows of one outbox. Every method is one short transaction of its own: none is open while events are sent.

    A row is taken up by moving the moment at which it is due, and by writing the relay's mark on it. So rows of a relay
    that was killed come back by themselves, and what a relay says too late, of rows that are another's by then, is not heard.
    """

    def claim(self, token: str, limit: int, now: datetime, until: datetime) -> Sequence[Entry]:
        """Take up rows that are due, oldest first; nobody else is given them before `until`.

        Of the rows of one key only the first that still waits may be taken. `token` is new with each call.
        """
        ...

    def settle(self, token: str, settlements: Sequence[Settlement], now: datetime) -> int:
        """Write what became of rows that `token` took up; how many of them were still its own."""
        ...

    def clean(self, sent_before: datetime, limit: int) -> int:
        """Delete at most `limit` rows that were sent before that; how many there were."""
        ...

    def requeue(self, code: str, now: datetime) -> int:
        """Let refused rows wait again, those with that code or (empty) all; how many there were."""
        ...

    def counts(self, now: datetime) -> Counts:
        """How it stands."""
        ...


DEFAULT_LEASE = timedelta(seconds=60)
