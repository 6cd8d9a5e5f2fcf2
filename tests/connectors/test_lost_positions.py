"""Stores that lost what they once confirmed stop their connector; another store instead does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors import lookups, repositioning, services, slices, watcher
from connectors.models import Connector, Lease
from eventplatform.core.records import TopicPartition
from tests.connectors.conftest import Produce, named
from tests.contracts.stores.files import FilesStore
from tests.contracts.stores.postgres import PostgresStore

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("to", "expected"), [("store", "abcd"), ("reached", "ad")])
def test_position_lost__store_restored_from_a_backup__stops_until_a_person_chose(
    to: repositioning.Place, expected: str, rows: Connector, produce: Produce, postgres_url: str
) -> None:
    watcher.reconcile()
    store, where = PostgresStore(postgres_url), TopicPartition("test.event", 0)
    produce(*named("a", "b", "c"))
    slices.run(rows.pk, where)
    forget_from(store, 1)
    produce(*named("d"))

    assert slices.run(rows.pk, where).end == "failed"
    (view,) = [one for one in lookups.overview() if one.name == "rows"]
    assert (view.state, view.error_code) == ("stopped", "connector.position_lost")
    repositioning.reposition(connector=rows, where=where, to=to, by="engineer")

    assert slices.run(rows.pk, where).end == "done"
    assert sorted(store.texts("test.event")) == list(expected)


def test_position_lost__store_lost_everything__stops(
    rows: Connector, where: TopicPartition, produce: Produce, postgres_url: str
) -> None:
    watcher.reconcile()
    produce(*named("a"))
    slices.run(rows.pk, where)
    forget_from(PostgresStore(postgres_url), 0)
    produce(*named("b"))

    assert slices.run(rows.pk, where).end == "failed"
    assert Lease.objects.get(connector=rows).error_code == "connector.position_lost"


def test_target_changed__store_without_position__no_alarm(
    lease: Lease, connector: Connector, where: TopicPartition, produce: Produce, tmp_path: Path
) -> None:
    produce("a")
    slices.run(connector.pk, where)

    services.save_target(name="archive", kind="files", values={"root": str(tmp_path / "other")})

    assert slices.run(connector.pk, where).end == "done"
    assert FilesStore(tmp_path / "other").texts("test.event") == ["a"]


def forget_from(store: PostgresStore, offset: int) -> None:
    """As if the store had been restored from a backup of the moment when it stood there."""
    store.query(f"DELETE FROM events.test_event WHERE _offset >= {offset}")  # noqa: S608  # a number of the test's own
    store.query(f"UPDATE events._offsets SET next_offset = {offset}" if offset else "DELETE FROM events._offsets")  # noqa: S608  # likewise
