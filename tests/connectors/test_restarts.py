"""Errors that nobody foresaw: a partition starts again by itself, later each time, unless that is switched off."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors import leasing, lookups, services, slices
from connectors.models import Connector, Lease
from connectors.sinks.files import FilesSink
from eventplatform.core.records import TopicPartition
from tests.connectors.conftest import Produce

pytestmark = pytest.mark.slow


def test_failed__nobody_foresaw_it__starts_again_later_each_time(
    lease: Lease, connector: Connector, where: TopicPartition, produce: Produce, monkeypatch: pytest.MonkeyPatch
) -> None:
    produce("a")

    def crash(*_: object) -> None:
        raise RuntimeError("of a record that nobody may read here")

    with monkeypatch.context() as patch:
        patch.setattr(FilesSink, "write", crash)
        waits = []
        for _ in range(3):
            Lease.objects.update(not_before=None)
            assert slices.run(connector.pk, where).end == "failed"
            lease.refresh_from_db()
            assert lease.not_before is not None
            waits.append(round((lease.not_before - datetime.now(UTC)).total_seconds() / 60))

    assert waits == [2, 6, 12]
    assert (lease.state, lease.error_code) == ("retrying", "connector.unexpected")
    assert lease.last_error == "RuntimeError; the worker's log says more."
    services.restart(connector="files", by="engineer", only_failed=True)
    assert slices.run(connector.pk, where).end == "done"


def test_restart_minutes__grow_to_the_longest() -> None:
    assert [leasing.restart_minutes(n, longest=60) for n in range(8)] == [2, 6, 12, 20, 30, 42, 56, 60]


@pytest.mark.usefixtures("lease")
def test_failed__restarts_switched_off__stopped(
    connector: Connector, where: TopicPartition, produce: Produce, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.CONNECTOR_RESTART_MINUTES = 0
    produce("a")

    def crash(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(FilesSink, "write", crash)

    slices.run(connector.pk, where)

    assert lookups.overview()[0].state == "stopped"
