"""Every event received meets its outcome, and what counts as accepted is in the log; also when workers are killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from eventplatform import env
from monitoring.outcomes.reading import EVENT, RECEIVED, totals
from tests.faults.conftest import Stack
from tests.faults.intakes import Intake, until
from tests.faults.verifying import tell, verify


def counted(intake: Intake) -> tuple[int, Counter[str]]:
    """Events received, and the outcomes, as one scrape over all workers says."""
    found = totals(intake.metrics())
    outcomes: Counter[str] = Counter()
    for key, count in found.items():
        if key[0] == EVENT:
            outcomes[key[3]] += count
    return sum(count for key, count in found.items() if key[0] == RECEIVED), outcomes


def recount(stack: Stack, intake: Intake) -> str:
    """What `manage.py recount` says; it fails where events are missing."""
    environment = {**stack.environment, "INTAKE_URL": intake.url, "WEB_URL": "http://127.0.0.1:9"}
    command = [sys.executable, "manage.py", "recount", "--minutes", "10"]
    done = subprocess.run(command, cwd=env.ROOT, env=environment, capture_output=True, text=True, check=False)
    tell(done.stdout)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_outcomes__two_workers_one_killed__books_balance_but_for_what_was_in_flight(small_stack: Stack) -> None:
    stack = small_stack
    intake = stack.intake(workers=2)
    with stack.load(rate=600.0, connections=12, bad_share=0.1).running():
        time.sleep(1.5)

    quiet = verify("quiet", stack.ledger, stack.log, stack.stream)
    received, outcomes = counted(intake)
    assert received == sum(outcomes.values()) == quiet.promised + quiet.refused
    assert (outcomes["accepted"], outcomes["invalid"]) == (quiet.kept, quiet.refused)

    with stack.load(rate=1_000.0, connections=24, bad_share=0.1, seed=2).running():
        for _ in range(3):
            time.sleep(0.7)
            victim = intake.workers()[0]
            os.kill(victim, signal.SIGKILL)
            until(lambda gone=victim: gone not in intake.workers() and len(intake.workers()) == 2, 10, "a new worker")  # type: ignore[misc]  # bound now
            until(intake.is_ready, 10, "a ready worker")

    report = verify("killed", stack.ledger, stack.log, stack.stream)
    report.check()
    received, outcomes = counted(intake)
    gap = received - sum(outcomes.values())
    uncounted = report.kept - outcomes["accepted"]
    tell(
        f"received {received}, gap {gap}; in the log {report.kept}, of them not counted {uncounted}; no answer {report.unknown}"
    )
    assert received > quiet.promised + quiet.refused
    assert 0 <= gap <= report.unknown
    assert 0 <= uncounted <= gap
    assert report.promised <= outcomes["accepted"] <= report.kept

    said = recount(stack, intake)
    line = re.search(rf"{re.escape(stack.stream)} +(\d+) +(\d+) ", said)
    assert line is not None
    assert (int(line[1]), int(line[2])) == (outcomes["accepted"], report.kept)
    assert f"without outcome {gap};" in said
