"""F6: the database killed for a minute under load: no event notices, the pages say so, tasks resume by themselves."""

from __future__ import annotations

import time

import httpx
import psycopg
import pytest

from tests.faults import programs
from tests.faults.conftest import Stack
from tests.faults.intakes import until
from tests.faults.verifying import tell, verify
from tests.free_ports import free_ports

_AWAY_SECONDS = 60.0
_SESSION = "0123456789abcdef0123456789abcdef"  # nobody's: who shows it is sent to the login once it was looked up
_RESUME_SECONDS = 10.0
_TICK_SECONDS = 10.0  # between two heartbeats of a worker


def last_beat(stack: Stack) -> float:
    """When the worker last showed life, as it says itself; 0 where it never did."""
    with psycopg.connect(stack.environment["DATABASE_URL"], connect_timeout=5) as connection:
        query = "select extract(epoch from max(beat_at)) from monitoring_roleheartbeat where role = 'worker'"
        row = connection.execute(query).fetchone()
    return float(row[0]) if row and row[0] else 0.0


@pytest.mark.faults
@pytest.mark.timeout(300)
def test_database_killed_for_a_minute__no_event_refused_and_everything_resumes(stack: Stack) -> None:
    intake, port = stack.intake(), free_ports(2)
    web = f"http://127.0.0.1:{port}"
    with programs.running(stack.environment, port, stack.folder / "roles", "web", "worker", "beat"):
        until(lambda: last_beat(stack) > 0, 60, "a worker's first heartbeat")
        with stack.load().running() as clients:
            time.sleep(2)
            stack.postgres.kill()
            began, pages = time.monotonic(), set[int]()
            while time.monotonic() < began + _AWAY_SECONDS:
                pages.add(programs.status_of(f"{web}/admin/", session=_SESSION))
                assert intake.is_ready()
                time.sleep(1)
            stack.postgres.start()
            back, back_at = time.time(), time.monotonic()
            until(lambda: programs.status_of(f"{web}/admin/", session=_SESSION) == httpx.codes.FOUND, _RESUME_SECONDS, "pages")
            pages_after = time.monotonic() - back_at
            until(lambda: last_beat(stack) > back, _RESUME_SECONDS + _TICK_SECONDS, "a worker's heartbeat")
            recovery = time.monotonic() - back_at
            time.sleep(1)

    report = verify("F6, database killed", stack.ledger, stack.log, stack.stream, recovery_seconds=recovery)
    report.check()
    tell(f"pages while it was away {sorted(pages)}, back after {pages_after:.1f} s; tasks back after {recovery:.1f} s")
    assert set(clients.statuses()) == {201}
    assert not report.unknown
    assert pages == {httpx.codes.SERVICE_UNAVAILABLE}
