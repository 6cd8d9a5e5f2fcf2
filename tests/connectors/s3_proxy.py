"""A tiny HTTP proxy before an S3 server: throttles requests, or loses answers, as the test wishes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Fault = Literal["slow_down", "lose_answer"]
_SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
_NOT_PASSED_ON = {"connection", "transfer-encoding", "content-length"}


class S3Proxy:
    """`fault` says what becomes of a request, by its method and path; None lets it pass."""

    def __init__(self, address: str) -> None:
        self.fault: Callable[[str, str], Fault | None] = lambda _method, _path: None
        proxy, (host, port) = self, address.removeprefix("http://").split(":")

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fault = proxy.fault(self.command, self.path)
                if fault == "slow_down":
                    self.reply(503, [("Content-Type", "application/xml")], _SLOW_DOWN)
                    return
                upstream = HTTPConnection(host, int(port))
                upstream.request(self.command, self.path, body, dict(self.headers))
                got = upstream.getresponse()
                content = got.read()
                upstream.close()
                if fault == "lose_answer":
                    self.close_connection = True
                    return
                self.reply(got.status, got.getheaders(), content)

            def reply(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
                self.send_response_only(status)
                for name, value in headers:
                    if name.lower() not in _NOT_PASSED_ON:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer  # noqa: N815  # the base class's names

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def running(self) -> Iterator[S3Proxy]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield self
        self._server.shutdown()
        self._server.server_close()
        thread.join()
