"""Produce and consume events of the event platform: validated, sampled, delivered. It speaks HTTP and Kafka only."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eventclient.client import Client, connect
    from eventclient.consuming.consumer import Consumer
    from eventclient.consuming.errors import ConsumerError, Park, Retry
    from eventclient.consuming.subscribing import subscribe
    from eventclient.errors import ClientError, OptionError, QueueFullError
    from eventclient.stats import Dropped, Stats

__version__ = "0.1.0"

# A name and the module that has it: who only consumes doesn't load the producer, and the other way round.
_HOME = {
    "Client": "eventclient.client",
    "connect": "eventclient.client",
    "ClientError": "eventclient.errors",
    "OptionError": "eventclient.errors",
    "QueueFullError": "eventclient.errors",
    "Dropped": "eventclient.stats",
    "Stats": "eventclient.stats",
    "Consumer": "eventclient.consuming.consumer",
    "ConsumerError": "eventclient.consuming.errors",
    "Park": "eventclient.consuming.errors",
    "Retry": "eventclient.consuming.errors",
    "subscribe": "eventclient.consuming.subscribing",
}

__all__ = [
    "Client",
    "ClientError",
    "Consumer",
    "ConsumerError",
    "Dropped",
    "OptionError",
    "Park",
    "QueueFullError",
    "Retry",
    "Stats",
    "connect",
    "subscribe",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
