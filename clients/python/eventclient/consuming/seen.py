"""Which events were handled already, by `meta.id`: in memory, in Redis, or wherever two functions keep it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

MOST_IDS = 100_000
_DAY_SECONDS = 86_400


class Seen(Protocol):
    """Asked before an event is handled and told after it: what fails in between is handled again, never left out."""

    def has(self, name: str) -> bool:
        """True where it was handled."""
        ...

    def add(self, name: str) -> None:
        """It is handled."""
        ...


class MemorySeen:
    """The newest ids of this process; after a restart what comes again is handled again. Safe to share between threads."""

    def __init__(self, most: int = MOST_IDS) -> None:
        self._half = max(1, most // 2)
        self._young: set[str] = set()
        self._old: set[str] = set()
        self._lock = threading.Lock()

    def has(self, name: str) -> bool:
        return name in self._young or name in self._old

    def add(self, name: str) -> None:
        with self._lock:
            self._young.add(name)
            if len(self._young) >= self._half:  # two sets in turn cost a quarter of an ordered one
                self._old, self._young = self._young, set()


class RedisSeen:
    """Ids that all consumers of a group share, for a day; `client` is a `redis.Redis`."""

    def __init__(self, client: Any, *, prefix: str = "eventclient:seen:", seconds: int = _DAY_SECONDS) -> None:
        self._client = client
        self._prefix = prefix
        self._seconds = seconds

    def has(self, name: str) -> bool:
        return bool(self._client.exists(self._prefix + name))

    def add(self, name: str) -> None:
        self._client.set(self._prefix + name, b"", ex=self._seconds)


class CallableSeen:
    """Ids that two functions keep, say in the table that the handler writes to."""

    def __init__(self, has: Callable[[str], bool], add: Callable[[str], None]) -> None:
        self.has = has
        self.add = add
