"""What is read from a connection, in which time, and what is refused before an application sees it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.server import ServerState

from intake.server import refusals
from intake.server.channel import Channel, Phase
from intake.server.exchange import Application, Exchange, Message
from intake.server.refusals import Refusal, RefusedError
from intake.server.scopes import scope, without_upgrade

_VERSIONS = frozenset({"1.1", "1.0"})
_NOTABLE = frozenset({b"expect", b"host", b"transfer-encoding"})


class _DeafError(Exception):
    """Stops the parser in the middle of what was received."""


class Connection(Channel):
    """Uvicorn's protocol with every step of reading and answering our own; deadlines are looked at by `State.beat`."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.application = cast("Application", self.app)
        self._last = self.state.now  # when the last byte came
        self._read: Exchange | None = None  # the request that is read or was read last
        self._queue: deque[Exchange] = deque()  # pipelined requests; the first one being answered is not among them
        self._refusal: Refusal | None = None  # to be sent after the last answer under way
        self._fed = 0
        self._head_bytes = 0  # of an unfinished head
        self._hosts = 0
        self._trailers = 0
        self._body_bytes = 0
        self._framing_bytes = 0  # what came with a body and is none of it

    # --- the transport's calls ---

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._queue.clear()
        if self._read is not None:
            self._read.leave()
            self._read = None

    def eof_received(self) -> bool:  # type: ignore[override]  # the base class lets every half-closed connection go
        """The client sends no more; whether we still have something to say."""
        self.is_half_closed = True
        request = self._read
        if self.phase is Phase.HEAD:
            self._refuse(refusals.MALFORMED)
            return True
        if request is None or request.is_complete:
            return False
        if self.phase is Phase.BODY:
            self.phase = Phase.DEAF
            request.break_off()
        request.keep_alive = False
        return True

    def data_received(self, data: bytes) -> None:
        self._last = self.state.now
        most = self.limits.max_head_bytes
        if len(data) > most and self.phase is not Phase.BODY:
            self._feed(data[:most])  # parsed no further than a head may be long
            data = data[most:]
        self._feed(data)

    def _feed(self, data: bytes) -> None:
        if self._is_deaf():
            return
        self._fed = len(data)
        reading = self._read if self.phase is Phase.BODY else None
        before = self._body_bytes
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
        if self.phase is Phase.BODY and reading is not None and reading is self._read:
            self._weigh_framing(len(data) - self._body_bytes + before)
        if self.phase is Phase.HEAD:
            self._head_bytes += len(data)
            if self._head_bytes > self.limits.max_head_bytes:
                self._refuse(refusals.HEAD_TOO_LARGE if self.headers else refusals.TARGET_TOO_LONG)

    def _weigh_framing(self, size: int) -> None:
        """Extensions of chunks may go on for ever without a byte of body, which alone the limits of bodies count."""
        self._framing_bytes += size
        if self._framing_bytes > self.limits.max_rest_bytes + self._body_bytes:
            self._refuse(refusals.MALFORMED)

    def _is_deaf(self) -> bool:
        return self.phase is Phase.DEAF or self.phase is Phase.PARTING

    # --- the parser's calls ---

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._head_bytes = self._hosts = 0
        self.phase = Phase.HEAD
        if not self.is_fresh:  # else the time began with the connection
            self.phase_since = self._last
        self.is_fresh = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.phase is not Phase.HEAD:
            self._trailers += 1  # which must not become headers after all checks
            if self._trailers > self.limits.max_headers:
                raise RefusedError(refusals.HEAD_TOO_LARGE)
            return
        name = name.lower()
        if name in _NOTABLE:
            self._note(name, value.strip().lower())
        self.headers.append((name, value))

    def _note(self, name: bytes, value: bytes) -> None:
        if name == b"expect":
            self.expect_100_continue = value == b"100-continue"
        elif name == b"host":
            self._hosts += 1
            if self._hosts > 1:  # a proxy may have heeded the one, and we the other
                raise RefusedError(refusals.MALFORMED)
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
            is_expecting=self.expect_100_continue and version == "1.1",
        )
        before, self._read = self._read, request
        self._trailers = self._body_bytes = self._framing_bytes = 0
        self.phase = Phase.BODY
        self.phase_since = self._last
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
        self._body_bytes += len(body)
        if request.is_complete:
            request.unread += len(body)  # read for the connection's sake, and thrown away
            if request.unread > self.limits.max_rest_bytes:
                self.part()
                raise _DeafError
            return
        request.feed(body)
        if request.is_crumbled:
            raise RefusedError(refusals.MALFORMED)
        if request.unread > HIGH_WATER_LIMIT:
            self.flow.pause_reading()

    def on_message_complete(self) -> None:
        if self.phase is not Phase.BODY:
            return
        request = cast("Exchange", self._read)
        request.finish()
        self.phase = Phase.DONE
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
        if self.phase is Phase.PARTING:
            return
        if not request.keep_alive:
            self.part()
        elif self._queue:
            self._start(self._queue.popleft())
        elif self._refusal is not None:
            self.answer(self._refusal)
        else:
            self._rest()
            self.flow.resume_reading()

    def _rest(self) -> None:
        if self.phase is Phase.DONE:
            self.phase = Phase.IDLE
            self.phase_since = self.state.now

    # --- refusing and ending ---

    def _refuse(self, refusal: Refusal) -> None:
        """Read no more; the answer waits for those to the requests before."""
        was_reading_body = self.phase is Phase.BODY
        request = self._read
        self.phase = Phase.DEAF
        is_another_under_way = request is not None and not request.is_complete
        if was_reading_body and request is not None:
            if request.is_started:
                self.transport.abort()  # in the middle of an answer no other can be given
                return
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
        if self.phase is not Phase.BODY or request is None:
            self._refuse(refusals.MALFORMED)
        elif request.is_complete:
            self.part()
        else:
            self.phase = Phase.DEAF
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

    def check_reading(self, now: float, age: float) -> None:
        if self.phase is Phase.DONE or self.phase is Phase.DEAF:
            return
        if self.flow.read_paused:
            self._last = now  # it is us who don't read
        elif self.phase is Phase.HEAD:
            if age > self.limits.head_seconds:
                self._refuse(refusals.HEAD_TIMEOUT)
        elif age > self.limits.body_seconds or now - self._last > self.limits.body_idle_seconds:
            self._give_up_body()

    def _give_up_body(self) -> None:
        request = cast("Exchange", self._read)
        if request.is_complete:
            self.part()
        else:
            self._refuse(refusals.BODY_TIMEOUT)


async def _not_ready(_scope: Message, _receive: Any, send: Any) -> None:
    refusal = refusals.STOPPING
    await send({"type": "http.response.start", "status": refusal.status, "headers": refusal.headers})
    await send({"type": "http.response.body", "body": refusal.body})
