"""F3: the log's server is killed, stays away and comes back: every answer promises, and order holds while the spool empties."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from tests.faults.conftest import Stack
from tests.faults.intakes import Intake, until
from tests.faults.verifying import tell, verify
from tests.servers.kafka import KafkaServer

_RECOVERY_SECONDS = 30.0


def ride_out(
    stack: Stack,
    name: str,
    kill: Callable[[], None],
    start: Callable[[], None],
    away_seconds: float,
    *,
    timeout: int,
    workers: int,
) -> None:
    intake = stack.intake(workers=workers, environment={"INTAKE_ACK_TIMEOUT_SECONDS": str(timeout)})
    with stack.load().running() as clients:
        until(lambda: len(clients.exchanges) > 30, 20, "answers")
        kill()
        killed = time.monotonic()
        time.sleep(away_seconds)
        _, ready = intake.ready()
        start()
        back = time.monotonic()
        until(lambda: intake.is_settled() and clients.statuses(since=back).get(201, 0) > 0, _RECOVERY_SECONDS, "an empty spool")
        recovery = time.monotonic() - back
        time.sleep(1)
    until(intake.is_settled, _RECOVERY_SECONDS, "an empty spool")

    report = verify(name, stack.ledger, stack.log, stack.stream, recovery_seconds=recovery)
    report.check()
    in_flight = sum(one.events for one in clients.exchanges if one.began <= killed <= one.ended)
    slow = clients.percentile(0.99, since=killed + timeout + 1, until=back)
    tell(f"in flight at the kill {in_flight}; p99 once the spool had taken over {slow:.3f} s; spool then: {ready['spool']}")
    assert set(clients.statuses()) <= {201, 202}
    assert len(report.doubled) <= in_flight
    assert slow < 0.5
    assert clients.percentile(1, since=killed - 1, until=back) < timeout + 1


def kill_all(intake: Intake) -> None:
    """Master and workers at once, as when a host's memory runs out."""
    assert intake.process
    for pid in (intake.process.pid, *intake.workers()):
        os.kill(pid, signal.SIGKILL)
    intake.wait()


@pytest.mark.slow
def test_log_killed_for_4_seconds__everything_promised_and_kept_in_order(small_stack: Stack) -> None:
    server = small_stack.postgres
    ride_out(small_stack, "F3, Postgres killed", server.kill, server.start, 4, timeout=1, workers=2)


@pytest.mark.faults
@pytest.mark.timeout(300)
def test_kafka_killed_for_30_seconds__everything_promised_and_kept_in_order(stack: Stack, kafka_server: KafkaServer) -> None:
    ride_out(stack, "F3, Kafka killed", kafka_server.kill, kafka_server.start, 30, timeout=5, workers=2)


@pytest.mark.faults
@pytest.mark.timeout(300)
def test_kafka_and_an_intake_killed__what_its_spool_holds_comes_back_with_it(stack: Stack, kafka_server: KafkaServer) -> None:
    intake = stack.intake(environment={"INTAKE_ACK_TIMEOUT_SECONDS": "1"})
    with stack.load().running() as clients:
        until(lambda: len(clients.exchanges) > 30, 20, "answers")
        kafka_server.kill()
        until(lambda: clients.statuses()[202] > 50, 20, "spooled events")
        kill_all(intake)
        time.sleep(1)
    intake.start()
    kafka_server.start()
    back = time.monotonic()
    until(intake.is_settled, _RECOVERY_SECONDS, "an empty spool")

    verify(
        "F3, Kafka and the intake killed", stack.ledger, stack.log, stack.stream, recovery_seconds=time.monotonic() - back
    ).check()
