"""F10: one of five connectors meets a slow, failing, throttling or resetting store; the other four notice nothing."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import orjson
import pytest

from connectors import services
from connectors.models import Target
from eventplatform.broker.base import Log
from eventplatform.eventlog import event_log
from tests import configuring
from tests.faults.connector_fleet import PARTITIONS, STREAM, TOPIC, Fleet, produce, until

Way = Literal["well", "slow", "error", "throttle", "reset"]
BAD = "c0"
NAMES = tuple(f"c{n}" for n in range(5))
RETRY_AFTER = 8
SLOW_SECONDS = 30.0
_NO_LINGER = struct.pack("ii", 1, 0)  # closing sends a reset


class Receivers:
    """One server for all connectors, told apart by path: counts their events, and treats one of them as it is told."""

    def __init__(self) -> None:
        self.way: Way = "well"
        self.taken: Counter[str] = Counter()
        self.asked: list[float] = []  # when the bad one was asked
        self._lock = threading.Lock()
        self.ending = threading.Event()
        receivers = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receivers.answer(self, self.path.strip("/"), body)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    def answer(self, handler: BaseHTTPRequestHandler, name: str, body: bytes) -> None:
        way = self.way if name == BAD else "well"
        if name == BAD:
            self.asked.append(time.monotonic())
        if way == "reset":
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            handler.close_connection = True
            handler.connection.close()
            return
        if way == "slow":
            self.ending.wait(SLOW_SECONDS)
        status = {"error": 500, "throttle": 429}.get(way, 200)
        handler.send_response(status)
        if way == "throttle":
            handler.send_header("Retry-After", str(RETRY_AFTER))
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        if status == 200:
            with self._lock:
                self.taken[name] += len(orjson.loads(body))

    @property
    def others(self) -> int:
        """What the four healthy ones took."""
        with self._lock:
            return sum(count for name, count in self.taken.items() if name != BAD)


@pytest.fixture
def receivers() -> Iterator[Receivers]:
    made = Receivers()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.ending.set()
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def child_environment(child_environment: dict[str, str]) -> dict[str, str]:
    """Its workers may write to this machine."""
    return {**child_environment, "OUTBOUND_PRIVATE_HOSTS": "127.0.0.1"}


@pytest.fixture
def connectors(log: Log, receivers: Receivers, settings: Any) -> None:
    """Five, each with a target of its own and four partitions: twenty leases for eight threads."""
    settings.OUTBOUND_PRIVATE_HOSTS = ["127.0.0.1"]
    configuring.configure({"streams": {TOPIC: STREAM}}, author="test", reason="test")
    port = receivers.server.server_address[1]
    for name in NAMES:
        services.save_target(name=name, kind="http", values={"url": f"http://127.0.0.1:{port}/{name}"})
        values = {"format": "json", "timeout_seconds": SLOW_SECONDS + 10}
        services.save_connector(name=name, target=name, streams=[TOPIC], values=values)


def rate(log: Log, receivers: Receivers, seconds: float, counter: Iterator[int]) -> float:
    """Events per second that the four others take, of a steady flow, over so many seconds."""
    before, began = receivers.others, time.monotonic()
    while (now := time.monotonic() - began) < seconds:
        start = next(counter)
        produce(log, range(start * 20, start * 20 + 20))
        time.sleep(max(0.0, 0.1 - (time.monotonic() - began - now)))  # a flow of 200 a second, not a wait for anything
    return (receivers.others - before) / (time.monotonic() - began)


@pytest.mark.usefixtures("connectors")
@pytest.mark.parametrize(  # some seconds tell a rate to a tenth only
    ("ways", "seconds", "least"),
    [
        pytest.param(("slow",), 4.0, 0.85, marks=[pytest.mark.slow, pytest.mark.timeout(120)], id="small"),
        pytest.param(
            ("slow", "error", "throttle", "reset"), 45.0, 0.95, marks=[pytest.mark.faults, pytest.mark.timeout(600)], id="large"
        ),
    ],
)
def test_bulkhead__one_store_is_slow_fails_throttles_or_resets__the_others_keep_their_rate(
    ways: tuple[Way, ...], seconds: float, least: float, fleet: Fleet, receivers: Receivers
) -> None:
    log = event_log()
    fleet.start_worker("one", threads=8)
    fleet.start_watcher()
    counter = iter(range(1_000_000))
    produce(log, range(-20, 0))
    until(lambda: len(receivers.taken) == len(NAMES), 120, "every connector writes")
    rate(log, receivers, 3.0, counter)  # until the flow is steady
    baseline = rate(log, receivers, seconds, counter)

    rates: dict[str, float] = {}
    for way in ways:
        receivers.way, receivers.asked = way, []
        rates[way] = rate(log, receivers, seconds, counter)
        if way in {"error", "reset", "throttle"}:
            target = Target.objects.get(name=BAD)
            assert target.open_until is not None, way
            assert target.open_reason
        if way == "throttle":
            gaps = [later - earlier for earlier, later in zip(receivers.asked, receivers.asked[1:], strict=False)]
            assert sum(gap < RETRY_AFTER - 1 for gap in gaps) <= PARTITIONS  # what was under way when it first said so

    receivers.way = "well"
    receivers.ending.set()
    print(f"baseline {baseline:.0f}/s, " + ", ".join(f"{way} {found / baseline:.1%}" for way, found in rates.items()))  # noqa: T201  # the figures are asked for
    assert all(found >= least * baseline for found in rates.values())
