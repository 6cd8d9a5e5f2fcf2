"""How much a process takes in at once: events admitted and not yet settled, and whose they are."""

from __future__ import annotations

import sys
import threading

from eventplatform.guard.permit_errors import OverloadedError

_HARD = 1.5  # times the bound: beyond it nobody is let in


class Admission:
    """Bounds the events in flight, fairly: beyond `most` who has the largest part of them waits first.

    A client is its key's name, else its address. `enter` and `leave` may be called from any thread.
    """

    def __init__(self, most: int = sys.maxsize) -> None:
        self.most = most
        self.events = 0
        self._by_client: dict[str, int] = {}
        self._lock = threading.Lock()

    @property
    def is_crowded(self) -> bool:
        """There is so much in flight that it matters whose it is."""
        return self.events >= self.most

    def check(self, client: str) -> None:
        """Let a request of `client` in.

        Raises:
            OverloadedError: there is too much in flight, and this client has its part of it already.
        """
        if not self.is_crowded:
            return
        fair = self.most / max(1, len(self._by_client))
        if self.events >= self.most * _HARD or self._by_client.get(client, 0) >= fair:
            raise OverloadedError

    def enter(self, client: str, events: int) -> None:
        """Count events that were admitted."""
        with self._lock:
            self.events += events
            self._by_client[client] = self._by_client.get(client, 0) + events

    def leave(self, client: str, events: int) -> None:
        """Count them out once they are settled."""
        with self._lock:
            self.events -= events
            left = self._by_client.get(client, 0) - events
            if left > 0:
                self._by_client[client] = left
            else:
                self._by_client.pop(client, None)
