"""The intake's server in a thread of the test, in front of an application that does what the path says."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import io
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote_to_bytes

from intake.server.__main__ import listen
from intake.server.limits import ServerLimits
from intake.server.worker import Worker, configuration

Answer = tuple[int, dict[str, str], bytes]


async def application(scope: Any, receive: Any, send: Any) -> None:
    """/echo tells what it got · /early answers before the body · /slow takes its time · /stream has no length …"""
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await _ROUTES.get(scope["path"], _echo)(scope, receive, send)


async def _body(receive: Any) -> bytes | None:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += bytes(message["body"])
        if not message["more_body"]:
            return body


async def _answer(send: Any, status: int, body: bytes = b"", headers: Any = (), **more: Any) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers], **more})
    await send({"type": "http.response.body", "body": body})


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    body = await _body(receive)
    if body is None:
        await _answer(send, 400, b"broken")
        return
    told = {name: scope[name] for name in ("method", "path", "http_version")}
    told |= {"query": scope["query_string"].decode(), "body": body.decode("latin-1")}
    told["headers"] = [[name.decode(), value.decode("latin-1")] for name, value in scope["headers"]]
    await _answer(send, 200, json.dumps(told).encode())


async def _early(_scope: Any, _receive: Any, send: Any) -> None:
    await _answer(send, 413, b"too large")


async def _slow(scope: Any, receive: Any, send: Any) -> None:
    await _body(receive)
    await asyncio.sleep(0.4)
    await _answer(send, 200, scope["query_string"])


async def _reason(scope: Any, _receive: Any, send: Any) -> None:
    await _answer(send, 400, b"", reason=unquote_to_bytes(scope["query_string"]))


async def _stream(_scope: Any, receive: Any, send: Any) -> None:
    await _body(receive)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for piece in (b"one", b"", b"two"):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body"})


async def _large(_scope: Any, receive: Any, send: Any) -> None:
    await _body(receive)
    await _answer(send, 200, b"x" * 8_000_000)


async def _crash(_scope: Any, _receive: Any, _send: Any) -> None:
    raise RuntimeError("planted")


async def _late(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("planted")


async def _cut(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise RuntimeError("planted")


async def _silent(_scope: Any, _receive: Any, _send: Any) -> None:
    return


async def _evil(_scope: Any, _receive: Any, send: Any) -> None:
    await _answer(send, 200, b"", [(b"x-evil", b"a\r\nset-cookie: b=c")])


_ROUTES = {
    "/early": _early,
    "/slow": _slow,
    "/reason": _reason,
    "/stream": _stream,
    "/large": _large,
    "/crash": _crash,
    "/late": _late,
    "/cut": _cut,
    "/silent": _silent,
    "/evil": _evil,
}


@dataclass(frozen=True)
class Live:
    """A running server."""

    port: int
    worker: Worker
    thread: threading.Thread

    def connect(self, source: str = "127.0.0.1") -> Wire:
        return Wire(self.port, source)


_USUAL = ServerLimits()


@contextlib.contextmanager
def live(limits: ServerLimits = _USUAL, served: Any = application) -> Iterator[Live]:
    """A server with these limits; gone when the block ends."""
    limits = replace(limits, drain_seconds=0.0, linger_seconds=min(limits.linger_seconds, 1.0))
    listening = listen("127.0.0.1", 0)
    worker = Worker(configuration(served, limits), limits)
    thread = threading.Thread(target=worker.run, kwargs={"sockets": [listening]})
    port = listening.getsockname()[1]
    thread.start()
    try:
        yield Live(port, worker, thread)
    finally:
        worker.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


class _Kept(io.BufferedReader):
    """What was received and not yet read: a response takes its own part of it and leaves the rest to the next."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(socket.SocketIO(connection, "r"))

    def makefile(self, _mode: str) -> _Kept:
        return self

    def close(self) -> None:
        """A response closes its file."""


class Wire:
    """One connection, seen byte by byte."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))
        self._file = _Kept(self.socket)

    def send(self, raw: bytes) -> None:
        self.socket.sendall(raw)

    def ask(self, path: str, body: bytes = b"", *headers: str, method: str = "POST") -> Answer:
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *headers]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return self.answer(method)

    def answer(self, method: str = "POST") -> Answer:
        response = http.client.HTTPResponse(self._file, method=method)  # type: ignore[arg-type]  # all it needs of a socket
        response.begin()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()

    def until_closed(self) -> bytes:
        return self._file.read()

    def seconds_until_closed(self) -> tuple[float, bytes]:
        started = time.monotonic()
        received = self.until_closed()
        return time.monotonic() - started, received


def code(answer: Answer) -> str:
    """The code of a problem document."""
    status, headers, body = answer
    assert headers["content-type"] == "application/problem+json"
    document = json.loads(body)
    assert document["status"] == status
    return str(document["code"])
