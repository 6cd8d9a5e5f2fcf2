"""How a connection begins and ends: admitted or refused, idle, parted from politely."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from enum import Enum
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import get_local_addr, get_remote_addr
from uvicorn.server import ServerState

from intake.server.heads import header_line, status_line
from intake.server.refusals import Refusal
from intake.server.state import State


class Phase(Enum):
    """What the connection waits for."""

    IDLE = 1  # a request's first byte
    HEAD = 2  # the end of the headers
    BODY = 3  # the end of the body
    DONE = 4  # the answer: a request is read
    DEAF = 5  # the last answer: nothing more is read
    PARTING = 6  # the client's end of the connection; ours is closed


class Channel(HttpToolsProtocol, ABC):
    """The part of our protocol that knows no request. Deadlines have no timers: `State.beat` looks at every connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.state = cast("State", server_state)
        self.limits = self.state.limits
        self.is_admitted = False
        self.phase = Phase.IDLE
        self.phase_since = self.state.now
        self.is_fresh = True  # no request was begun yet
        self.is_half_closed = False  # the client sends no more
        self._writing_since = 0.0
        self._unread_bytes = 0  # of our answers, while the client is slower than we are

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base class has it
        self.transport = transport
        self.flow = FlowControl(transport)
        self.client = get_remote_addr(transport)
        self.server = get_local_addr(transport)
        refusal = self.state.admit(self)
        if refusal is None:
            return
        if self.state.has_room_for_refused():
            self.answer(refusal)
        else:
            self.state.count(refusal)
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the transport's signature
        self.state.release(self)
        self._count_unread(0)
        self.phase = Phase.PARTING
        self.flow.resume_writing()
        self.parser = None  # type: ignore[assignment]  # refers back to us, as in the base class

    def pause_writing(self) -> None:
        self._writing_since = self.state.now
        super().pause_writing()
        self._count_unread(self.transport.get_write_buffer_size())
        if self.state.unread_bytes > self.limits.max_unread_bytes:
            self._count_unread(0)
            self.transport.abort()  # a small request may have a large answer: whoever reads none of them would fill our memory

    def resume_writing(self) -> None:
        self._count_unread(0)
        super().resume_writing()

    def _count_unread(self, size: int) -> None:
        self.state.unread_bytes += size - self._unread_bytes
        self._unread_bytes = size

    def answer(self, refusal: Refusal) -> None:
        """Write the server's own answer, which is the connection's last."""
        self.state.count(refusal)
        head = [status_line(refusal.status, None), self.state.date_line]
        head += [header_line(name, value).text for name, value in refusal.headers]
        self.transport.write(b"".join([*head, b"\r\n", refusal.body]))
        self.part()

    def part(self) -> None:
        """Close our end, and wait a little for the client's: closing both at once could reset the answer it has yet to read."""
        if self.phase is Phase.PARTING or self.transport.is_closing():
            return
        self.phase = Phase.PARTING
        self.phase_since = self.state.now
        if self.is_half_closed:
            self.transport.close()
            return
        self.flow.resume_reading()  # what comes is thrown away
        self.transport.write_eof()

    def retire(self) -> None:
        """The process is stopping: end the connection unless a request is under way."""
        if self.phase is Phase.IDLE:
            self.part()

    def check(self, now: float) -> None:
        """Look at the deadlines."""
        age = now - self.phase_since
        if self.phase is Phase.PARTING:
            if age > self.limits.linger_seconds:
                self.transport.abort()
        elif self.flow.write_paused:
            if now - self._writing_since > self.limits.write_seconds:
                self.transport.abort()
        elif self.phase is Phase.IDLE:
            # Without a word: a browser that connects ahead of its request must not find an answer.
            if age > (self.limits.head_seconds if self.is_fresh else self.limits.keep_alive_seconds):
                self.part()
        else:
            self.check_reading(now, age)

    @abstractmethod
    def check_reading(self, now: float, age: float) -> None:
        """Look at the deadlines of a request."""
