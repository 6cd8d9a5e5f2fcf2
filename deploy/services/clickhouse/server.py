"""ClickHouse's engine behind its HTTP interface, as far as a statement with its data needs it: usage server.py DATA_DIR PORT.

The engine is ClickHouse's own, of the wheel chdb-core; it knows no users, takes one statement at a time, and answers with the
codes and words that the real server sends in the same places.
"""

from __future__ import annotations

import re
import signal
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_CODE = re.compile(r"Code: (\d+)")


class Handler(BaseHTTPRequestHandler):
    """One request: POST / with a statement, or GET /ping."""

    protocol_version = "HTTP/1.1"
    session: Any
    lock = threading.Lock()

    def do_GET(self) -> None:
        """The server's way of saying that it lives."""
        self._answer(HTTPStatus.OK, b"Ok.\n")

    def do_POST(self) -> None:
        """A statement, and what it says."""
        statement = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        try:
            with self.lock:
                found = self.session.query(statement, "TabSeparated")
                content = found.bytes() if hasattr(found, "bytes") else str(found).encode()
        except Exception as error:  # noqa: BLE001  # whatever the engine says is the answer
            code = _CODE.search(str(error))
            status = HTTPStatus.BAD_REQUEST if code else HTTPStatus.INTERNAL_SERVER_ERROR
            self._answer(status, str(error).encode(), code[1] if code else "0")
        else:
            self._answer(HTTPStatus.OK, content)

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002  # the base class's name
        """Nothing: statements hold events."""

    def _answer(self, status: HTTPStatus, content: bytes, error_code: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if error_code:
            self.send_header("X-ClickHouse-Exception-Code", error_code)
        self.end_headers()
        self.wfile.write(content)


def main(folder: str, port: str) -> None:
    """Serve until told to stop."""
    from chdb import session  # type: ignore[import-not-found]  # fetched by run.sh into a place of its own

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Handler.session = session.Session(str(Path(folder) / "engine"))
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
