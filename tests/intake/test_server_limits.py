"""What the intake's server allows a client to take: sizes, times, connections."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator

import pytest

from intake.server.limits import ServerLimits
from intake.server.refusals import Refusal
from tests.intake.live_server import Live, Wire, code, live

pytestmark = pytest.mark.slow  # deadlines are waited for
HEAD = b"POST /echo HTTP/1.1\r\nHost: localhost\r\n"
BODY = HEAD + b"Content-Length: 50\r\n\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Live]:
    limits = ServerLimits(
        head_seconds=0.4,
        body_idle_seconds=0.4,
        body_seconds=1.0,
        keep_alive_seconds=0.4,
        linger_seconds=0.3,
        write_seconds=0.5,
        max_head_bytes=4096,
        max_target_bytes=1000,
    )
    with live(limits) as running:
        yield running


def drip(wire: Wire, raw: bytes, seconds: float) -> None:
    """Send byte by byte until the server closes, or for so long."""
    until = time.monotonic() + seconds
    wire.socket.settimeout(0.05)
    for byte in raw:
        wire.send(bytes([byte]))
        if time.monotonic() > until:
            break
        try:
            if wire.socket.recv(1, 2):  # looks without taking
                break
        except TimeoutError:
            continue
    wire.socket.settimeout(10)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"GET /" + b"x" * 1500 + b" HTTP/1.1\r\n\r\n", "request.target_too_long"),
        (b"GET /" + b"x" * 100_000, "request.target_too_long"),
        (HEAD + b"X-A: " + b"x" * 5000 + b"\r\n\r\n", "request.head_too_large"),
        (HEAD + b"X-A: " + b"x" * 300_000, "request.head_too_large"),
        (HEAD + b"".join(b"X-%d: 1\r\n" % number for number in range(101)) + b"\r\n", "request.head_too_large"),
    ],
)
@pytest.mark.parametrize("size", [10_000_000, 700], ids=["at once", "in pieces"])
def test_head__too_large__refused(server: Live, raw: bytes, reason: str, size: int) -> None:
    wire = server.connect()
    for start in range(0, len(raw), size):
        try:
            wire.send(raw[start : start + size])
        except OSError:
            break

    answer = wire.answer()

    assert (answer[0], code(answer)) == ({"request.target_too_long": 414}.get(reason, 431), reason)


def test_head__as_large_as_allowed__taken(server: Live) -> None:
    assert server.connect().ask("/echo", b"", "X-A: " + "x" * 3900)[0] == 200


def test_head__dripped__408(server: Live) -> None:
    wire, started = server.connect(), time.monotonic()

    drip(wire, HEAD + b"X-A: 1\r\n" * 100, seconds=5)

    answer = wire.answer()
    assert (answer[0], code(answer)) == (408, "request.head_timeout")
    assert time.monotonic() - started < 2


def test_head__of_the_second_request_dripped__408(server: Live) -> None:
    wire = server.connect()
    assert wire.ask("/echo")[0] == 200

    drip(wire, HEAD + b"X-A: 1\r\n" * 100, seconds=5)

    assert code(wire.answer()) == "request.head_timeout"


def test_connection__not_a_byte__closed_without_a_word(server: Live) -> None:
    seconds, received = server.connect().seconds_until_closed()

    assert (received, seconds < 2) == (b"", True)  # a browser that connects ahead must not find an answer


def test_connection__idle_after_an_answer__closed(server: Live) -> None:
    wire = server.connect()
    wire.ask("/echo")

    seconds, received = wire.seconds_until_closed()

    assert (received, 0.2 < seconds < 2) == (b"", True)


def test_connection__blank_lines_for_ever__closed(server: Live) -> None:
    wire = server.connect()
    wire.ask("/echo")
    until = time.monotonic() + 5

    with contextlib.suppress(ConnectionError):
        while time.monotonic() < until:
            wire.send(b"\r\n")
            time.sleep(0.02)
        pytest.fail("blank lines keep it open")


def test_body__stalled__408(server: Live) -> None:
    wire = server.connect()
    wire.send(BODY + b"half")

    answer = wire.answer()

    assert (answer[0], code(answer), answer[1]["connection"]) == (408, "body.timeout", "close")
    assert wire.until_closed() == b""


def test_body__dripped__408_once_the_whole_time_is_up(server: Live) -> None:
    wire, started = server.connect(), time.monotonic()
    wire.send(BODY)

    drip(wire, b"x" * 49, seconds=5)

    assert code(wire.answer()) == "body.timeout"
    assert 0.9 < time.monotonic() - started < 3


def test_body__chunks_dripped__408(server: Live) -> None:
    wire = server.connect()
    wire.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n3;")

    drip(wire, b"x" * 100, seconds=5)

    assert code(wire.answer()) == "body.timeout"


def test_rest_of_a_body__dripped_after_the_answer__connection_ended(server: Live) -> None:
    wire = server.connect()
    wire.send(b"POST /early HTTP/1.1\r\nContent-Length: 50\r\n\r\nhalf")
    assert wire.answer()[0] == 413

    seconds, received = wire.seconds_until_closed()

    assert (received, seconds < 2) == (b"", True)


def test_answer__slow_application__no_deadline_of_a_client_runs(server: Live) -> None:
    wire = server.connect()
    wire.send(b"GET /slow?a HTTP/1.1\r\n\r\nGET /slow?b HTTP/1.1\r\n\r\nPOST /slow?c HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")

    assert [wire.answer()[2] for _ in range(3)] == [b"a", b"b", b"c"]


def test_answer__never_read__connection_cut(server: Live) -> None:
    wire = server.connect()
    wire.send(b"GET /large HTTP/1.1\r\n\r\n")

    until = time.monotonic() + 5
    while server.worker.state.all_connections and time.monotonic() < until:
        time.sleep(0.05)

    assert not server.worker.state.all_connections


def test_lingering__client_never_closes__ends_all_the_same(server: Live) -> None:
    wire, started = server.connect(), time.monotonic()
    wire.send(b"GET /echo HTTP/1.1\r\nConnection: close\r\n\r\n")

    while server.worker.state.all_connections and time.monotonic() - started < 5:
        time.sleep(0.05)

    assert not server.worker.state.all_connections
    assert wire.answer()[0] == 200


def test_connections__one_too_many__503_at_once_and_room_again_later() -> None:
    with live(ServerLimits(max_connections=3, max_connections_per_address=3)) as server:
        held = [server.connect() for _ in range(3)]
        assert [wire.ask("/echo")[0] for wire in held] == [200] * 3

        status, headers, body = server.connect().answer()
        held.pop().socket.close()
        after = _eventually(lambda: server.connect().ask("/echo"), status=200)

    assert (status, headers["connection"], json.loads(body)["code"]) == (503, "close", "connections.exhausted")
    assert int(headers["retry-after"]) > 0
    assert after == 200


def test_connections__one_address__holds_its_share_only() -> None:
    with live(ServerLimits(max_connections=10, max_connections_per_address=2)) as server:
        greedy = [server.connect("127.0.0.2") for _ in range(2)]
        assert [wire.ask("/echo")[0] for wire in greedy] == [200] * 2

        status, headers, _ = server.connect("127.0.0.2").answer()
        other = server.connect("127.0.0.3").ask("/echo")[0]

    assert (status, headers["connection"], other) == (429, "close", 200)


def test_connections__storm_of_refused_ones__cut_off_without_a_word() -> None:
    with live(ServerLimits(max_connections=1, linger_seconds=1.5)) as server:
        first = server.connect()
        assert first.ask("/echo")[0] == 200

        storm = [server.connect() for _ in range(300)]
        assert first.ask("/echo")[0] == 200

        assert len(server.worker.state.all_connections) < 250
        for wire in storm:
            wire.socket.close()


def test_dripping__500_sockets__others_are_served_as_fast() -> None:
    with live(ServerLimits(max_connections=1000)) as server:
        dripping = [server.connect("127.0.0.2") for _ in range(500)]
        for number, wire in enumerate(dripping):
            wire.send(BODY if number % 2 else HEAD + b"X-A: ")
        probe, seconds = server.connect(), []
        for number in range(300):
            for wire in dripping[number % 10 :: 10]:
                wire.send(b"x")
            started = time.perf_counter()
            assert probe.ask("/echo", b"probe")[0] == 200
            seconds.append(time.perf_counter() - started)
        for wire in dripping:
            wire.socket.close()

    assert sorted(seconds)[int(len(seconds) * 0.99)] < 0.2


def _eventually(ask: Callable[[], tuple[int, dict[str, str], bytes]], *, status: int) -> int:
    until = time.monotonic() + 5
    while (found := ask()[0]) != status and time.monotonic() < until:
        time.sleep(0.05)
    return found


def test_refusals__codes__are_unique() -> None:
    from intake.server import refusals

    codes = [made.code for made in vars(refusals).values() if isinstance(made, Refusal)]

    assert len(codes) == len(set(codes))
