"""F4 and F5: a Kafka that accepts and never answers, and a network that is cut, one way or both."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest

from tests.faults.conftest import Cut, Stack
from tests.faults.fault_proxy import FaultProxy
from tests.faults.intakes import Intake, until
from tests.faults.load import Load
from tests.faults.verifying import Report, tell, verify
from tests.servers.kafka import KafkaServer

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

_ANSWER_SECONDS = 5.5  # the log's time to confirm, and half a second
_GROWTH_BYTES = 100_000_000
_FILES = 30  # the first look for a lost log makes clients of its own; no leak, they are the same ones after a second outage
_RECOVERY_SECONDS = 30.0


@dataclass
class Before:
    """What an intake takes of its machine when all is well, to compare with later."""

    intake: Intake
    bytes: int = field(init=False)
    files: int = field(init=False)

    def __post_init__(self) -> None:
        self.bytes, self.files = self.intake.resident_bytes(), self.intake.open_files()

    def check(self) -> None:
        grown, opened = self.intake.resident_bytes() - self.bytes, self.intake.open_files() - self.files
        tell(f"memory grew by {grown / 1e6:.0f} MB, files by {opened}")
        assert grown < _GROWTH_BYTES
        assert opened < _FILES


class Ride(NamedTuple):
    """A run under load that had a fault amid it."""

    report: Report
    clients: Load
    began: float
    healed: float


def ride_out(name: str, stack: Stack, fault: Callable[[Intake], None]) -> Ride:
    """Load, a fault for a while, load again until all is well; every answer promises, or says when to come again."""
    intake = stack.intake()
    with stack.load().running() as clients:
        until(lambda: len(clients.exchanges) > 50, 20, "answers")
        before, began = Before(intake), time.monotonic()
        fault(intake)
        healed = time.monotonic()
        until(clients.are_well, _RECOVERY_SECONDS, "clients that are promised everything again")
        until(intake.is_settled, _RECOVERY_SECONDS, "an intake whose log is well and whose spool is empty")
        recovery = time.monotonic() - healed
        time.sleep(1)
    until(intake.is_settled, _RECOVERY_SECONDS, "an empty spool")
    report = verify(name, stack.ledger, stack.log, stack.stream, recovery_seconds=recovery)
    report.check()
    before.check()
    check_answers(clients)
    tell(f"events in flight when it began {clients.events_that_waited()}")
    assert len(report.doubled) <= clients.events_that_waited()
    return Ride(report, clients, began, healed)


def check_answers(clients: Load) -> None:
    tell(f"requests by status {dict(clients.statuses())}")
    assert clients.statuses().keys() <= {201, 202, 503}
    assert all(one.retry_after for one in clients.exchanges if one.status == 503)  # HTTP's own


@contextmanager
def hung(kafka: KafkaServer) -> Iterator[None]:
    """It keeps its connections, accepts new ones, and never answers."""
    assert kafka.process
    os.kill(kafka.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(kafka.process.pid, signal.SIGCONT)


def test_kafka_hangs_for_a_minute__each_answer_in_time_and_nothing_lost(stack: Stack, kafka_server: KafkaServer) -> None:
    healths: list[float] = []

    def hang(intake: Intake) -> None:
        with hung(kafka_server):
            for _ in range(60):
                asked = time.monotonic()
                assert intake.is_ready()
                healths.append(time.monotonic() - asked)
                time.sleep(1)

    ride = ride_out("F4, Kafka hangs", stack, hang)

    p99 = ride.clients.percentile(0.99, since=ride.began, until=ride.healed)
    tell(f"p99 while it hung {p99:.2f} s, health within {max(healths):.2f} s")
    assert p99 <= _ANSWER_SECONDS
    assert max(healths) < 1


def held(proxy: FaultProxy, *ways: str) -> Callable[[Intake], None]:
    def hold(_intake: Intake) -> None:
        proxy.hold(*ways)  # type: ignore[arg-type]  # a Way
        time.sleep(30)
        proxy.heal()

    return hold


def test_network_cut_for_30_seconds__nothing_lost(cut: Cut) -> None:
    ride = ride_out("F5, network cut", cut.stack, held(cut.proxy))

    assert ride.clients.percentile(0.99, since=ride.began, until=ride.healed) <= _ANSWER_SECONDS


def test_acknowledgements_cut_for_30_seconds__doubles_are_at_most_what_was_in_flight(cut: Cut) -> None:
    ride = ride_out("F5, acknowledgements cut", cut.stack, held(cut.proxy, "answers"))

    assert ride.clients.percentile(0.99, since=ride.began, until=ride.healed) <= _ANSWER_SECONDS


def test_connections_reset_again_and_again__nothing_lost(cut: Cut) -> None:
    def reset(_intake: Intake) -> None:
        for _ in range(10):
            cut.proxy.reset()
            time.sleep(1)
            cut.proxy.heal()
            time.sleep(1)

    ride_out("F5, connections reset", cut.stack, reset)


def test_network_slow__nothing_lost_and_nothing_refused(cut: Cut) -> None:
    def slow(_intake: Intake) -> None:
        cut.proxy.delay_seconds = 0.3
        time.sleep(15)
        cut.proxy.heal()

    ride = ride_out("F5, 300 ms each way", cut.stack, slow)

    assert set(ride.clients.statuses()) == {201}
