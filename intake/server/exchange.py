"""One request and its answer: the two ends that an ASGI application holds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from eventplatform.guard.request_head import usable_id
from intake.server import refusals
from intake.server.heads import CHUNKED, CLOSE, Meaning, header_line, status_line

if TYPE_CHECKING:
    from intake.server.connection import Connection

log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Scope = dict[str, Any]
Application = Callable[[Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[Any]]

_DISCONNECT = "http.disconnect"
_BODYLESS = frozenset({204, 304})
_MANY_PIECES = 4096
_SMALL_PIECE_BYTES = 64


class Exchange:
    """Fed by its connection, driven by the application.

    A body that breaks in the middle (a malformed chunk, a half-closed connection) ends with `http.disconnect`, and the
    application may still answer: its client reads on. Once the client is gone, what is sent goes nowhere.
    """

    __slots__ = (
        "_announced",
        "_head",
        "_is_delivered",
        "_is_waiting_for_100",
        "_piece_count",
        "_pieces",
        "_received",
        "_waiter",
        "connection",
        "has_more",
        "is_broken",
        "is_complete",
        "is_gone",
        "is_started",
        "keep_alive",
        "scope",
        "unread",
    )

    def __init__(self, connection: Connection, scope: Scope, *, keep_alive: bool, is_expecting: bool) -> None:
        self.connection = connection
        self.scope = scope
        self.keep_alive = keep_alive
        self.has_more = True  # of the body is to come
        self.is_broken = False
        self.is_gone = False
        self.is_started = False
        self.is_complete = False  # the answer, not the request
        self.unread = 0
        self._piece_count = 0
        self._received = 0
        self._pieces: list[bytes] = []
        self._is_delivered = False
        self._is_waiting_for_100 = is_expecting
        self._waiter: asyncio.Future[None] | None = None
        self._head: list[bytes] = []  # kept until the body comes, for one write
        self._announced: int | None = None  # of the answer's body, still to be sent

    # --- the connection's side ---

    def feed(self, body: bytes) -> None:
        """Take a piece of the request's body."""
        self._pieces.append(body)
        self.unread += len(body)
        self._received += len(body)
        self._piece_count += 1
        if self._waiter is not None:
            self._wake()

    @property
    def is_crumbled(self) -> bool:
        """The body comes in so many tiny pieces that reading it costs far more than sending it."""
        return self._piece_count > _MANY_PIECES and self._received < _SMALL_PIECE_BYTES * self._piece_count

    def finish(self) -> None:
        """The body is complete."""
        self.has_more = False
        if self._waiter is not None:
            self._wake()

    def break_off(self) -> None:
        """The body will never be complete, but an answer can still be read."""
        self.is_broken = True
        self.keep_alive = False
        self._wake()

    def leave(self) -> None:
        """Nobody reads an answer any more."""
        self.is_gone = True
        self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # --- the application's side ---

    async def run(self, application: Application) -> None:
        """Let the application answer; one that fails to is answered for."""
        try:
            await application(self.scope, self.receive, self.send)
        except Exception:
            sent = dict(self.scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
            log.exception("request.crashed", extra={"request_id": usable_id(sent)})
        if self.is_complete or self.is_gone:
            return
        if self.is_started and not self._head:
            self.connection.transport.abort()  # a client must see that its answer is cut
        else:
            self.connection.answer(refusals.MALFORMED if self.is_broken else refusals.CRASHED)

    async def receive(self) -> Message:
        """The next piece of the body; `http.disconnect` once there is no more to come of it."""
        connection = self.connection
        if self._is_waiting_for_100 and not self._is_over():
            self._is_waiting_for_100 = False
            if self.has_more and not self._received:
                connection.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if not self._pieces and (self.has_more or self._is_delivered) and not self._is_over():
            if self.has_more:
                connection.flow.resume_reading()
            self._waiter = connection.loop.create_future()
            await self._waiter
        if self._is_over():
            return {"type": _DISCONNECT}
        body = b"".join(self._pieces)
        self._pieces.clear()
        self.unread = 0
        self._is_delivered = not self.has_more
        return {"type": "http.request", "body": body, "more_body": self.has_more}

    def _is_over(self) -> bool:
        return self.is_gone or self.is_broken or self.is_complete

    async def send(self, message: Message) -> None:
        """Take a part of the answer. `http.response.start` may carry a `reason`, the phrase of the status line."""
        connection = self.connection
        if connection.flow.write_paused and not self.is_gone:
            await connection.flow.drain()
        if self.is_gone or connection.transport.is_closing():
            return
        if not self.is_started:
            self._begin(message)
        else:
            self._go_on(message)

    def _begin(self, message: Message) -> None:
        _expect("http.response.start", message)
        state = self.connection.state
        if self.keep_alive and (state.is_draining or (self.has_more and not self._is_rest_small())):
            self.keep_alive = False
        head = [status_line(message["status"], message.get("reason")), state.date_line]
        for name, value in message.get("headers", ()):
            line = header_line(name, value)
            if line.meaning is None:
                head.append(line.text)
            elif line.meaning is Meaning.LENGTH:
                self._announced = int(value)
                head.append(line.text)
            elif line.meaning is Meaning.CLOSE:
                self.keep_alive = False
        if self._announced is None:
            self._frame(message["status"], head)
        if not self.keep_alive:
            head.append(CLOSE)
        head.append(b"\r\n")
        self._head = head
        self.is_started = True

    def _frame(self, status: int, head: list[bytes]) -> None:
        """Say where a body without a length ends: by chunks, or for an old client by the connection's end."""
        if status in _BODYLESS or self.scope["method"] == "HEAD":
            self._announced = 0
        elif self.scope["http_version"] == "1.1":
            head.append(CHUNKED)
        else:
            self.keep_alive = False

    def _is_rest_small(self) -> bool:
        """Whether what is still to come of the body is worth reading for the sake of the connection.

        A client that waits for our 100 will send its next request or the body: nobody knows which.
        """
        if self._is_waiting_for_100:
            return False
        announced = next((int(value) for name, value in self.scope["headers"] if name == b"content-length"), self._received)
        return announced - self._received <= self.connection.limits.max_rest_bytes

    def _go_on(self, message: Message) -> None:
        if self.is_complete:
            raise RuntimeError("the answer is complete already")
        _expect("http.response.body", message)
        body = message.get("body", b"")
        is_last = not message.get("more_body", False)
        parts, self._head = self._head, []
        if self.scope["method"] == "HEAD":
            self._announced = 0
        elif self._announced is not None:
            self._announced -= len(body)
            if self._announced < 0 or (is_last and self._announced):
                raise RuntimeError("the answer's body has another length than announced")
            parts.append(body)
        elif self.scope["http_version"] == "1.1":
            parts += [b"%x\r\n" % len(body), body, b"\r\n"] if body else []
            parts += [b"0\r\n\r\n"] if is_last else []
        else:
            parts.append(body)
        self.connection.transport.write(b"".join(parts))
        if is_last:
            self.is_complete = True
            self._pieces.clear()
            self.unread = 0
            if self._waiter is not None:
                self._wake()
            self.connection.on_answered(self)


def _expect(kind: str, message: Message) -> None:
    if message["type"] != kind:
        text = f"expected {kind}, not {message['type']}"
        raise RuntimeError(text)
