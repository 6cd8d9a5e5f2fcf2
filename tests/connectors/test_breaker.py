"""The breaker of a target: opens after failures in a row, lets probes through, closes with the first success."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import Q

from connectors import breaker, leasing, slices, watcher
from connectors.models import Connector, Lease, Target
from connectors.sinks.base import StoreUnavailableError, WriteBatch
from connectors.sinks.files import FilesSink
from connectors.tasks import run_slice
from connectors.watcher import Watcher
from eventplatform.core.records import TopicPartition
from tests.connectors.conftest import Produce

pytestmark = pytest.mark.slow

AWAY = StoreUnavailableError(reason="connection refused")


def open_for(target: Target) -> float:
    target.refresh_from_db()
    return 0.0 if target.open_until is None else (target.open_until - datetime.now(UTC)).total_seconds()


def fail(target: Target, times: int) -> None:
    for _ in range(times):
        breaker.failed(target.pk, AWAY)


def test_failed__in_a_row__opens_and_each_probe_that_fails_doubles_the_delay(connector: Connector) -> None:
    target = connector.target
    fail(target, breaker.THRESHOLD - 1)
    assert open_for(target) == 0

    fail(target, 1)
    first = open_for(target)
    fail(target, 3)  # was under way when it opened: says nothing new
    assert open_for(target) <= first
    Target.objects.update(open_until=datetime.now(UTC) - timedelta(seconds=1))
    fail(target, 1)

    assert 3 < first < 7
    assert 7 < open_for(target) < 13
    assert target.failures == breaker.THRESHOLD + 1
    assert "connection refused" in target.open_reason


def test_failed__store_says_when__obeyed_at_once(connector: Connector) -> None:
    breaker.failed(connector.target.pk, StoreUnavailableError(reason="429", retry_after=90))

    assert 85 < open_for(connector.target) <= 90


def test_succeeded__closes_and_lets_all_go_on_at_once(connector: Connector) -> None:
    watcher.reconcile()
    fail(connector.target, breaker.THRESHOLD)
    Lease.objects.update(state="retrying", not_before=datetime.now(UTC) + timedelta(minutes=5))

    breaker.succeeded(connector.target.pk)

    assert open_for(connector.target) == 0
    assert connector.target.failures == 0
    assert Lease.objects.get().not_before is None


def test_take__open__only_for_a_person(connector: Connector, where: TopicPartition) -> None:
    watcher.reconcile()
    fail(connector.target, breaker.THRESHOLD)

    assert leasing.take(connector_id=connector.pk, where=where, owner="w") is None
    assert leasing.take(connector_id=connector.pk, where=where, owner="p", is_forced=True) is not None


def test_slices__store_away_then_back__opens_probes_and_closes(
    connector: Connector, where: TopicPartition, produce: Produce, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(run_slice, "apply_async", lambda arguments, **_: asked.append(arguments))
    watcher.reconcile()
    produce("a")

    def away(*_: object) -> None:
        raise AWAY

    with monkeypatch.context() as patch:
        patch.setattr(FilesSink, "write", away)
        for _ in range(breaker.THRESHOLD):
            Lease.objects.update(not_before=None)
            assert slices.run(connector.pk, where).end == "retry"
    Lease.objects.update(not_before=None)
    assert Watcher().tick() == 0  # left alone
    Target.objects.update(open_until=datetime.now(UTC) - timedelta(seconds=1))
    assert Watcher().tick() == 1  # the probe

    assert slices.run(connector.pk, where).end == "done"
    assert open_for(connector.target) == 0


def test_slice__retry_after__neither_lease_nor_target_is_tried_sooner(
    connector: Connector, where: TopicPartition, produce: Produce, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher.reconcile()
    produce("a")

    def throttled(_sink: FilesSink, _batch: WriteBatch) -> None:
        raise StoreUnavailableError(reason="too many requests", retry_after=60)

    monkeypatch.setattr(FilesSink, "write", throttled)

    slices.run(connector.pk, where)

    not_before = Lease.objects.get().not_before
    assert not_before is not None
    assert not_before > datetime.now(UTC) + timedelta(seconds=55)
    assert open_for(connector.target) > 55


def test_reset__a_person_changed_it__tried_now(connector: Connector) -> None:
    fail(connector.target, breaker.THRESHOLD)

    breaker.reset(Q(connectors=connector))

    assert open_for(connector.target) == 0
