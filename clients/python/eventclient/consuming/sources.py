"""The source that is meant where none is given, and one for tests of handlers."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from eventclient.consuming.deliveries import Delivery, Item, Lane, Plan, Source
from eventclient.consuming.errors import ConsumerError


def source_for(platform: str) -> Source:
    """The platform's own stream server."""
    from eventclient.consuming.sse import SseSource  # drivers are imported when used

    if not platform:
        raise ConsumerError("Neither a platform nor a source is named.", remedy="Give platform= its address, or source=.")
    return SseSource()


class MemorySource:
    """Events of a test, as documents or bytes; `committed` is how many of them are done."""

    def __init__(self, events: Iterable[Any] = ()) -> None:
        self.committed = 0
        self._lane = Lane("memory")
        self._waiting: list[Delivery] = []
        self._count = 0
        for event in events:
            self.put(event)

    def put(self, event: Any, *, key: bytes | None = None) -> None:
        """One more."""
        value = event if isinstance(event, bytes | None) else orjson.dumps(event)
        self._waiting.append(
            Delivery(self._lane, self._count + 1, value, topic="memory", partition=0, offset=self._count, key=key)
        )
        self._count += 1

    def open(self, plan: Plan) -> None:
        """Nothing is needed."""

    def poll(self, seconds: float) -> Sequence[Item]:
        if not self._waiting:
            time.sleep(min(seconds, 0.01))
        found, self._waiting = self._waiting, []
        return found

    def keep_alive(self) -> None:
        """Nothing is needed."""

    def commit(self, done: Mapping[Lane, Any]) -> bool:
        self.committed = done[self._lane]
        return True

    def lag(self) -> Mapping[str, int]:
        return {self._lane.name: self._count - self.committed}

    def close(self) -> None:
        """Nothing is needed."""
