"""HTTP/1.1 for reading: one request a connection, bounded head, no body; a stream writes until one of the two ends it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, cast

import httptools

from eventplatform.core.metrics import STREAM_OUT_REFUSED
from monitoring.streaming import answers
from monitoring.streaming.errors import StreamRefusedError

if TYPE_CHECKING:
    from monitoring.streaming.client import Client

_MOST_HEAD_BYTES = 64 * 1024  # an id of many partitions stands in it
_MOST_HEADERS = 100
_MOST_REST_BYTES = 64 * 1024  # that a client may send after its request, unread
_HIGH_WATER_BYTES = 64 * 1024
_UNANSWERED_MS = 14_000  # that a network may swallow what we send: with a heartbeat each 15 s, who vanished is gone within 30


@dataclass(slots=True)
class Request:
    """A request's head."""

    method: str
    path: str
    query: str
    version: str
    peer: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)

    def header(self, name: str) -> str:
        """A header's value, by its lower-case name; empty where it is absent."""
        return self.headers.get(name, "")

    @property
    def uri(self) -> str:
        """Path and query, as they came."""
        return f"{self.path}?{self.query}" if self.query else self.path


class Server(Protocol):
    """What connections belong to."""

    connections: set[Connection]

    def admit(self, connection: Connection) -> bool:
        """Whether there is room for one more connection."""
        ...

    async def answer(self, request: Request, connection: Connection) -> None:
        """Answer a request; called once for each connection."""
        ...

    def now(self) -> float:
        """A coarse clock."""
        ...


class Connection(asyncio.Protocol):
    """A client's connection; the `Pipe` of a stream."""

    def __init__(self, server: Server) -> None:
        self.client: Client | None = None
        self.began = server.now()
        self.parting_since: float | None = None
        self._server = server
        self._transport = cast("asyncio.Transport", None)  # until `connection_made`
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        self._url = b""
        self._headers: dict[str, str] = {}
        self._received = 0
        self._task: asyncio.Task[None] | None = None
        self.is_closed = False

    # --- the transport's calls ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_HIGH_WATER_BYTES)
        raw = transport.get_extra_info("socket")
        if raw is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            with contextlib.suppress(OSError):  # no TCP
                raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNANSWERED_MS)
        if not self._server.admit(self):
            self._transport.abort()
            return
        self._server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the transport's signature
        self.is_closed = True
        self._server.connections.discard(self)
        self._parser = None
        client, self.client = self.client, None
        if client is not None:
            client.leave()

    def eof_received(self) -> bool:
        return False  # who sends no more listens no more

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if self._parser is None:
            if self._received > _MOST_REST_BYTES:
                self._transport.abort()
            return
        if self._received > _MOST_HEAD_BYTES:
            self._refuse(431, "head_too_large")
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError:
            self._transport.abort()  # a fault of ours; the loop has its trace
            raise
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            if self._parser is not None:  # else it complains of what follows the head
                self._refuse(400, "malformed")

    def pause_writing(self) -> None:
        if self.client is not None:
            self.client.pause(self._server.now())

    def resume_writing(self) -> None:
        if self.client is not None:
            self.client.resume(self._server.now())

    # --- the parser's calls ---

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self._headers) < _MOST_HEADERS:
            self._headers.setdefault(name.decode("latin-1").lower(), value.decode("utf-8", "replace"))

    def on_headers_complete(self) -> None:
        parser, self._parser = self._parser, None  # what follows the head is thrown away
        if parser is None:
            return
        path, _, query = self._url.partition(b"?")
        peer = self._transport.get_extra_info("peername")
        request = Request(
            method=parser.get_method().decode("latin-1"),
            path=path.decode("latin-1"),
            query=query.decode("latin-1"),
            version=parser.get_http_version(),
            peer=str(peer[0]) if isinstance(peer, tuple) else "",
            headers=self._headers,
        )
        self._received = 0
        self._task = asyncio.get_running_loop().create_task(self._answer(request))

    async def _answer(self, request: Request) -> None:
        await self._server.answer(request, self)
        self._task = None
        self._headers = {}

    # --- for whoever answers ---

    def write(self, data: bytes) -> None:
        """Send a part of a stream."""
        self._transport.write(data)

    def finish(self, data: bytes) -> None:
        """Send the last bytes, then close; what is sent already still arrives."""
        self.parting_since = self._server.now()
        if not self._transport.is_closing():
            self._transport.write(data)
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    @property
    def is_waiting_for_head(self) -> bool:
        """The request is not complete."""
        return self._parser is not None

    def _refuse(self, status: int, reason: str) -> None:
        self._parser = None
        STREAM_OUT_REFUSED.labels(reason).inc()
        error = StreamRefusedError(reason=reason.replace("_", " "))
        body = answers.of_error(error, method="", uri="").body
        self.finish(answers.Answer(status, body).rendered())
