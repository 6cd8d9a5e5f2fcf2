"""The durable outbox: an event is written in the caller's transaction, and a relay sends it after the commit, at least once.

`eventclient.outbox.django` and `eventclient.outbox.sqlalchemy` keep the rows; what they share is here and imports neither.
"""

from __future__ import annotations

from eventclient.outbox.courier import Courier, HttpCourier
from eventclient.outbox.entries import Draft, Entry, State, draft
from eventclient.outbox.errors import EventUnfitError, OutboxError, OutsideTransactionError
from eventclient.outbox.fates import Fate, Settlement
from eventclient.outbox.relay import Relay
from eventclient.outbox.store import Counts, Store

__all__ = [
    "Counts",
    "Courier",
    "Draft",
    "Entry",
    "EventUnfitError",
    "Fate",
    "HttpCourier",
    "OutboxError",
    "OutsideTransactionError",
    "Relay",
    "Settlement",
    "State",
    "Store",
    "draft",
]
