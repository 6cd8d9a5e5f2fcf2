"""A connection to the intake that asks the kernel when its answers arrived."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
import time

_SO_TIMESTAMPNS = 35  # not among Python's names; Linux, asm-generic/socket.h
_STAMP = struct.Struct("qq")  # seconds and nanoseconds since 1970
_HEAD = b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class Wire:
    """A kept connection; one request at a time."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    @classmethod
    def to(cls, port: int) -> Wire:
        """Connected to a port of this machine."""
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        connection.setblocking(False)
        return cls(connection)

    async def post(self, event: bytes) -> float:
        """Seconds from the request's first byte to the answer's last; any answer but 2xx ends the program."""
        began = time.clock_gettime_ns(time.CLOCK_REALTIME)
        self._socket.send(_HEAD % len(event) + event)
        answer, arrived = b"", 0
        while not _is_whole(answer):
            await self._readable()
            data, notes, _, _ = self._socket.recvmsg(65536, 64)
            answer, arrived = answer + data, _arrival(notes)
        if not answer.startswith(b"HTTP/1.1 2"):
            sys.exit(f"the intake answered {answer[:40]!r}")
        return (arrived - began) / 1e9

    async def _readable(self) -> None:
        loop, ready = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._socket, ready.set)
        await ready.wait()
        loop.remove_reader(self._socket)


def _arrival(notes: list[tuple[int, int, bytes]]) -> int:
    for _, kind, note in notes:
        if kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = _STAMP.unpack(note)
            return int(seconds) * 10**9 + int(nanoseconds)
    sys.exit("the intake hung up, or this kernel stamps nothing")


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    return bool(end) and len(body) >= int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
