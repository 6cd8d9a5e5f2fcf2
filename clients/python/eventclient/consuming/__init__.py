"""Consume events by stream name, over Kafka or server-sent events, at least once; what can't be handled is parked."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eventclient.consuming.consumer import Consumer
    from eventclient.consuming.dead_letters import DeadLetter, MemoryDeadLetters
    from eventclient.consuming.errors import ConsumerError, Park, Retry
    from eventclient.consuming.kafka import KafkaSource
    from eventclient.consuming.letters_file import FileDeadLetters, replay
    from eventclient.consuming.letters_stream import StreamDeadLetters
    from eventclient.consuming.positions import CallablePositions, FilePositions, MemoryPositions
    from eventclient.consuming.positions_sql import SqlPositions
    from eventclient.consuming.retries import Retries
    from eventclient.consuming.seen import CallableSeen, MemorySeen, RedisSeen
    from eventclient.consuming.sources import MemorySource
    from eventclient.consuming.sse import SseSource
    from eventclient.consuming.subscribing import subscribe

# A name and the module that has it: drivers of Kafka and SQL are loaded by who uses them.
_HOME = {
    "CallablePositions": "positions",
    "CallableSeen": "seen",
    "Consumer": "consumer",
    "ConsumerError": "errors",
    "DeadLetter": "dead_letters",
    "FileDeadLetters": "letters_file",
    "FilePositions": "positions",
    "KafkaSource": "kafka",
    "MemoryDeadLetters": "dead_letters",
    "MemoryPositions": "positions",
    "MemorySeen": "seen",
    "MemorySource": "sources",
    "Park": "errors",
    "RedisSeen": "seen",
    "Retries": "retries",
    "Retry": "errors",
    "SqlPositions": "positions_sql",
    "SseSource": "sse",
    "StreamDeadLetters": "letters_stream",
    "replay": "letters_file",
    "subscribe": "subscribing",
}
_EXTRAS = {"confluent_kafka": "kafka", "sqlalchemy": "sqlalchemy"}

__all__ = [
    "CallablePositions",
    "CallableSeen",
    "Consumer",
    "ConsumerError",
    "DeadLetter",
    "FileDeadLetters",
    "FilePositions",
    "KafkaSource",
    "MemoryDeadLetters",
    "MemoryPositions",
    "MemorySeen",
    "MemorySource",
    "Park",
    "RedisSeen",
    "Retries",
    "Retry",
    "SqlPositions",
    "SseSource",
    "StreamDeadLetters",
    "replay",
    "subscribe",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get(str(error.name))
        if extra is None:
            raise
        raise ImportError(f"{name} needs the extra {extra}: pip install 'eventplatform-client[{extra}]'.") from error
