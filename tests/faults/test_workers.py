"""F13: workers that hang or lose a child, two watchers and two beats: every row arrives, once, and soon."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from connectors import services
from connectors.models import Lease
from eventplatform.broker.base import Log
from tests.contracts.stores.postgres import PostgresStore
from tests.faults.connector_fleet import ELSEWHERE_SECONDS, TOPIC, Fleet, configure, produce, running_slice, until, written

SMALL = [pytest.mark.slow, pytest.mark.timeout(180)]
LARGE = [pytest.mark.faults, pytest.mark.timeout(900)]


@pytest.fixture
def store(log: Log, postgres_url: str) -> PostgresStore:
    configure()
    services.save_target(name="db", kind="postgres", values={"url": postgres_url})
    services.save_connector(name="rows", target="db", streams=[TOPIC], values={"batch_rows": 100})
    return PostgresStore(postgres_url)


@pytest.mark.parametrize("rounds", [pytest.param(1, marks=SMALL), pytest.param(10, marks=LARGE)])
def test_wedged_worker__with_two_watchers_and_two_beats__nothing_lost_or_doubled(
    rounds: int, fleet: Fleet, log: Log, store: PostgresStore
) -> None:
    for name in ("one", "two"):
        fleet.start_worker(name, threads=4)
        fleet.start_watcher()
        fleet.start_beat(name)

    took = [wedge(fleet, log, n) for n in range(rounds)]
    rows = rounds * 600
    until(lambda: written() == rows, 120, "every record is written")

    texts = store.texts(TOPIC)
    print(f"{rounds} hung workers, {len(texts)} rows of {rows}; elsewhere after {max(took):.1f} s")  # noqa: T201  # the figures are asked for
    assert (len(texts), len(set(texts))) == (rows, rows)
    assert max(took) <= ELSEWHERE_SECONDS * (1 if rounds > 1 else 2)


@pytest.mark.parametrize("kills", [pytest.param(10, marks=LARGE)])
def test_killed_child__of_a_prefork_pool__nothing_lost_or_doubled(
    kills: int, fleet: Fleet, log: Log, store: PostgresStore
) -> None:
    fleet.start_worker("forks", threads=3, pool="prefork")
    fleet.start_watcher()

    took = [kill_child(log, n) for n in range(kills)]
    rows = kills * 600
    until(lambda: written() == rows, 120, "every record is written")

    texts = store.texts(TOPIC)
    assert (len(texts), len(set(texts))) == (rows, rows)
    assert max(took) <= ELSEWHERE_SECONDS


def wedge(fleet: Fleet, log: Log, number: int) -> float:
    """Halt a worker amid a slice until that slice ran elsewhere, then let it go on; the seconds it took."""
    lease, pid = slice_at_work(log, number)
    os.kill(pid, signal.SIGSTOP)
    try:
        produce(log, range(number * 600 + 300, number * 600 + 600))
        return until(elsewhere(lease), 60, f"the slice of {lease} runs elsewhere")
    finally:
        os.kill(pid, signal.SIGCONT)


def kill_child(log: Log, number: int) -> float:
    """`kill -9` of the process that is in a slice; the seconds until that slice ran again."""
    lease, pid = slice_at_work(log, number)
    os.kill(pid, signal.SIGKILL)
    produce(log, range(number * 600 + 300, number * 600 + 600))
    return until(elsewhere(lease), 60, f"the slice of {lease} runs again")


def slice_at_work(log: Log, number: int) -> tuple[Lease, int]:
    """One while 300 events come; and its process."""
    found: list[tuple[Lease, int]] = []

    def look() -> bool:
        found[:] = [one for one in (running_slice(),) if one is not None]
        return bool(found)

    produce(log, range(number * 600, number * 600 + 300))
    until(look, 120, "a slice runs")
    return found[0]


def elsewhere(lease: Lease) -> Any:
    return Lease.objects.filter(pk=lease.pk, epoch__gt=lease.epoch, next_offset__gt=lease.next_offset or 0).exists
