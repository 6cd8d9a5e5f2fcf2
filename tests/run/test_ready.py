"""Whether a role takes requests."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest

from eventplatform.run.roles import Role
from eventplatform.run.supervisor import is_ready


class _Fine(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the output of tests quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Fine) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/readyz"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY"])
def test_is_ready__proxy_in_the_environment__asked_directly(url: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert is_ready(Role("web", (), url))
    assert not is_ready(Role("web", (), "http://127.0.0.1:9/readyz"))
