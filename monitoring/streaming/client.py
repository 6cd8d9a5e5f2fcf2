"""One client of a stream: a bounded queue in front of its connection; what it is too slow for is dropped, and it is told."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from monitoring.streaming import rendering
from monitoring.streaming.channels import Piece, Positions, Writer


class Pipe(Protocol):
    """The client's connection, its head already sent."""

    def write(self, data: bytes) -> None:
        """Send; may call `Client.pause` at once."""
        ...

    def finish(self, data: bytes) -> None:
        """Send the last bytes and close."""
        ...

    def abort(self) -> None:
        """Close without a word."""
        ...


@dataclass(slots=True)
class Tally:
    """What all clients of a process together got and lost since it was last counted: counters themselves cost more."""

    sent: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a process a client may take, and how long; seconds are kept to about one."""

    queue_bytes: int = 256 * 1024
    heartbeat_seconds: float = 15.0
    stall_seconds: float = 25.0  # that a client may leave its socket full
    age_seconds: float = 15 * 60.0


class Client:
    """Belongs to the event loop. `positions` are its channel's, once it is in one; until then `reached` is its id."""

    __slots__ = (
        "_dropped",
        "_end_at",
        "_is_chunked",
        "_is_paused",
        "_limits",
        "_paused_at",
        "_pipe",
        "_queue",
        "_queued_bytes",
        "_sent_id",
        "_tally",
        "_wrote_at",
        "is_gone",
        "on_drained",
        "on_gone",
        "positions",
        "reached",
        "subject",
        "writer",
    )

    def __init__(
        self,
        pipe: Pipe,
        writer: Writer,
        limits: Limits,
        tally: Tally,
        now: float,
        *,
        is_chunked: bool = True,
    ) -> None:
        self.writer = writer
        self.positions: Positions | None = None
        self.reached = b"[]"
        self.subject: Any = None  # whose place it takes
        self.is_gone = False
        self.on_drained: Callable[[], None] | None = None  # called once, when nothing waits
        self.on_gone: Callable[[], None] | None = None
        self._pipe = pipe
        self._limits = limits
        self._is_chunked = is_chunked
        self._is_paused = False
        self._paused_at = 0.0
        self._queue: deque[Piece] = deque()
        self._queued_bytes = 0
        self._dropped = 0
        self._sent_id = b"[]"
        self._tally = tally
        self._wrote_at = now
        # Spread, so that clients that came together don't all come again together.
        self._end_at = now + limits.age_seconds * random.uniform(0.9, 1.0)  # noqa: S311  # nothing secret

    def begin(self, reached: bytes) -> None:
        """Where it begins, as an id."""
        self.reached = self._sent_id = reached

    @property
    def is_idle(self) -> bool:
        """Nothing waits: it can take more."""
        return not self._queue and not self._is_paused

    def take(self, piece: Piece) -> None:
        """Send a piece, or keep it until the client has read on; the oldest ones go where that is too much."""
        if self.is_gone:
            return
        if not self._is_paused and not self._queue:
            self._send(piece)
            return
        self._queue.append(piece)
        self._queued_bytes += len(piece.framed)
        while self._queued_bytes > self._limits.queue_bytes and len(self._queue) > 1:
            lost = self._queue.popleft()
            self._queued_bytes -= len(lost.framed)
            self._dropped += lost.count
            self._tally.dropped += lost.count

    def take_all(self, pieces: list[Piece]) -> None:
        """Take what it asked for itself, of the past: that waits without a limit, since no more is read until it is sent."""
        for piece in pieces:
            if self.is_idle and not self.is_gone:
                self._send(piece)
            elif not self.is_gone:
                self._queue.append(piece)
                self._queued_bytes += len(piece.framed)

    def tell(self, name: str, facts: dict[str, Any]) -> None:
        """A notice about the stream itself."""
        self._write(rendering.notice(self.writer.wish.format, name, facts, self._sent_id))

    def pause(self, now: float) -> None:
        """The connection takes no more for now."""
        self._is_paused = True
        self._paused_at = now

    def resume(self, now: float) -> None:
        """It does again."""
        self._is_paused = False
        self._wrote_at = now
        if self._dropped and not self.is_gone:
            count, self._dropped = self._dropped, 0
            self.tell("dropped", {"count": count, "reason": "slow_client"})
        while self._queue and not self._is_paused:
            piece = self._queue.popleft()
            self._queued_bytes -= len(piece.framed)
            self._send(piece)
        if self.is_idle and self.on_drained is not None:
            call, self.on_drained = self.on_drained, None
            call()

    def beat(self, now: float) -> None:
        """Called about once a second: a sign of life after a silence, the end of who is stuck or has been here for long."""
        if self._is_paused:
            if now - self._paused_at > self._limits.stall_seconds:
                self._pipe.abort()
        elif now >= self._end_at:
            self.end("age")
        elif now - self._wrote_at >= self._limits.heartbeat_seconds and not self._queue:
            self._sent_id = self.reached if self.positions is None else self.positions.id
            self._write(rendering.heartbeat(self.writer.wish.format, self._sent_id))
            self._wrote_at = now

    def end(self, reason: str) -> None:
        """Close politely: the client may come again and go on where it was."""
        if self.is_gone:
            return
        said = rendering.notice(self.writer.wish.format, "end", {"reason": reason}, self._sent_id)
        self.leave()
        self._pipe.finish(rendering.chunk(said) + rendering.LAST_CHUNK if self._is_chunked else said)

    def leave(self) -> None:
        """Its connection is gone, or about to be."""
        if not self.is_gone:
            self.is_gone = True
            self._queue.clear()
            if self.on_gone is not None:
                self.on_gone()

    def _send(self, piece: Piece) -> None:
        self._sent_id = piece.event_id
        self._tally.sent += piece.count
        self._pipe.write(piece.framed if self._is_chunked else piece.body)

    def _write(self, said: bytes) -> None:
        self._pipe.write(rendering.chunk(said) if self._is_chunked else said)
