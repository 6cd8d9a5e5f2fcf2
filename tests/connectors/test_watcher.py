"""The watcher: leases follow the configuration, and only what is due is asked for."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from connectors import lookups, services, shared_pages, slices, watcher
from connectors.models import Connector, Lease
from connectors.routing import Route
from connectors.tasks import run_slice
from connectors.watcher import Watcher, is_due
from eventplatform.broker.base import Log
from eventplatform.broker.loop import FlushRule
from eventplatform.core import metrics
from eventplatform.core.records import TopicPartition
from eventplatform.core.streams import Stream
from tests.connectors.conftest import FakeSnapshot, Produce, stream

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
AT_ONCE = FlushRule(rows=1000, age_seconds=0)
PATIENT = FlushRule(rows=1000, age_seconds=10)


def waiting(**facts: Any) -> Lease:
    return Lease(**{"topic": "t", "partition": 0, "next_offset": 5, "end_offset": 8, **facts})


@pytest.mark.parametrize(
    ("lease", "rule", "expected"),
    [
        (waiting(), AT_ONCE, True),
        (waiting(next_offset=8), AT_ONCE, False),
        (waiting(next_offset=None), AT_ONCE, True),
        (waiting(until=NOW + timedelta(seconds=1)), AT_ONCE, False),
        (waiting(until=NOW - timedelta(seconds=1)), AT_ONCE, True),
        (waiting(queued_at=NOW - timedelta(seconds=2)), AT_ONCE, False),
        (waiting(queued_at=NOW - timedelta(seconds=6)), AT_ONCE, True),
        (waiting(not_before=NOW + timedelta(seconds=1)), AT_ONCE, False),
        (waiting(not_before=NOW - timedelta(seconds=1)), AT_ONCE, True),
        (waiting(state=Lease.State.STOPPED), AT_ONCE, False),
        (waiting(unread_since=NOW - timedelta(seconds=6)), PATIENT, False),
        (waiting(unread_since=NOW - timedelta(seconds=7)), PATIENT, True),
        (waiting(end_offset=2000), PATIENT, True),
        (waiting(next_offset=9), PATIENT, True),
        (waiting(next_offset=9, state=Lease.State.STOPPED), PATIENT, False),
        (waiting(next_offset=8, incarnation="new", proven_incarnation="old"), PATIENT, True),
        (waiting(next_offset=8, incarnation="i", proven_incarnation="i"), PATIENT, False),
    ],
)
def test_is_due__by_data_lease_message_delay_and_age(lease: Lease, rule: FlushRule, expected: bool) -> None:  # noqa: FBT001  # a parameter of the test
    assert is_due(lease, rule, NOW) is expected


def test_topics__patterns__first_stream_wins_a_shared_topic() -> None:
    streams = [
        Stream("page.change", "t", "main", ("eqiad.page.change", "codfw.page.change")),
        Stream("page.view", "t", "main", ("eqiad.page.change",)),
        Stream("ui.click", "t", "main", ()),
    ]

    assert Route(("page.*",), ()).topics(streams) == {"eqiad.page.change": "page.change", "codfw.page.change": "page.change"}
    assert Route(("ui.click",), ()).topics(streams) == {"ui.click": "ui.click"}
    assert Route(("nothing",), ()).topics(streams) == {}


@pytest.mark.parametrize("name", ["files", "archive"])
def test_topics__switched_off_by_the_streams_own_settings__not_taken(name: str) -> None:
    streams = [Stream("a", "t", "main", ("a",), consumers={name: {"enabled": False}}), Stream("b", "t", "main", ("b",))]

    assert Route(("*",), ("files", "archive")).topics(streams) == {"b": "b"}


@pytest.mark.slow
def test_tick__data__asked_for_once_until_the_message_counts_as_lost(
    connector: Connector, produce: Produce, asked: list[Any]
) -> None:
    one = Watcher()
    assert one.tick() == 0
    produce("a")
    Connector.objects.update(options={"flush_age_seconds": 0})

    assert one.tick() == 1
    assert one.tick() == 0
    Lease.objects.update(queued_at=datetime.now(UTC) - timedelta(seconds=6))
    assert one.tick() == 1

    assert asked == [(connector.pk, "test.event", 0)] * 2
    assert Lease.objects.get().end_offset == 1


@pytest.mark.slow
def test_tick__few_rows_of_a_patient_sink__asked_for_when_they_waited_long_enough(
    connector: Connector, produce: Produce, asked: list[Any]
) -> None:
    Connector.objects.update(options={"flush_age_seconds": 10})
    one = Watcher()
    produce("a")

    assert one.tick() == 0
    assert Lease.objects.get().unread_since is not None
    Lease.objects.update(unread_since=datetime.now(UTC) - timedelta(seconds=10))

    assert one.tick() == 1


@pytest.mark.slow
def test_tick__paused__nothing_asked_for(connector: Connector, produce: Produce, asked: list[Any]) -> None:
    services.pause(connector="files", by="engineer")
    produce("a")

    assert Watcher().tick() == 0


@pytest.mark.slow
def test_reconcile__streams_come_and_go__leases_follow(connector: Connector, log: Log, snapshot: FakeSnapshot) -> None:
    log.create_topic("new.one", partitions=2)
    snapshot.streams["new.one"] = stream("new.one")

    watcher.reconcile()
    assert {(lease.topic, lease.partition) for lease in Lease.objects.all()} == {
        ("test.event", 0),
        ("new.one", 0),
        ("new.one", 1),
    }

    del snapshot.streams["new.one"]
    watcher.reconcile()
    assert {lease.topic for lease in Lease.objects.all()} == {"test.event"}


@pytest.mark.slow
@pytest.mark.parametrize("new", [0, 1, 2, 3])
def test_tick__topic_made_anew__stopped_with_its_alarm_however_far_the_new_one_reaches(
    new: int, connector: Connector, log: Log, produce: Produce, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_now(arguments: tuple[int, str, int], **_: object) -> None:
        slices.run(arguments[0], TopicPartition(*arguments[1:]))

    monkeypatch.setattr(run_slice, "apply_async", run_now)
    Connector.objects.update(options={"flush_age_seconds": 0.01})
    watcher.reconcile()
    produce("a", "b")
    slices.run(connector.pk, TopicPartition("test.event", 0))
    assert Watcher().tick() == 0
    log.delete_topic("test.event")
    log.create_topic("test.event")
    produce(*["c"] * new)

    assert Watcher().tick() == 1

    (view,) = lookups.overview()
    assert (view.state, view.error_code) == ("stopped", "connector.topic_recreated")
    assert [one.what for one in shared_pages.troubles()] == ["Connector files stopped"]
    assert Watcher().tick() == 0


@pytest.mark.slow
def test_tick__position_above_the_end_of_the_log__asked_for_at_once(
    connector: Connector, produce: Produce, asked: list[Any]
) -> None:
    Connector.objects.update(options={"flush_age_seconds": 300})
    produce("a")
    one = Watcher()
    one.tick()
    Lease.objects.update(next_offset=7)

    assert one.tick() == 1


@pytest.mark.slow
@pytest.mark.usefixtures("asked")
def test_tick__1000_idle_connectors__less_than_5_percent_of_a_core(
    connector: Connector, log: Log, snapshot: FakeSnapshot
) -> None:
    names = [f"idle.s{number}" for number in range(1000)]
    snapshot.streams.update({name: stream(name) for name in names})
    for name in names:
        log.create_topic(name)
    rows = [Connector(name=name.replace(".", "-"), target=connector.target, streams=[name]) for name in names]
    Connector.objects.bulk_create(rows)
    one = Watcher()
    one.tick()
    assert Lease.objects.count() > 1000
    Lease.objects.update(next_offset=0, proven_incarnation=F("incarnation"))
    one.tick()

    began = time.process_time()
    for number in range(10):  # ten seconds' worth, with the two looks at rows and topics that fall into them
        if number % 5 == 0:
            one._reconciled_at = float("-inf")
        assert one.tick() == 0

    assert (time.process_time() - began) / 10 < 0.05


@pytest.mark.slow
@pytest.mark.usefixtures("asked")
def test_tick__connector_deleted__its_lag_does_not_stay(connector: Connector, produce: Produce) -> None:
    one = Watcher()
    one.tick()
    produce("a")
    one.tick()
    watcher._measure_lags()
    lag = metrics.CONNECTOR_LAG.labels("files")
    assert lag._value.get() == 1

    services.delete_connector(connector=connector.name, by="engineer")
    one.tick()

    assert lag._value.get() == 0
