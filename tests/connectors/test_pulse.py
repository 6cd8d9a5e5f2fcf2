"""Heartbeats: leases are kept during long writes, and workers say that they live."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from connectors import leasing, pulse, workers
from connectors.models import Connector, Lease, Target, Worker
from eventplatform.core.records import TopicPartition

pytestmark = pytest.mark.slow


def test_pulse__long_write__lease_is_kept_and_the_target_counts_as_slow(
    lease: Lease, connector: Connector, where: TopicPartition, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = leasing.take(connector_id=connector.pk, where=where, owner="w")
    assert taken is not None
    Lease.objects.update(until=datetime.now(UTC) + timedelta(seconds=1))
    held = pulse.Held(taken.pk, taken.epoch, connector.target_id, seen=time.monotonic() - 6)

    pulse._beat((held,))

    lease.refresh_from_db()
    assert lease.until is not None
    assert lease.until > datetime.now(UTC) + timedelta(seconds=8)
    assert Target.objects.get().slow_until is not None
    Lease.objects.update(until=None)
    pulse._beat((pulse.Held(taken.pk, taken.epoch - 1, connector.target_id),))
    pulse._beat((pulse.Held(taken.pk, taken.epoch, connector.target_id, seen=time.monotonic() - 200),))
    assert Lease.objects.get().until is None


def test_workers__that_live__counted(db: None) -> None:
    assert workers.threads() == 8  # nobody has said anything yet
    workers.beat("one", has=4)
    workers.beat("two", has=16)
    assert workers.threads() == 20
    Worker.objects.filter(name="two").update(seen_at=datetime.now(UTC) - timedelta(seconds=20))
    assert workers.threads() == 4


def test_workers__asked_to_stop__row_goes(transactional_db: None) -> None:
    stop = threading.Event()
    beating = threading.Thread(target=workers.keep_beating, kwargs={"has": 3, "stop": stop})
    beating.start()
    deadline = time.monotonic() + 5
    while not Worker.objects.exists():
        assert time.monotonic() < deadline

    stop.set()
    beating.join(5)

    assert not Worker.objects.exists()
