"""The server: connections on a port, a beat a second, and an end that tells every client."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket

from eventplatform.core.errors import PlatformError
from eventplatform.core.metrics import STREAM_OUT_REFUSED
from monitoring.streaming import answers
from monitoring.streaming.asked import PREFIX
from monitoring.streaming.connection import Connection, Request
from monitoring.streaming.errors import ServerFullError, StreamRefusedError, TooMuchHistoryError
from monitoring.streaming.footing import Footing
from monitoring.streaming.routes import Routes
from monitoring.streaming.service import Bounds, StreamService

log = logging.getLogger(__name__)

_BEAT_SECONDS = 1.0
_HEAD_SECONDS = 10.0  # for a request's head
_PARTING_SECONDS = 5.0  # for the last bytes to be read
_STOP_SECONDS = 3.0
_MORE_CONNECTIONS = 200  # than streams: for pages, metrics and refusals


class CrashedError(StreamRefusedError):
    """The role failed where it should have answered; its log has the trace."""

    code = "stream_out.crashed"
    kind = "internal_error"
    http_status = 500
    message = "The server failed to answer this request."
    remedy = "Report it, with the time."


class StreamServer:
    """Of one process and one event loop; make it on the loop."""

    def __init__(self, footing: Footing, bounds: Bounds) -> None:
        self.connections: set[Connection] = set()
        self.service = StreamService(footing, bounds)
        self._routes = Routes(self.service, footing)
        self._most = bounds.caps.process + _MORE_CONNECTIONS
        self._loop = asyncio.get_running_loop()
        self._beating: asyncio.Task[None] | None = None
        self._listening: asyncio.Server | None = None

    async def start(self, listening: socket.socket) -> None:
        """Take connections."""
        self.service.start()
        self._beating = self._loop.create_task(self._beat())
        self._listening = await self._loop.create_server(lambda: Connection(self), sock=listening, backlog=2048)

    async def run(self, listening: socket.socket) -> None:
        """Serve until a signal asks for the end."""
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, stopping.set)
        await self.start(listening)
        await stopping.wait()
        await self.stop()

    async def stop(self) -> None:
        """End every stream politely, then the threads."""
        log.info("stream_server.stopping", extra={"clients": self.service.places.taken})
        self.service.say_goodbye()
        if self._listening is not None:
            self._listening.close()
        deadline = self.now() + _STOP_SECONDS
        while self.connections and self.now() < deadline:  # noqa: ASYNC110  # they end by themselves; nobody would set an event
            await asyncio.sleep(0.05)
        for connection in tuple(self.connections):
            connection.abort()
        if self._beating is not None:
            self._beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._beating
        await self.service.stop()

    # --- for connections ---

    def now(self) -> float:
        return self._loop.time()

    def admit(self, connection: Connection) -> bool:  # noqa: ARG002  # the protocol's signature
        return len(self.connections) < self._most

    async def answer(self, request: Request, connection: Connection) -> None:
        try:
            if request.path.startswith(PREFIX) and request.method != "OPTIONS":
                await self.service.open(request, connection)
                return
            answer = await self._routes.answer(request)
        except PlatformError as error:
            if isinstance(error, ServerFullError | TooMuchHistoryError):
                self.service.note_full()
            answer = _refusal(error, request)
        except Exception:
            log.exception("stream_server.crashed")
            answer = _refusal(CrashedError(), request)
        if connection.client is not None:
            connection.abort()  # in the middle of a stream nothing else can be said
        else:
            connection.finish(answer.rendered(with_body=request.method != "HEAD"))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            try:
                self.service.beat()
                self._sweep(self.now())
            except Exception:
                # Without a beat nobody would be ended or sent a sign of life again.
                log.exception("stream_server.beat_failed")

    def _sweep(self, now: float) -> None:
        for connection in tuple(self.connections):
            is_slow = connection.is_waiting_for_head and now - connection.began > _HEAD_SECONDS
            is_stuck = connection.parting_since is not None and now - connection.parting_since > _PARTING_SECONDS
            if is_slow or is_stuck:
                connection.abort()


def _refusal(error: PlatformError, request: Request) -> answers.Answer:
    STREAM_OUT_REFUSED.labels(error.code).inc()
    return answers.of_error(error, method=request.method, uri=request.uri)
