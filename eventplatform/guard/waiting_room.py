"""How much of unfinished bodies a process holds at once: each is within its limit, but there may be a thousand of them."""

from __future__ import annotations

from eventplatform.core.errors import RetriableError
from eventplatform.guard.body import BodyReader


class NoRoomError(RetriableError):
    """Bodies that are still arriving hold all the memory that they may."""

    code = "body.no_room"
    message = "Too much is arriving at once; this body was not kept."
    remedy = "Send it again after the time that Retry-After names, in smaller batches where many clients send large ones."


class WaitingRoom:
    """Of one event loop."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0

    def hold(self, body: BodyReader, counted: int) -> int:
        """Count what `body` holds now, of which so much is counted already; what finds no room is refused, and let go."""
        kept = body.kept
        self._held += kept - counted
        if self._held <= self._limit:
            return kept
        self._held -= kept
        body.refuse(NoRoomError())
        return 0

    def leave(self, counted: int) -> None:
        """The body is complete, or was given up."""
        self._held -= counted
