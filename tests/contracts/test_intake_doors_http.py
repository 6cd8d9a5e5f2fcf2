"""Both doors over real sockets: chunks, lies about the length, connections that go on after a refusal."""

from __future__ import annotations

import http.client
import re
import socket
from collections.abc import Iterator

import pytest

from eventplatform import env
from tests.contracts.intake_doors import LIMITS
from tests.intake.serving import serving

pytestmark = pytest.mark.slow
EVENT = b'{"$schema":"/sample/test_event/1.0.0","meta":{"stream":"test.event"},"test":"hello"}'
LIMIT = LIMITS.max_body_bytes


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    with (
        serving("tests.intake.served:lane", "asgi", env.child({})) as lane,
        serving("tests.intake.served:drf", "wsgi", env.child({})) as drf,
    ):
        yield {"lane": lane, "drf": drf}


@pytest.fixture(params=["lane", "drf"])
def port(request: pytest.FixtureRequest, ports: dict[str, int]) -> int:
    return ports[request.param]


class Wire:
    """One connection, seen byte by byte."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)

    def post(self, headers: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        head = f"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}\r\n\r\n"
        self.socket.sendall(head.encode() + body)
        return self.answer()

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        response = http.client.HTTPResponse(self.socket)
        response.begin()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()

    def until_closed(self) -> bytes:
        received = b""
        while chunk := self.socket.recv(65536):
            received += chunk
        return received


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


def test_http__chunked_body__accepted(port: int) -> None:
    wire = Wire(port)

    assert wire.post("Transfer-Encoding: chunked", chunked(EVENT[:10], EVENT[10:]))[0] == 201
    assert wire.post("Transfer-Encoding: chunked", chunked())[0] == 400


@pytest.mark.parametrize("size", [LIMIT + 1, LIMIT + LIMIT // 2])
def test_http__announced_too_large__413_then_the_connection_goes_on(port: int, size: int) -> None:
    wire = Wire(port)

    status, _, body = wire.post(f"Content-Length: {size}", b"x" * size)

    assert (status, b"body.too_large" in body) == (413, True)
    assert wire.post(f"Content-Length: {len(EVENT)}", EVENT)[0] == 201


def test_http__chunked_too_large__413_then_the_connection_goes_on(port: int) -> None:
    wire = Wire(port)

    assert wire.post("Transfer-Encoding: chunked", chunked(*[b"x" * 5000] * 6))[0] == 413
    assert wire.post(f"Content-Length: {len(EVENT)}", EVENT)[0] == 201


def test_http__announced_far_too_large__413_before_the_body_is_sent(port: int) -> None:
    assert Wire(port).post("Content-Length: 1000000000", b"x")[0] == 413


def test_http__unending_chunks__413_without_reading_on(port: int) -> None:
    wire = Wire(port)
    head = (
        b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )

    wire.socket.sendall(head + chunked(*[b"x" * 5000] * 9)[:-5])

    assert wire.answer()[0] == 413


def test_http__more_than_announced__rest_is_no_second_request(port: int) -> None:
    wire = Wire(port)

    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(EVENT)}\r\n\r\n"
    )
    wire.socket.sendall(head.encode() + EVENT + b"TRAILING\r\n\r\n")

    received = wire.until_closed()

    assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"201", b"400"]


def test_http__less_than_announced__nothing_accepted(port: int) -> None:
    wire = Wire(port)
    wire.socket.sendall(
        b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n" + EVENT
    )
    wire.socket.shutdown(socket.SHUT_WR)

    status, headers, body = wire.answer()

    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert b"body.truncated" in body


@pytest.mark.parametrize("sent", [b"zz\r\n", b"3\r\n[1,\r\nzz\r\n"])
def test_http__malformed_chunk__400_as_a_problem(port: int, sent: bytes) -> None:
    status, headers, body = Wire(port).post("Transfer-Encoding: chunked", sent)

    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert re.search(rb'"code":"(body\.broken|body\.empty|json\.invalid)"', body)


@pytest.mark.parametrize("host", [b"", b"Host: evil.example\r\n", b"Host: a b\r\n", b"Host:\r\n"])
def test_http__doors__any_host_accepted(port: int, host: bytes) -> None:
    wire = Wire(port)
    head = b"POST /v1/events HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % len(EVENT)

    wire.socket.sendall(head + host + b"\r\n" + EVENT)

    assert wire.answer()[0] == 201


def test_http__other_pages_of_the_web_role__still_judge_the_host(ports: dict[str, int]) -> None:
    wire = Wire(ports["drf"])

    wire.socket.sendall(b"GET /admin/login/ HTTP/1.1\r\nHost: evil.example\r\n\r\n")

    assert wire.answer()[0] == 400


def test_http__refused_content_type_with_a_body__connection_goes_on(port: int) -> None:
    wire = Wire(port)

    body = b"x" * 10_000
    wire.socket.sendall(
        b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/html\r\nContent-Length: 10000\r\n\r\n" + body
    )

    assert wire.answer()[0] == 415
    assert wire.post(f"Content-Length: {len(EVENT)}", EVENT)[0] == 201


@pytest.mark.parametrize(
    "request_id", [b"x%0d%0aSet-Cookie: a=b", b"\x1b[31m", "ü".encode("latin-1")], ids=["percent", "ansi", "latin-1"]
)
def test_http__hostile_request_id__never_comes_back(port: int, request_id: bytes) -> None:
    wire = Wire(port)
    wire.socket.sendall(
        b"POST /v1/events?hasty=%0d%0aX:1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"X-Request-Id: " + request_id + b"\r\nContent-Length: 2\r\n\r\n{}"
    )

    status, headers, body = wire.answer()

    assert status == 400
    assert "set-cookie" not in headers
    assert request_id not in body


REQUESTS = [
    (f"Content-Length: {len(EVENT)}", EVENT),
    (f"Content-Length: {len(EVENT)}\r\nExpect: 100-continue", EVENT),
    ("Transfer-Encoding: chunked", chunked(EVENT)),
    ("Content-Length: 3", b"[1]"),
    ("Content-Length: 0", b""),
    (f"Content-Length: {LIMIT + 5}", b"x" * (LIMIT + 5)),
    ("Content-Length: 2\r\nContent-Encoding: gzip", b"{}"),
    ("Content-Length: 2\r\nContent-Encoding: identity\r\nContent-Encoding: identity", b"{}"),
    ("Content-Length: 2\r\nContent-Type: text/html", b"{}"),
]


@pytest.mark.parametrize(("headers", "body"), REQUESTS)
def test_http__doors__same_request_same_answer(ports: dict[str, int], headers: str, body: bytes) -> None:
    answers = []
    for port in ports.values():
        status, found, content = Wire(port).post(headers, body)
        found.pop("date", None)
        found.pop("server", None)  # Granian names itself, and can't be told not to
        answers.append((status, found, re.sub(rb'"(id|dt)":"[^"]*"', b"", content)))

    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("Content-Length: abc", b""),
        ("Content-Length: 5\r\nContent-Length: 6", b"hello"),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", b"0\r\n\r\n"),
        ("Transfer-Encoding: gzip", b"hello"),
        ("X-Nul: a\0b\r\nContent-Length: 2", b"{}"),
    ],
)
def test_http__headers_that_two_readers_may_understand_differently__refused_by_either_server(
    port: int, ports: dict[str, int], headers: str, body: bytes
) -> None:
    """What differs: the lane's server says why; Granian closes with an empty 400, or leaves it to the door."""
    status, found, content = Wire(port).post(headers, body)

    assert status == 400
    if port == ports["lane"]:
        assert (found["connection"], b'"code":"request.malformed"' in content) == ("close", True)
    else:
        assert content == b"" or b'"code":"body.' in content


def test_http__get__405_on_both(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("HEAD", "/v1/events")

    response = connection.getresponse()

    assert (response.status, response.getheader("allow"), response.read()) == (405, "POST", b"")
