"""Which events are done, lane by lane: a position moves up to the first that is not, whatever is done behind it."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from eventclient.consuming.deliveries import Lane


class Ticket:
    """One event under way."""

    __slots__ = ("is_done", "token")

    def __init__(self, token: Any, *, is_done: bool = False) -> None:
        self.token = token
        self.is_done = is_done


class Progress:
    """Safe to share between threads."""

    def __init__(self) -> None:
        self._lanes: dict[Lane, deque[Ticket]] = {}
        self._done: dict[Lane, Any] = {}
        self._lock = threading.Lock()

    def begin(self, lane: Lane, token: Any) -> Ticket:
        """An event came; events of a lane begin in its order."""
        ticket = Ticket(token)
        with self._lock:
            self._lanes.setdefault(lane, deque()).append(ticket)
        return ticket

    def mark(self, lane: Lane, token: Any) -> None:
        """Progress without an event."""
        with self._lock:
            self._lanes.setdefault(lane, deque()).append(Ticket(token, is_done=True))
            self._advance(lane)

    def done(self, lane: Lane, ticket: Ticket) -> None:
        """The event is handled, parked or passed over."""
        with self._lock:
            ticket.is_done = True
            self._advance(lane)

    def take(self) -> dict[Lane, Any]:
        """The positions that moved since the last call."""
        with self._lock:
            found = {lane: token for lane, token in self._done.items() if not lane.is_lost}
            self._done.clear()
        return found

    def forget(self, lane: Lane) -> None:
        """A lane is another consumer's now."""
        with self._lock:
            self._lanes.pop(lane, None)
            self._done.pop(lane, None)

    def _advance(self, lane: Lane) -> None:
        waiting = self._lanes.get(lane)
        while waiting and waiting[0].is_done:
            self._done[lane] = waiting.popleft().token
