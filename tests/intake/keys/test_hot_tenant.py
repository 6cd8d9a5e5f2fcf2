"""One key at ten times its limit, over HTTP: it is told to wait, and the others notice nothing. Security row 16."""

from __future__ import annotations

import http.client
import threading
import time

import pytest

from eventplatform.broker.memory import MemoryLog
from eventplatform.core.services import Service
from eventplatform.guard.admission import Admission
from eventplatform.guard.door_guard import DoorGuard
from eventplatform.guard.door_policy import Defaults
from eventplatform.guard.keys import KeyRing
from eventplatform.guard.rates import Rates
from intake.lane import Lane
from intake.service import Intake
from tests.contracts.intake_doors import GOOD, LIMITS, HandMade, ReadyMade, dump
from tests.guard.guarding import PEPPERS, made
from tests.intake.live_server import live

pytestmark = pytest.mark.slow

LIMIT, SECONDS = 40, 2.0
HOT = made(0, events_per_second=LIMIT)
COLD = [made(number, events_per_second=LIMIT) for number in range(1, 5)]


class Client(threading.Thread):
    """Sends one event at a time, so many a second."""

    def __init__(self, port: int, secret: str, rate: float) -> None:
        super().__init__()
        self._port, self._rate = port, rate
        self._headers = {"content-type": "application/json", "authorization": f"Bearer {secret}"}
        self.answers: list[tuple[int, str | None, float]] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        started = time.perf_counter()
        number = 0
        while (now := time.perf_counter()) - started < SECONDS:
            if now - started < number / self._rate:
                time.sleep(max(0.0, started + number / self._rate - now))
            number += 1
            sent = time.perf_counter()
            connection.request("POST", "/v1/events", dump(GOOD), self._headers)
            answer = connection.getresponse()
            answer.read()
            self.answers.append((answer.status, answer.getheader("retry-after"), time.perf_counter() - sent))
        connection.close()

    def count(self, status: int) -> int:
        return sum(answer[0] == status for answer in self.answers)


def application() -> Lane:
    log = MemoryLog()
    log.create_topic("test.event")
    configuration = HandMade(services={"main": Service("main")})
    ring, admission = KeyRing([key for key, _ in [HOT, *COLD]], PEPPERS), Admission(10_000)
    guard = DoorGuard(
        keys=lambda: ring,
        configuration=lambda: configuration,
        streams_of=lambda found: found.every_stream,
        rates=Rates(burst_seconds=1.0),
        admission=admission,
        defaults=Defaults(),
    )
    intake = Intake(
        configuration=lambda: configuration,
        producer=log.producer(),
        limits=LIMITS,
        services=["main"],
        guard=guard,
        admission=admission,
    )
    return Lane(ReadyMade(intake))


def test_hot_key__ten_times_its_limit__is_told_to_wait_and_the_others_succeed() -> None:
    with live(served=application()) as server:
        hot = Client(server.port, HOT[1], 10 * LIMIT)
        cold = [Client(server.port, secret, LIMIT / 2) for _, secret in COLD]
        for client in (hot, *cold):
            client.start()
        for client in (hot, *cold):
            client.join()

    of_cold = [answer for client in cold for answer in client.answers]
    assert hot.count(201) <= (SECONDS + 1) * LIMIT * 1.1
    assert hot.count(429) == len(hot.answers) - hot.count(201) > 0
    assert all(wait == "1" for status, wait, _ in hot.answers if status == 429)
    assert sum(status == 201 for status, _, _ in of_cold) >= 0.95 * len(of_cold) > 0
    assert sorted(seconds for _, _, seconds in of_cold)[int(0.99 * len(of_cold))] < 1  # a busy machine; 5 ms alone
