"""Records that the log deletes before they are read are warned of."""

from __future__ import annotations

import time

import pytest

from connectors import retention_alarm
from connectors.models import Lease
from connectors.watcher import Watcher
from eventplatform.broker.base import Log
from tests.connectors.conftest import Produce

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("hours", "expected"), [(2.9, 1), (3.1, 0)])
@pytest.mark.usefixtures("lease", "asked")
def test_retention_alarm__before_twice_the_lag_has_passed__noted_with_the_moment(
    produce: Produce, log: Log, hours: float, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    produce("a")
    log.alter_topic("test.event", retention_ms=int(hours * 3_600_000))
    Watcher().tick()
    in_an_hour = time.time() + 3600
    monkeypatch.setattr("connectors.retention_alarm.time.time", lambda: in_an_hour)

    assert retention_alarm.look() == expected

    assert (Lease.objects.get().loses_at is not None) == bool(expected)


@pytest.mark.usefixtures("lease", "asked")
def test_retention_alarm__record_is_gone_already__warned_of_now(
    produce: Produce, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    produce("a", "b")
    Watcher().tick()
    log.alter_topic("test.event", retention_ms=3_600_000)
    later = time.time() + 2 * 3600
    log.apply_retention(now_ms=int(later * 1000))
    produce("c")
    Watcher()._mirror()
    Lease.objects.update(end_offset=3, next_offset=0)
    monkeypatch.setattr("connectors.retention_alarm.time.time", lambda: later)

    assert retention_alarm.look() == 1

    assert Lease.objects.get().loses_at is not None
