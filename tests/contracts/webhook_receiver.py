"""A receiver of webhooks as its owner would write it: a process that keeps each record once, by its id, in SQLite.

`python -m tests.contracts.webhook_receiver FILE`: prints its port, then serves until it is ended. It takes CloudEvents batches,
and JSON arrays by the ids in `webhook-id`; a request without a good signature is turned away.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sqlite3
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = b"a secret of the tests, not more!"


class Receiver(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, file: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.file = file
        with sqlite3.connect(file) as database:
            database.execute("PRAGMA journal_mode = wal")
            database.execute("CREATE TABLE taken (place INTEGER PRIMARY KEY, id TEXT UNIQUE, event TEXT)")

    def handle_error(self, *_: object) -> None:
        """A client that was killed is no news."""


class Handler(BaseHTTPRequestHandler):
    server: Receiver
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_words: object) -> None:
        """Nothing on stderr."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._is_signed(body):
            self._answer(401)
            return
        database = sqlite3.connect(self.server.file, timeout=30)
        with database:
            database.executemany("INSERT OR IGNORE INTO taken (id, event) VALUES (?, ?)", self._records(json.loads(body)))
        database.close()
        self._answer(204)

    def _is_signed(self, body: bytes) -> bool:
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        made = "v1," + base64.b64encode(hmac.digest(SECRET, signed, hashlib.sha256)).decode()
        return any(hmac.compare_digest(made, one) for one in self.headers.get("webhook-signature", "").split())

    def _records(self, body: Any) -> Iterator[tuple[str, str]]:
        if self.headers["Content-Type"].startswith("application/cloudevents-batch"):
            yield from ((one["id"], json.dumps(one["data"])) for one in body)
        else:
            yield from zip(ids(self.headers["webhook-id"]), map(json.dumps, body), strict=True)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def ids(webhook_id: str) -> Iterator[str]:
    """The id of each record of a request, from the request's own."""
    prefix, _, ranges = webhook_id.rpartition(":")
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        yield from (f"{prefix}:{offset}" for offset in range(int(first), int(last or first) + 1))


def main() -> None:
    receiver = Receiver(sys.argv[1])
    print(receiver.server_address[1], flush=True)  # noqa: T201  # for whoever started it
    receiver.serve_forever()


if __name__ == "__main__":
    main()
