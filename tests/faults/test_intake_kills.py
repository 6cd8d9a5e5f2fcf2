"""F1: intake workers killed at random amid batches; what was promised is in the log, and a worker is back at once."""

from __future__ import annotations

import os
import signal
import time
from random import Random
from typing import Any

import pytest

from tests.faults.conftest import Stack
from tests.faults.intakes import Intake, until
from tests.faults.verifying import tell, verify

_BACK_SECONDS = 2.0


def kill_workers(intake: Intake, kills: int, every_seconds: float, seed: int) -> list[float]:
    """`kill -9` a worker again and again; how long each time until all workers were there and one was ready."""
    random = Random(seed)  # noqa: S311  # repeatable on purpose
    tell(f"seed {seed}")
    count, took = len(intake.workers()), list[float]()
    for _ in range(kills):
        began = time.monotonic()
        victim = random.choice(intake.workers())
        os.kill(victim, signal.SIGKILL)
        until(lambda gone=victim: gone not in intake.workers() and len(intake.workers()) == count, 20, "a new worker")  # type: ignore[misc]  # bound now
        until(intake.is_ready, 20, "a ready worker")
        took.append(time.monotonic() - began)
        time.sleep(max(0.0, every_seconds * random.uniform(0.7, 1.3) - took[-1]))
    return took


def check_kills(stack: Stack, *, kills: int, every_seconds: float, **load: Any) -> None:
    intake = stack.intake(workers=2)
    with stack.load(**load).running() as clients:
        time.sleep(1)
        took = kill_workers(intake, kills, every_seconds, seed=int(time.time()))
        time.sleep(1)

    report = verify("F1, kill -9 of workers", stack.ledger, stack.log, stack.stream, recovery_seconds=max(took))
    report.check()
    tell(f"killed {kills}; no answer {sum(one.status == 0 for one in clients.exchanges)} of {len(clients.exchanges)} requests")
    assert {one.status for one in clients.exchanges} <= {0, 201}
    assert max(took) <= _BACK_SECONDS


@pytest.mark.slow
def test_kill_9__of_an_intake_worker_mid_batch__nothing_promised_is_lost(small_stack: Stack) -> None:
    check_kills(small_stack, kills=3, every_seconds=1.2, rate=1_000.0, connections=24)


@pytest.mark.faults
def test_kill_9__of_20_intake_workers_on_kafka__nothing_promised_is_lost(stack: Stack) -> None:
    check_kills(stack, kills=20, every_seconds=3, rate=1_000.0, connections=24)


@pytest.mark.faults
def test_kill_9__clients_that_send_again__every_event_is_there_at_last(stack: Stack) -> None:
    check_kills(stack, kills=5, every_seconds=2, retries=True)

    outcomes: dict[str, set[str]] = {}
    for attempt in stack.ledger:
        outcomes.setdefault(attempt.id, set()).add(attempt.outcome)
    assert all("ok" in found for found in outcomes.values())
