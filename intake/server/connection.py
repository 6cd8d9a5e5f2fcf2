"""One connection: what is read, in which time, what is refused before an application sees it, and how it ends."""

from __future__ import annotations

import asyncio
from collections import deque
from enum import Enum
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import get_local_addr, get_remote_addr
from uvicorn.server import ServerState

from intake.server import refusals
from intake.server.exchange import Application, Exchange, Message
from intake.server.heads import header_line, status_line
from intake.server.refusals import Refusal, RefusedError
from intake.server.scopes import scope, without_upgrade
from intake.server.state import State

_VERSIONS = frozenset({"1.1", "1.0"})
_NOTABLE = frozenset({b"expect", b"transfer-encoding"})


class Phase(Enum):
    """What the connection waits for."""

    IDLE = 1  # a request's first byte
    HEAD = 2  # the end of the headers
    BODY = 3  # the end of the body
    DONE = 4  # the answer: a request is read
    DEAF = 5  # the last answer: nothing more is read
    PARTING = 6  # the client's end of the connection; ours is closed


class _DeafError(Exception):
    """Stops the parser in the middle of what was received."""


class Connection(HttpToolsProtocol):
    """Uvicorn's protocol with every step of reading and answering our own; deadlines are looked at by `State.beat`."""

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
        self.application = cast("Application", self.app)
        self.is_admitted = False
        self._phase = Phase.IDLE
        self._since = self._last = self.state.now  # of the phase; of the last byte
        self._writing_since = 0.0
        self._read: Exchange | None = None  # the request that is read or was read last
        self._queue: deque[Exchange] = deque()  # pipelined requests; the first one being answered is not among them
        self._refusal: Refusal | None = None  # to be sent after the last answer under way
        self._fed = 0
        self._head_bytes = 0  # of an unfinished head
        self._is_half_closed = False

    # --- the transport's calls ---

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base class has it
        self.transport = transport
        self.flow = FlowControl(transport)
        self.client = get_remote_addr(transport)
        self.server = get_local_addr(transport)
        self.scheme = "http"
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
        self._phase = Phase.PARTING
        self._queue.clear()
        if self._read is not None:
            self._read.leave()
            self._read = None
        self.flow.resume_writing()
        self.parser = None  # type: ignore[assignment]  # refers back to us, as in the base class

    def eof_received(self) -> bool:  # type: ignore[override]  # the base class lets every half-closed connection go
        """The client sends no more; whether we still have something to say."""
        self._is_half_closed = True
        request = self._read
        if self._phase is Phase.HEAD:
            self._refuse(refusals.MALFORMED)
            return True
        if request is None or request.is_complete:
            return False
        if self._phase is Phase.BODY:
            self._phase = Phase.DEAF
            request.break_off()
        request.keep_alive = False
        return True

    def pause_writing(self) -> None:
        self._writing_since = self.state.now
        super().pause_writing()

    def data_received(self, data: bytes) -> None:
        self._last = self.state.now
        most = self.limits.max_head_bytes
        if len(data) > most and self._phase is not Phase.BODY:
            self._feed(data[:most])  # parsed no further than a head may be long
            data = data[most:]
        self._feed(data)

    def _feed(self, data: bytes) -> None:
        if self._is_deaf():
            return
        self._fed = len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError as error:
            reason = error.__context__
            if isinstance(reason, RefusedError):
                self._refuse(reason.refusal)
            elif not isinstance(reason, _DeafError):
                raise
        except httptools.HttpParserError:
            self._refuse_malformed()
        if self._phase is Phase.HEAD:
            self._head_bytes += len(data)
            if self._head_bytes > self.limits.max_head_bytes:
                self._refuse(refusals.HEAD_TOO_LARGE if self.headers else refusals.TARGET_TOO_LONG)

    def _is_deaf(self) -> bool:
        return self._phase is Phase.DEAF or self._phase is Phase.PARTING

    # --- the parser's calls ---

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._head_bytes = 0
        self._phase = Phase.HEAD
        if self._read is not None:  # else the time began with the connection
            self._since = self._last

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._phase is not Phase.HEAD:
            return  # a trailer must not become a header after all checks
        name = name.lower()
        if name in _NOTABLE:
            self._note(name, value.strip().lower())
        self.headers.append((name, value))

    def _note(self, name: bytes, value: bytes) -> None:
        if name == b"expect":
            self.expect_100_continue = value == b"100-continue"
        elif value != b"chunked" or self.parser.get_http_version() != "1.1":
            raise RefusedError(refusals.MALFORMED)

    def on_headers_complete(self) -> None:
        parser = self.parser
        if parser.should_upgrade():
            return  # comes again, without its wish
        version = parser.get_http_version()
        if version not in _VERSIONS:
            raise RefusedError(refusals.VERSION)
        if self._head_bytes + self._fed > self.limits.max_head_bytes or len(self.headers) > self.limits.max_headers:
            self._measure_head()
        if len(self.url) > self.limits.max_target_bytes:
            raise RefusedError(refusals.TARGET_TOO_LONG)
        request = Exchange(
            self,
            scope(self, parser.get_method().decode("ascii"), version),
            keep_alive=version == "1.1" and parser.should_keep_alive(),
            is_expecting=self.expect_100_continue,
        )
        before, self._read = self._read, request
        self._phase = Phase.BODY
        self._since = self._last
        if before is None or before.is_complete:
            self._start(request)
        else:
            self.flow.pause_reading()
            self._queue.append(request)

    def _measure_head(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.limits.max_head_bytes or len(self.headers) > self.limits.max_headers:
            raise RefusedError(refusals.HEAD_TOO_LARGE)

    def on_body(self, body: bytes) -> None:
        request = cast("Exchange", self._read)
        if request.is_complete:
            request.unread += len(body)  # read for the connection's sake, and thrown away
            if request.unread > self.limits.max_rest_bytes:
                self._part()
                raise _DeafError
            return
        request.feed(body)
        if request.is_crumbled:
            raise RefusedError(refusals.MALFORMED)
        if request.unread > HIGH_WATER_LIMIT:
            self.flow.pause_reading()

    def on_message_complete(self) -> None:
        if self._phase is not Phase.BODY:
            return
        request = cast("Exchange", self._read)
        request.finish()
        self._phase = Phase.DONE
        if request.is_complete:
            self._rest()

    # --- answers ---

    def _start(self, request: Exchange) -> None:
        is_asked_for_readiness = self.state.is_draining and request.scope["path"] == "/readyz"
        task = self.loop.create_task(request.run(_not_ready if is_asked_for_readiness else self.application))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def on_answered(self, request: Exchange) -> None:
        """An answer was written whole: go on with the next request, or end the connection."""
        self.state.total_requests += 1
        if not request.keep_alive:
            self._part()
        elif self._queue:
            self._start(self._queue.popleft())
        elif self._refusal is not None:
            self.answer(self._refusal)
        else:
            self._rest()
            self.flow.resume_reading()

    def _rest(self) -> None:
        if self._phase is Phase.DONE:
            self._phase = Phase.IDLE
            self._since = self.state.now

    def answer(self, refusal: Refusal) -> None:
        """Write the server's own answer, which is the connection's last."""
        self.state.count(refusal)
        head = [status_line(refusal.status, None), self.state.date_line]
        head += [header_line(name, value).text for name, value in refusal.headers]
        self.transport.write(b"".join([*head, b"\r\n", refusal.body]))
        self._part()

    # --- refusing and ending ---

    def _refuse(self, refusal: Refusal) -> None:
        """Read no more; the answer waits for those to the requests before."""
        was_reading_body = self._phase is Phase.BODY
        request = self._read
        self._phase = Phase.DEAF
        is_another_under_way = request is not None and not request.is_complete
        if was_reading_body and request is not None:
            request.leave()
            is_another_under_way = request in self._queue
            if is_another_under_way:
                self._queue.remove(request)
        if is_another_under_way:
            self._refusal = refusal
        else:
            self.answer(refusal)

    def _refuse_malformed(self) -> None:
        request = self._read
        if self._phase is not Phase.BODY or request is None:
            self._refuse(refusals.MALFORMED)
        elif request.is_complete:
            self._part()
        else:
            self._phase = Phase.DEAF
            request.break_off()  # the application says what it makes of that

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Read the request as if it had wished for no other protocol; the parser would take its body for that protocol's."""
        if self.parser.get_method() == b"CONNECT":
            self._refuse(refusals.MALFORMED)
            return
        head = without_upgrade(self.parser.get_method(), self.url, self.headers)
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._feed(head + rest)

    def check(self, now: float) -> None:
        """Look at the deadlines."""
        phase, limits = self._phase, self.limits
        age = now - self._since
        if phase is Phase.PARTING:
            if age > limits.linger_seconds:
                self.transport.abort()
        elif self.flow.write_paused:
            if now - self._writing_since > limits.write_seconds:
                self.transport.abort()
        elif phase is Phase.IDLE:
            if age > (limits.head_seconds if self._read is None else limits.keep_alive_seconds):
                self._part()
        elif self.flow.read_paused:
            self._last = now  # it is us who don't read
        elif phase is Phase.HEAD and age > limits.head_seconds:
            self._refuse(refusals.HEAD_TIMEOUT)
        elif phase is Phase.BODY and (age > limits.body_seconds or now - self._last > limits.body_idle_seconds):
            self._give_up_body()

    def _give_up_body(self) -> None:
        request = cast("Exchange", self._read)
        if request.is_complete:
            self._part()
        elif request.is_started:
            self.transport.abort()
        else:
            self._refuse(refusals.BODY_TIMEOUT)

    def retire(self) -> None:
        """The process is stopping: end the connection unless a request is under way."""
        if self._phase is Phase.IDLE:
            self._part()

    def _part(self) -> None:
        """Close our end, and wait a little for the client's: closing both at once could reset the answer it has yet to read."""
        if self._phase is Phase.PARTING or self.transport.is_closing():
            return
        self._phase = Phase.PARTING
        self._since = self.state.now
        self._queue.clear()
        if self._is_half_closed:
            self.transport.close()
            return
        self.flow.resume_reading()
        self.transport.write_eof()


async def _not_ready(_scope: Message, _receive: Any, send: Any) -> None:
    refusal = refusals.STOPPING
    await send({"type": "http.response.start", "status": refusal.status, "headers": refusal.headers})
    await send({"type": "http.response.body", "body": refusal.body})
