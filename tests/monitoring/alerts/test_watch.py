"""The thread beside the watcher: it evaluates where nobody else does, outlives a database that is away, and ends when told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import InterfaceError, OperationalError, connection

from monitoring.alerts import watch
from monitoring.alerts.models import Alert, AlertRound, AlertRule
from monitoring.alerts.outage import Outage
from tests.monitoring.alerts.stage import Stage

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def running(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Thread]:
    monkeypatch.setattr(watch, "_TICK_SECONDS", 0.02)
    stop = threading.Event()

    def run() -> None:
        watch.run(stop)
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield thread
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_watch__nobody_evaluates__it_does(stage: Stage, running: threading.Thread) -> None:
    AlertRule.objects.create(name="at once", wait_seconds=0)
    stage.wrong("part.workers", "workers")

    wait(lambda: Alert.objects.filter(phase="open").exists() or AlertRound.objects.filter(claimed_by="watcher").exists())
    AlertRound.objects.update(claimed_at=None)
    wait(lambda: Alert.objects.filter(phase="open").exists())

    assert AlertRound.objects.get().claimed_by == "watcher"


def test_watch__database_fails_in_any_way__goes_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, running: threading.Thread
) -> None:
    real, failures = watch.tick, [OperationalError("away"), InterfaceError("closed"), ValueError("a bug")]
    lasted: list[float] = []
    monkeypatch.setattr(Outage, "lasts", lambda _self, now: lasted.append(now))

    def tick() -> bool:
        if failures:
            raise failures.pop(0)
        return real()

    monkeypatch.setattr(watch, "tick", tick)

    wait(lambda: not failures)
    AlertRound.objects.update(claimed_at=None)
    wait(lambda: AlertRound.objects.filter(claimed_by="watcher").exists())
    assert len(lasted) == 2
