"""Between the thread that reads a connection and the one that consumes: bounded, so that a slow consumer slows the reader."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from eventclient.consuming.deliveries import Item
from eventclient.consuming.errors import ConsumerError

_MOST_BYTES = 4 * 1024 * 1024


class Inbox:
    """Takes items in parts, as they came over the wire, and gives them out likewise."""

    def __init__(self) -> None:
        self._parts: deque[tuple[Sequence[Item], int]] = deque()
        self._bytes = 0
        self._error: ConsumerError | None = None
        self._is_closed = False
        self._changed = threading.Condition()

    def put(self, items: Sequence[Item], size: int) -> bool:
        """Waits for room; False where it was closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._bytes < _MOST_BYTES)
            if items and not self._is_closed:
                self._parts.append((items, size))
                self._bytes += size
                self._changed.notify_all()
            return not self._is_closed

    def fail(self, error: ConsumerError) -> None:
        """Raised by `take` once what came before is taken."""
        with self._changed:
            self._error = error
            self._changed.notify_all()

    def take(self, seconds: float) -> Sequence[Item]:
        """The next part; empty where none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._parts or self._error or self._is_closed, seconds)
            if self._parts:
                items, size = self._parts.popleft()
                self._bytes -= size
                self._changed.notify_all()
                return items
            if self._error is not None:
                raise self._error
            return ()

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
