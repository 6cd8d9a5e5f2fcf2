from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from deploy import packages
from tests.clients.packages import installing


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each package by the end of its name."""
    found = packages.build(tmp_path_factory.mktemp("packages"))
    return {f"{path.name.split('-')[0]}{''.join(path.suffixes[-1:])}": path for path in found}


class Door:
    """A platform of one stream that keeps what is posted to it."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        door = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the base's name
                self._answer(200, door.configuration())

            def do_POST(self) -> None:  # the base's name
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                door.events += said if isinstance(said, list) else [said]
                self._answer(201, None)

            def _answer(self, status: int, body: Any) -> None:
                text = b"" if body is None else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base's name
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def configuration(self) -> dict[str, Any]:
        """The answer to clients."""
        stream: dict[str, Any] = {
            "schema": "/sample/test_event/1.1.0",
            "service": "main",
            "sample": None,
            "changes": [],
            "heeds": [],
        }
        return {
            "contract": 1,
            "revision": 1,
            "refresh_seconds": 60,
            "intakes": {"main": f"{self.url}/main/v1/events"},
            "streams": {"test.event": {**stream, "fields": ["meta.id", "dt"], "curation": None}},
            "instruments": {},
        }

    def close(self) -> None:
        """Let go of the port."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()
    yield door
    door.close()


@pytest.fixture(scope="session")
def python(built: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, service_missing: installing.Missing) -> Path:
    """The Python of a stranger who installed the client."""
    return installing.python_of(
        tmp_path_factory.mktemp("venv"), str(built["eventplatform_client.whl"]), missing=service_missing
    )


@pytest.fixture(scope="session")
def node(built: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, service_missing: installing.Missing) -> Path:
    """The project of a stranger who installed the client."""
    return installing.node_folder(tmp_path_factory.mktemp("node"), built["eventplatform.tgz"], service_missing)
