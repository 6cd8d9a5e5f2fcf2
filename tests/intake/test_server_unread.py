"""Answers that nobody reads: together they hold no more than the process may."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest

from intake.server.limits import ServerLimits
from tests.intake.live_server import Live, Wire, live

pytestmark = pytest.mark.slow  # each answer has megabytes


def unread(server: Live) -> Wire:
    wire = server.connect()
    wire.send(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n")
    with contextlib.suppress(ConnectionResetError):
        wire.socket.recv(1, socket.MSG_PEEK)  # its answer has begun
    return wire


def is_cut(wire: Wire) -> bool:
    with contextlib.suppress(ConnectionResetError):
        return len(wire.until_closed()) < 8_000_000
    return True


def test_answers__nobody_reads__connections_beyond_the_limit_cut_and_others_served() -> None:
    with live(ServerLimits(max_unread_bytes=10_000_000)) as server:
        wires = [unread(server) for _ in range(6)]

        assert server.worker.state.unread_bytes <= 10_000_000
        assert any(is_cut(wire) for wire in reversed(wires))
        with_room = server.connect()
        with_room.send(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi")
        assert with_room.answer()[0] == 200


def test_answers__read_or_given_up__hold_nothing_more() -> None:
    with live(ServerLimits(max_unread_bytes=20_000_000)) as server:
        reader, leaver = unread(server), unread(server)
        assert len(reader.answer()[2]) == 8_000_000
        leaver.socket.close()

        until = time.monotonic() + 5
        while server.worker.state.unread_bytes and time.monotonic() < until:
            time.sleep(0.02)

        assert server.worker.state.unread_bytes == 0
