"""The door's HTTP server: threads of the standard library, on the loopback address, with bounded bodies."""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from eventclient.testing import answering
from eventclient.testing.answering import CORS, Answer
from eventclient.testing.bodies import MAX_BYTES, BodyRefused, too_large

_EVENTS = re.compile(r"(?:/[A-Za-z0-9._-]+)?/v1/events/?")
_NOT_HASTY = frozenset({"", "0", "false", "no"})


class Takes(Protocol):
    """What is behind the server."""

    def take(self, body: bytes, headers: Mapping[str, str], *, is_hasty: bool) -> Answer: ...

    def refuse(self, refused: BodyRefused) -> Answer: ...

    def client_document(self) -> bytes: ...


class Server:
    """Started and stopped with the door."""

    def __init__(self, door: Takes, port: int) -> None:
        self._door, self._port = door, port
        self._http: _Http | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen, on any free port unless one was named."""
        handler = type("Handler", (_Handler,), {"door": self._door})
        self._http = _Http(("127.0.0.1", self._port), handler)
        self._port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.05,), name="event-door", daemon=True).start()

    def stop(self) -> None:
        """Close the port, also where a client keeps its connection open; the same port is taken at the next start."""
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._http.break_connections()
            self._http = None


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Remember each connection."""
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Forget one that ended."""
        self._open.discard(request)
        super().shutdown_request(request)

    def break_connections(self) -> None:
        """A door that is shut answers nobody, also not on connections that clients keep."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True
    wbufsize = -1
    door: Takes

    def do_POST(self) -> None:
        """Events."""
        url = urlsplit(self.path)
        body = self._body()
        if body is None:
            self._send(self.door.refuse(too_large()))
            self.close_connection = True
        elif not _EVENTS.fullmatch(url.path):
            self._send(answering.not_found())
        else:
            hasty = parse_qs(url.query).get("hasty", [""])[-1].lower()
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(self.door.take(body, headers, is_hasty=hasty not in _NOT_HASTY))

    def do_GET(self) -> None:
        """The clients' configuration."""
        if urlsplit(self.path).path != "/api/v1/client":
            self._send(answering.not_found())
            return
        body = self.door.client_document()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {"etag": etag, "cache-control": "no-cache", "content-type": "application/json"}
        is_known = self.headers.get("If-None-Match") == etag
        self._send(Answer(304, b"", headers) if is_known else Answer(200, body, headers))

    def do_OPTIONS(self) -> None:
        """What a browser asks before."""
        self._send(Answer(200, b"POST", {"allow": "POST", "content-type": "text/plain"}))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base's signature
        """Say nothing: tests ask."""

    def _body(self) -> bytes | None:
        """The whole body; None where it is too large."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = self.headers.get("Content-Length", "0")
        size = int(length) if length.isascii() and length.isdigit() else 0
        return None if size > MAX_BYTES else self.rfile.read(size)

    def _chunks(self) -> bytes | None:
        body = bytearray()
        while size := int(self.rfile.readline(20).split(b";")[0].strip() or b"0", 16):
            if len(body) + size > MAX_BYTES:
                return None
            body += self.rfile.read(size)
            self.rfile.readline(3)
        self.rfile.readline(3)
        return bytes(body)

    def _send(self, answer: Answer) -> None:
        if not answer.status:  # a fault that was asked for: the connection breaks
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in {**CORS, "x-content-type-options": "nosniff", **answer.headers}.items():
            self.send_header(name, value)
        if answer.status != 304:  # noqa: PLR2004  # it has no body, and no length of one
            self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()
