"""A platform of one process: it answers the configuration, keeps what is posted, and fails as a test says."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from tests.free_ports import free_ports

FIELDS = ["meta.id", "dt"]


@dataclass
class Request:
    events: list[dict[str, Any]]
    headers: dict[str, str]
    size: int
    body: bytes


Fault = Callable[["Handler", Request], bool]  # True: it has answered itself, and nothing is kept


@dataclass
class Stub:
    """`faults` are used up one by one, in the order of the requests; then all is accepted."""

    port: int
    document: dict[str, Any]
    faults: list[Fault] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    accepted: list[dict[str, Any]] = field(default_factory=list)
    questions: list[dict[str, str]] = field(default_factory=list)
    is_silent: bool = False  # about the configuration
    always: Fault | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)
    released: threading.Event = field(default_factory=threading.Event)
    connections: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def names(self) -> list[Any]:
        return [event.get("n") for event in self.accepted]

    def wait_for(self, wanted: Callable[[], bool], seconds: float = 10) -> None:
        with self.changed:
            assert self.changed.wait_for(wanted, seconds), (len(self.requests), len(self.accepted))

    def publish(self, **streams: Any) -> None:
        self.document = {**self.document, "revision": self.document["revision"] + 1, "streams": streams}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    stub: Stub

    def setup(self) -> None:
        super().setup()
        self.stub.connections.append(self.connection)

    def log_message(self, *_: Any) -> None:
        """Silent."""

    def do_GET(self) -> None:
        stub = self.stub
        with stub.changed:
            stub.questions.append({name.lower(): value for name, value in self.headers.items()} | {"path": self.path})
            stub.changed.notify_all()
        if stub.is_silent:
            self.answer(503, {"code": "snapshot.missing"})
            return
        etag = f'"{stub.document["revision"]}"'
        if self.headers.get("If-None-Match") == etag:
            self.answer(304, None, ETag=etag)
            return
        self.answer(200, stub.document, ETag=etag)

    def do_POST(self) -> None:
        stub = self.stub
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        body = gzip.decompress(raw) if self.headers.get("Content-Encoding") == "gzip" else raw
        request = Request(orjson.loads(body), {name.lower(): value for name, value in self.headers.items()}, len(raw), body)
        with stub.changed:
            stub.requests.append(request)
            fault = stub.faults.pop(0) if stub.faults else stub.always
            stub.changed.notify_all()
        if fault is not None and fault(self, request):
            return
        self.keep(request.events)
        self.answer(201)

    def keep(self, events: list[dict[str, Any]]) -> None:
        with self.stub.changed:
            self.stub.accepted += events
            self.stub.changed.notify_all()

    def answer(self, status: int, body: Any = None, **headers: str) -> None:
        text = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 304:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if status != 304:
            self.wfile.write(text)


def status(code: int, body: Any = None, **headers: str) -> Fault:
    """An answer as it is."""

    def fault(handler: Handler, _request: Request) -> bool:
        handler.answer(code, body, **headers)
        return True

    return fault


def mixed(*results: str) -> Fault:
    """207 with these results, by turns; what is accepted is kept."""

    def fault(handler: Handler, request: Request) -> bool:
        told = [
            {"index": index, "result": results[index % len(results)], "code": f"code.{results[index % len(results)]}"}
            for index in range(len(request.events))
        ]
        handler.keep([event for event, entry in zip(request.events, told, strict=True) if entry["result"] == "accepted"])
        handler.answer(207, {"results": told})
        return True

    return fault


def too_large(most: int) -> Fault:
    """413 for more events than that."""

    def fault(handler: Handler, request: Request) -> bool:
        if len(request.events) <= most:
            return False
        handler.answer(413, {"code": "body.too_large"})
        return True

    return fault


def reset(handler: Handler, _request: Request) -> bool:
    """The connection breaks before an answer."""
    handler.close_connection = True
    handler.connection.close()
    return True


def reset_after(handler: Handler, request: Request) -> bool:
    """It breaks after the events are taken: the client can't know."""
    handler.keep(request.events)
    return reset(handler, request)


def hang(handler: Handler, request: Request) -> bool:
    """No answer until the test's end."""
    handler.stub.released.wait(30)
    return reset(handler, request)


def trickle(handler: Handler, _request: Request) -> bool:
    """An answer that comes byte by byte, and never ends."""
    handler.send_response(201)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    with contextlib.suppress(OSError):
        while not handler.stub.released.wait(0.05):
            handler.wfile.write(b"x")
            handler.wfile.flush()
    handler.close_connection = True
    return True


@contextlib.contextmanager
def serving(port: int | None = None, **streams: Any) -> Iterator[Stub]:
    """`streams`: entries of the configuration, by names with _ for dots; test.event is always there."""
    chosen = free_ports() if port is None else port
    url = f"http://127.0.0.1:{chosen}/v1/events"
    entry = {"schema": "/sample/test_event/1.1.0", "service": "main", "sample": None, "fields": FIELDS}
    given = {name.replace("_", "."): {**entry, **more} for name, more in streams.items()}
    document = {
        "contract": 1,
        "revision": 1,
        "refresh_seconds": 60,
        "intakes": {"main": url, "other": url.replace("/v1", "/other/v1")},
        "streams": {"test.event": entry, **given},
        "instruments": {"clicks": {"stream": "test.event", "sample": {"unit": "session", "rate": 0.5}, "fields": []}},
    }
    stub = Stub(chosen, document)
    server = ThreadingHTTPServer(("127.0.0.1", chosen), type("Bound", (Handler,), {"stub": stub}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield stub
    finally:
        stub.released.set()
        server.shutdown()
        server.server_close()
        for connection in stub.connections:  # a server that ends leaves none open
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def soon(wanted: Callable[[], bool], seconds: float = 10) -> None:
    """Until it holds, which must be within the deadline."""
    deadline = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < deadline
        time.sleep(0.01)
