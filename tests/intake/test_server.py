"""The intake's server on the wire: what it passes on, how it answers, what it refuses as no request at all."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Iterator

import pytest

from tests.intake.live_server import Live, Wire, code, live

HEAD = b"POST /echo HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Live]:
    with live() as running:
        yield running


@pytest.fixture
def wire(server: Live) -> Iterator[Wire]:
    connection = server.connect()
    yield connection
    connection.socket.close()


def refused(wire: Wire, raw: bytes) -> str:
    """The code of the answer, after which the connection must be closed."""
    wire.send(raw)
    answer = wire.answer()
    assert answer[1]["connection"] == "close"
    assert wire.until_closed() == b""
    return code(answer)


def test_request__post__reaches_the_application_whole(wire: Wire) -> None:
    status, headers, body = wire.ask("/a%20b/echo?x=%41", b"hello", "X-One: 1", "X-One: 2")

    told = json.loads(body)
    assert (status, told["method"], told["path"], told["query"], told["body"]) == (200, "POST", "/a b/echo", "x=%41", "hello")
    assert [value for name, value in told["headers"] if name == "x-one"] == ["1", "2"]
    assert set(headers) == {"date", "content-length"}  # no word about the server


def test_request__absolute_address__path_and_query_taken(wire: Wire) -> None:
    told = json.loads(wire.ask("http://localhost/echo?x=1")[2])

    assert (told["path"], told["query"]) == ("/echo", "x=1")


@pytest.mark.parametrize("pieces", [[b"hello"], [b"h", b"ello"], [b"x" * 50_000] * 6])
def test_body__in_chunks__arrives_whole(wire: Wire, pieces: list[bytes]) -> None:
    wire.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    for piece in (*pieces, b""):
        wire.send(b"%x\r\n%s\r\n" % (len(piece), piece))

    assert json.loads(wire.answer()[2])["body"].encode() == b"".join(pieces)


def test_body__with_trailers__they_become_no_headers(wire: Wire) -> None:
    wire.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n")

    told = json.loads(wire.answer()[2])

    assert told["body"] == "hi"
    assert "x-forwarded-for" not in dict(told["headers"])


def test_connection__many_requests__one_after_the_other(wire: Wire) -> None:
    assert [json.loads(wire.ask("/echo", b"%d" % number)[2])["body"] for number in range(20)] == [str(n) for n in range(20)]


def test_pipelining__slow_first__answers_keep_their_order(wire: Wire) -> None:
    wire.send(
        b"GET /slow?first HTTP/1.1\r\n\r\n"
        + b"".join(b"POST /echo?%d HTTP/1.1\r\nContent-Length: 1\r\n\r\nx" % n for n in range(50))
    )

    assert wire.answer()[2] == b"first"
    assert [json.loads(wire.answer()[2])["query"] for _ in range(50)] == [str(n) for n in range(50)]


def test_pipelining__garbage_behind_a_slow_one__answered_after_it(wire: Wire) -> None:
    wire.send(b"GET /slow?first HTTP/1.1\r\n\r\nGARBAGE\r\n\r\n")

    assert wire.answer()[2] == b"first"
    assert code(wire.answer()) == "request.malformed"
    assert wire.until_closed() == b""


def test_pipelining__thousands_at_once__all_answered(server: Live) -> None:
    wire = server.connect()
    wire.send(b"GET /echo HTTP/1.1\r\n\r\n" * 5000 + b"GET /echo HTTP/1.1\r\nConnection: close\r\n\r\n")

    assert wire.until_closed().count(b"HTTP/1.1 200 ") == 5001


def test_expect__100_continue__told_to_go_on(wire: Wire) -> None:
    wire.send(HEAD + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")

    assert wire.socket.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    wire.send(b"hi")
    assert json.loads(wire.answer()[2])["body"] == "hi"


def test_expect__answered_without_reading__connection_closed(wire: Wire) -> None:
    wire.send(b"POST /early HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")

    status, headers, _ = wire.answer()

    assert (status, headers["connection"]) == (413, "close")  # whether "hi" or a request comes next, nobody knows
    assert wire.until_closed() == b""


def test_head__answered_without_a_body(wire: Wire) -> None:
    status, headers, body = wire.ask("/echo", method="HEAD")

    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) > 0
    assert wire.ask("/echo")[0] == 200


def test_http_1_0__answered_and_closed(wire: Wire) -> None:
    wire.send(b"GET /stream HTTP/1.0\r\n\r\n")

    head, _, body = wire.until_closed().partition(b"\r\n\r\n")

    assert (head[:15], body) == (b"HTTP/1.1 200 OK", b"onetwo")
    assert b"connection: close" in head
    assert b"chunked" not in head


def test_answer__without_a_length__chunked(wire: Wire) -> None:
    _, headers, body = wire.ask("/stream")

    assert (headers["transfer-encoding"], body) == ("chunked", b"onetwo")


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("No%20good", b"HTTP/1.1 400 No good\r\n"),
        ("a%0D%0ASet-Cookie:b", b"HTTP/1.1 400 a  Set-Cookie:b\r\n"),
        ("%00%1b[31m%7f", b"HTTP/1.1 400   [31m \r\n"),
        ("%E9", b"HTTP/1.1 400 \xe9\r\n"),
    ],
)
def test_reason__given_by_the_application__written_without_what_could_end_the_line(wire: Wire, given: str, line: bytes) -> None:
    wire.send(f"GET /reason?{given} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())

    assert wire.until_closed().startswith(line)


@pytest.mark.parametrize("path", ["/crash", "/late", "/silent", "/evil"])
def test_application__fails__500_as_a_problem(wire: Wire, path: str) -> None:
    answer = wire.ask(path)

    assert (answer[0], code(answer)) == (500, "request.crashed")
    assert wire.until_closed() == b""


def test_application__fails_amid_its_answer__connection_cut_so_that_the_client_sees_it(wire: Wire) -> None:
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        wire.ask("/cut")


@pytest.mark.parametrize(
    "wish",
    [
        b"Upgrade: h2c\r\nHTTP2-Settings: AA\r\nConnection: Upgrade, HTTP2-Settings\r\n",
        b"Connection: upgrade\r\nUpgrade: websocket\r\n",
    ],
)
def test_upgrade__wished__ignored_and_the_body_read(wire: Wire, wish: bytes) -> None:
    for length in (b"Content-Length: 5\r\n\r\nhello", b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"):
        wire.send(HEAD + wish + length)

        told = json.loads(wire.answer()[2])

        assert told["body"] == "hello"
        assert "upgrade" not in dict(told["headers"])


@pytest.mark.parametrize("size", [3, 60_000])
def test_early_answer__small_rest__connection_goes_on(wire: Wire, size: int) -> None:
    assert wire.ask("/early", b"x" * size)[:1] == (413,)
    assert json.loads(wire.ask("/echo", b"next")[2])["body"] == "next"


def test_early_answer__large_rest__readable_though_the_client_sends_on(wire: Wire) -> None:
    status, headers, body = wire.ask("/early", b"x" * 3_000_000)

    assert (status, headers["connection"], body) == (413, "close", b"too large")
    assert wire.until_closed() == b""


def test_early_answer__unending_chunks__connection_ended(wire: Wire) -> None:
    wire.send(b"POST /early HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"fff\r\n" + b"x" * 0xFFF + b"\r\n")
    assert wire.answer()[0] == 413

    with contextlib.suppress(ConnectionError):
        for _ in range(1_000_000):  # the server's patience ends long before
            wire.send(b"fff\r\n" + b"x" * 0xFFF + b"\r\n")
        pytest.fail("it reads for ever")


def test_half_closed__request_complete__answered(wire: Wire) -> None:
    wire.send(b"GET /slow?here HTTP/1.1\r\n\r\n")
    wire.socket.shutdown(socket.SHUT_WR)

    assert wire.answer()[2] == b"here"
    assert wire.until_closed() == b""


def test_half_closed__in_the_body__application_says_what_it_makes_of_it(wire: Wire) -> None:
    wire.send(HEAD + b"Content-Length: 50\r\n\r\nhello")
    wire.socket.shutdown(socket.SHUT_WR)

    assert (wire.answer()[2], wire.until_closed()) == (b"broken", b"")


SMUGGLED = {
    "length and encoding": b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "encoding and length": b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "two equal lengths": b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "a list of lengths": b"Content-Length: 3, 3\r\n\r\nabc",
    "signed length": b"Content-Length: +3\r\n\r\nabc",
    "negative length": b"Content-Length: -3\r\n\r\nabc",
    "length of letters": b"Content-Length: abc\r\n\r\nabc",
    "endless length": b"Content-Length: 99999999999999999999999\r\n\r\nabc",
    "empty length": b"Content-Length:\r\n\r\nabc",
    "other encoding": b"Transfer-Encoding: gzip\r\n\r\nabc",
    "two encodings": b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "encoding twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "nearly chunked": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "vertical tab": b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "folded header": b"X-A: a\r\n b\r\n\r\n",
    "folded encoding": b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "NUL in a value": b"X-A: a\x00b\r\n\r\n",
    "NUL in a name": b"X-\x00A: a\r\n\r\n",
    "control in a value": b"X-A: a\x01b\r\n\r\n",
    "bare CR": b"X-A: a\rb\r\n\r\n",
    "bare LF": b"X-A: a\nX-B: b\r\n\r\n",
    "space before the colon": b"Content-Length : 3\r\n\r\nabc",
    "no name": b": 3\r\n\r\nabc",
    "another host": b"Host: elsewhere\r\n\r\n",
}


@pytest.mark.parametrize("rest", SMUGGLED.values(), ids=SMUGGLED)
def test_malformed__headers__refused_and_closed(wire: Wire, rest: bytes) -> None:
    assert refused(wire, HEAD + rest + b"GET /echo HTTP/1.1\r\n\r\n") == "request.malformed"


@pytest.mark.parametrize(
    "raw",
    [
        b"GARBAGE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\x01 HTTP/1.1\r\n\r\n",
        b"GET /\xc3\xa9 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.2\r\n\r\n",
        b"post / HTTP/1.1\r\n\r\n",
        b"CONNECT a:80 HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_malformed__request_line__refused_and_closed(wire: Wire, raw: bytes) -> None:
    assert refused(wire, raw) == "request.malformed"


@pytest.mark.parametrize("raw", [b"GET / HTTP/2.0\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/0.9\r\n\r\n"])
def test_version__other__505(wire: Wire, raw: bytes) -> None:
    assert refused(wire, raw) == "request.version"


@pytest.mark.parametrize(
    "sent",
    [
        b"zz\r\n",
        b"-1\r\n",
        b"0x3\r\nabc\r\n",
        b"3 \r\nabc\r\n",
        b"fffffffffffffffff\r\nabc\r\n",
        b"3\nabc\n",
        b"3\r\nabcX0\r\n\r\n",
        b"3;a\nb\r\nabc\r\n",
    ],
)
def test_malformed__chunks__body_broken_and_closed(wire: Wire, sent: bytes) -> None:
    wire.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + sent + b"GET /echo HTTP/1.1\r\n\r\n")

    status, headers, body = wire.answer()

    assert (status, headers["connection"], body) == (400, "close", b"broken")
    assert wire.until_closed() == b""


def test_malformed__body_of_crumbs__refused(wire: Wire) -> None:
    assert refused(wire, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 10_000) == "request.malformed"
