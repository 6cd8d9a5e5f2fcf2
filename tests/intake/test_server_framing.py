"""What a chunked body may bring beside its bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.intake.live_server import Live, Wire, code, live

HEAD = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Live]:
    with live() as running:
        yield running


@pytest.fixture
def wire(server: Live) -> Iterator[Wire]:
    connection = server.connect()
    yield connection
    connection.socket.close()


@pytest.mark.parametrize(
    ("framing", "reason"),
    [(b"0\r\n" + b"a:\r\n" * 200, "request.head_too_large"), (b"1;" + b"x" * 400_000, "request.malformed")],
    ids=["trailers", "an extension"],
)
def test_body__framing_without_end__refused(wire: Wire, framing: bytes, reason: str) -> None:
    """None of it counts as body, so no limit of bodies would ever stop it."""
    wire.send(HEAD + b"2\r\n{}\r\n" + framing)

    answer = wire.answer()

    assert (code(answer), answer[1]["connection"]) == (reason, "close")
    assert wire.until_closed() == b""


def test_body__small_chunks_with_extensions__arrives_whole(wire: Wire) -> None:
    wire.send(HEAD + b"64;a=b\r\n" + b"x" * 100 + b"\r\n")
    for _ in range(2000):
        wire.send(b"64;a=b\r\n" + b"x" * 100 + b"\r\n")
    wire.send(b"0\r\n\r\n")

    assert len(json.loads(wire.answer()[2])["body"]) == 200_100
