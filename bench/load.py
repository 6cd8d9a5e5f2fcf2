"""Keeps connections busy with POSTs for some seconds and prints, as JSON, what came back; a process of its own.

Bare sockets: the client must cost little on the machine that it shares with the server. Every event has an id of its own.
"""

from __future__ import annotations

import argparse
import json
import selectors
import socket
import sys
import time
from collections import Counter
from pathlib import Path

MARK = b"@@ID@@"  # in the template, where each event's id goes


class Connection:
    """One keep-alive connection with one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self._buffer = b""

    def send(self, request: bytes) -> None:
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """The status once the whole answer is there."""
        chunk = self.socket.recv(65536)
        if not chunk:
            sys.exit("the server closed a connection")
        self._buffer += chunk
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return None
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return None
        self._buffer = body[length:]
        return head[9:12]


class Requests:
    """Requests of `batch` events made from a template."""

    def __init__(self, template: bytes, batch: int, query: str = "") -> None:
        self._target = b"/v1/events" + query.encode()
        self._before, _, self._after = template.partition(MARK)
        self._batch = batch
        self._next = time.time_ns() & 0xFFFFFFFFFFFF

    def next(self) -> bytes:
        events = [
            b"%s00000000-0000-7000-8000-%012x%s" % (self._before, number & 0xFFFFFFFFFFFF, self._after)
            for number in range(self._next, self._next + self._batch)
        ]
        self._next += self._batch
        body = events[0] if self._batch == 1 else b"[" + b",".join(events) + b"]"
        head = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        return head % (self._target, len(body)) + body


def run(port: int, connections: int, seconds: float, requests: Requests, rate: float = 0.0) -> dict[str, object]:
    """Send until the time is up, then wait for what is under way.

    With a `rate` requests are due at equal distances; a time counts from when its request was due, so that a server that
    stalls can't hide it (coordinated omission).
    """
    statuses: Counter[str] = Counter()
    times: list[float] = []
    waiting = selectors.DefaultSelector()
    idle = [Connection(port) for _ in range(connections)]
    for connection in idle:
        waiting.register(connection.socket, selectors.EVENT_READ, connection)
    started = time.perf_counter()
    sent = 0
    while True:
        now = time.perf_counter()
        while idle and now - started < seconds and (not rate or started + sent / rate <= now):
            connection = idle.pop()
            connection.send(requests.next())
            if rate:
                connection.sent_at = started + sent / rate
            sent += 1
        if now - started >= seconds and len(idle) == connections:
            break
        pause = max(0.0, started + sent / rate - now) if rate and idle else 10.0
        for key, _ in waiting.select(timeout=pause):
            status = key.data.receive()
            if status is not None:
                statuses[status.decode()] += 1
                times.append(time.perf_counter() - key.data.sent_at)
                idle.append(key.data)
    times.sort()
    return {
        "seconds": time.perf_counter() - started,
        "requests": len(times),
        "statuses": statuses,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[len(times) * 99 // 100] * 1000,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--template", type=Path, required=True)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rate", type=float, default=0.0, help="requests a second; 0: as fast as answers come")
    parser.add_argument("--query", default="")
    options = parser.parse_args()
    requests = Requests(options.template.read_bytes(), options.batch, options.query)
    print(json.dumps(run(options.port, options.connections, options.seconds, requests, options.rate)))


if __name__ == "__main__":
    main()
