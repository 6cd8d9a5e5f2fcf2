"""Back-fills: records between two places are taken again, and no row is there twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import backfill, leasing, repositioning, slices, watcher
from connectors.models import Backfill, Connector, Lease
from connectors.tasks import run_slice
from connectors.watcher import Watcher
from eventplatform.broker.base import Log
from eventplatform.core.records import TopicPartition
from tests.connectors.conftest import Produce, named
from tests.contracts.stores.postgres import PostgresStore

pytestmark = pytest.mark.slow


def test_backfill__between_offsets__again_and_no_row_twice(
    rows: Connector, where: TopicPartition, produce: Produce, postgres_url: str
) -> None:
    Connector.objects.exclude(pk=rows.pk).delete()
    watcher.reconcile()
    store = PostgresStore(postgres_url)
    produce(*named(*"abcdef"))
    slices.run(rows.pk, where)
    store.query("DELETE FROM events.test_event WHERE _offset IN (2, 3)")

    made = backfill.start(connector="rows", stream="test.event", by="engineer", begin=1, end=5, only=where)
    assert slices.run(rows.pk, where, backfill_id=made.pk).end == "done"
    backfill.finish()

    (progress,) = backfill.progress("rows")
    assert (progress.state, progress.records, progress.done) == ("done", 4, 4)
    assert sorted(store.texts("test.event")) == list("abcdef")
    assert Lease.objects.get(backfill=None).next_offset == 6


def test_backfill__topic_made_anew_before__meets_the_rows_of_its_connector(
    rows: Connector, where: TopicPartition, produce: Produce, log: Log, postgres_url: str
) -> None:
    Connector.objects.exclude(pk=rows.pk).delete()
    watcher.reconcile()
    produce(*named("old"))
    slices.run(rows.pk, where)
    log.delete_topic("test.event")
    log.create_topic("test.event")
    produce(*named("a", "b"))
    slices.run(rows.pk, where)
    repositioning.reposition(connector=rows, where=where, to="first", by="engineer")
    slices.run(rows.pk, where)

    made = backfill.start(connector="rows", stream="test.event", by="engineer")
    assert slices.run(rows.pk, where, backfill_id=made.pk).end == "done"

    assert sorted(PostgresStore(postgres_url).texts("test.event")) == ["a", "b", "old"]


def test_backfill__by_the_watcher__asked_for_only_while_it_runs(
    rows: Connector, where: TopicPartition, produce: Produce, monkeypatch: pytest.MonkeyPatch
) -> None:
    Connector.objects.exclude(pk=rows.pk).delete()
    asked: list[Any] = []
    monkeypatch.setattr(run_slice, "apply_async", lambda _, kwargs, **__: asked.append(kwargs["backfill_id"]))
    watcher.reconcile()
    produce("a")
    slices.run(rows.pk, where)
    begin = datetime.now(UTC) - timedelta(hours=1)
    made = backfill.start(connector="rows", stream="test.event", by="engineer", begin=begin)
    backfill.pause(connector="rows", number=made.pk, by="engineer")
    assert Watcher().tick() == 0

    backfill.resume(connector="rows", number=made.pk, by="engineer")
    assert Watcher().tick() == 1
    backfill.cancel(connector="rows", number=made.pk, by="engineer")

    assert asked == [made.pk]
    assert not leasing.renew(Lease.objects.get(backfill=made))
    with pytest.raises(backfill.BackfillUnknownError):
        backfill.resume(connector="rows", number=made.pk, by="engineer")


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        ({"stream": "other"}, "takes no stream"),
        ({"begin": 5}, "name it"),
        ({"begin": 7, "only": TopicPartition("test.event", 0)}, "no records"),
    ],
)
def test_backfill__nothing_to_take__refused(rows: Connector, produce: Produce, wish: dict[str, Any], word: str) -> None:
    produce("a")

    with pytest.raises(backfill.BackfillRefusedError, match=word):
        backfill.start(**{"connector": "rows", "stream": "test.event", "by": "engineer", **wish})

    assert not Backfill.objects.exists()
