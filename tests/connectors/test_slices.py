"""A slice from lease to release, and what each error does to the lease."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors import leasing, letters, lookups, repositioning, services, slices, watcher
from connectors.models import Connector, Lease
from connectors.opening import make_sink
from connectors.sinks.base import Position, StoreUnavailableError, WriteBatch, Written
from connectors.sinks.files import FilesSink
from eventplatform.broker.base import Log
from eventplatform.core.records import TopicPartition
from tests.connectors.conftest import FakeSnapshot, Produce
from tests.contracts.stores.files import FilesStore

pytestmark = pytest.mark.slow


def put_position(connector: Connector, where: TopicPartition, position: Position) -> None:
    with make_sink(connector) as sink:
        sink.write(WriteBatch(where.topic, where, sink.position(where), position, ()))


def test_run__events_wait__written_mirrored_and_released(
    lease: Lease, connector: Connector, where: TopicPartition, produce: Produce, tmp_path: Path
) -> None:
    produce("a", "b", "c")

    end = slices.run(connector.pk, where)

    lease.refresh_from_db()
    assert (end.end, end.rows) == ("done", 3)
    assert FilesStore(tmp_path).texts("test.event") == ["a", "b", "c"]
    assert (lease.state, lease.owner, lease.next_offset, lease.epoch) == ("idle", "", 3, 1)


def test_run__again__goes_on_from_the_store(
    lease: Lease, connector: Connector, where: TopicPartition, produce: Produce, tmp_path: Path
) -> None:
    produce("a")
    slices.run(connector.pk, where)
    Lease.objects.update(next_offset=0)  # the mirror is wrong; nobody believes it
    produce("b")

    slices.run(connector.pk, where)

    assert FilesStore(tmp_path).texts("test.event") == ["a", "b"]


def test_renew__behind_though_it_goes_on__waits_as_long_as_its_newest_record_is_old(lease: Lease, connector: Connector) -> None:
    read_at = datetime.now(UTC) - timedelta(hours=2)
    Lease.objects.update(end_offset=500, unread_since=datetime.now(UTC))
    held = leasing.take(connector_id=connector.pk, where=TopicPartition(lease.topic, lease.partition), owner="one")
    assert held

    leasing.renew(held, next_offset=100, read_at=read_at)
    leasing.renew(held, next_offset=100)  # nothing more was written since
    (partition,) = lookups.overview()[0].partitions
    assert partition.lag_seconds == pytest.approx(7200, abs=60)

    leasing.release(held, next_offset=500, read_at=datetime.now(UTC))
    assert Lease.objects.get().behind_since is None


def test_run__lease_held__busy(
    lease: Lease, connector: Connector, where: TopicPartition, produce: Produce, tmp_path: Path
) -> None:
    assert leasing.take(connector_id=connector.pk, where=where, owner="other") is not None
    produce("a")

    assert slices.run(connector.pk, where).end == "busy"
    assert FilesStore(tmp_path).texts("test.event") == []


def test_run__lease_run_out__taken_over_and_the_former_owner_shut_out(
    lease: Lease, connector: Connector, where: TopicPartition, produce: Produce
) -> None:
    former = leasing.take(connector_id=connector.pk, where=where, owner="former")
    assert former is not None
    Lease.objects.update(until=datetime.now(UTC) - timedelta(seconds=1))
    produce("a")

    assert slices.run(connector.pk, where).end == "done"

    assert not leasing.renew(former, next_offset=77)
    leasing.stop(former, ValueError("late"), code="late")
    lease.refresh_from_db()
    assert (lease.next_offset, lease.state) == (1, "idle")


@pytest.mark.parametrize("change", ["incarnation", "cluster", "beyond", "below"])
def test_run__position_of_another_log__stops_with_a_named_alarm(
    change: str, connector: Connector, where: TopicPartition, produce: Produce, log: Log
) -> None:
    watcher.reconcile()
    produce("a", "b")
    topic, cluster = log.topics(["test.event"])["test.event"], log.cluster_id()
    position, code = {
        "incarnation": (Position(1, "another", cluster), "connector.topic_recreated"),
        "cluster": (Position(1, topic.incarnation, "another"), "connector.cluster_changed"),
        "beyond": (Position(3, topic.incarnation, cluster), "log.offset_out_of_range"),
        "below": (Position(-1, topic.incarnation, cluster), "log.offset_out_of_range"),
    }[change]
    put_position(connector, where, position)

    assert slices.run(connector.pk, where).end == "failed"

    (view,) = lookups.overview()
    assert (view.state, view.error_code) == ("stopped", code)
    assert view.last_error
    assert view.partitions[0].next_offset is None
    assert slices.run(connector.pk, where).end == "busy"


def test_resume__after_a_stop__runs_again(lease: Lease, connector: Connector, where: TopicPartition, produce: Produce) -> None:
    produce("a")
    taken = leasing.take(connector_id=connector.pk, where=where, owner="x")
    assert taken is not None
    leasing.stop(taken, ValueError("bad"), code="bad")

    services.resume(connector="files", by="engineer")

    assert slices.run(connector.pk, where).end == "done"
    assert lookups.overview()[0].last_error == ""


def test_run__store_away__tried_again_each_time_later(
    lease: Lease, connector: Connector, where: TopicPartition, produce: Produce, monkeypatch: pytest.MonkeyPatch
) -> None:
    produce("a")

    def away(*_: object) -> None:
        raise StoreUnavailableError(reason="the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(FilesSink, "write", away)
        assert slices.run(connector.pk, where).end == "retry"

    lease.refresh_from_db()
    assert (lease.state, lease.attempts, lease.error_code) == ("retrying", 1, "sink.unavailable")
    assert lease.not_before is not None
    assert slices.run(connector.pk, where).end == "busy"

    Lease.objects.update(not_before=None)
    assert slices.run(connector.pk, where).end == "done"
    lease.refresh_from_db()
    assert (lease.state, lease.attempts, lease.last_error) == ("idle", 0, "")


def test_delay__grows_to_five_minutes() -> None:
    assert [leasing.delay_seconds(n) for n in (0, 1, 2, 3)] == [2, 4, 8, 16]
    assert leasing.delay_seconds(1000) == 300


def test_run__poison__in_the_dead_letters_and_the_rest_written(
    lease: Lease, connector: Connector, where: TopicPartition, produce: Produce, tmp_path: Path
) -> None:
    produce("a", b"not json", "b")

    assert slices.run(connector.pk, where).end == "done"

    (group,) = letters.groups()
    (line,) = letters.dead_letters().list(name="files")
    assert (group.connector, group.stream, group.code, group.count) == ("files", "test.event", "record.not_an_event", 1)
    assert line.offset == 1
    assert FilesStore(tmp_path).texts("test.event") == ["a", "b"]


def test_run__stop_asked__gives_the_lease_back_at_once(
    lease: Lease, connector: Connector, where: TopicPartition, produce: Produce
) -> None:
    Connector.objects.update(options={"flush_age_seconds": 0})  # would linger
    produce("a")
    stop = threading.Event()
    stop.set()
    began = time.monotonic()

    assert slices.run(connector.pk, where, stop=stop).end == "done"

    lease.refresh_from_db()
    assert lease.owner == ""
    assert time.monotonic() - began < 1


def test_run__paused__nothing_written(
    lease: Lease, connector: Connector, where: TopicPartition, produce: Produce, tmp_path: Path
) -> None:
    produce("a")
    services.pause(connector="files", by="engineer")

    slices.run(connector.pk, where)

    assert FilesStore(tmp_path).texts("test.event") == []
    assert lookups.overview()[0].state == "paused"


def test_canaries_written__by_the_stores_markers__until_it_is_enough(
    lease: Lease, connector: Connector, where: TopicPartition, produce: Produce
) -> None:
    produce(b'{"meta": {"domain": "canary", "id": "k1"}}')
    slices.run(connector.pk, where)

    wanted, enough = {"k2": "test.event", "k1": "test.event"}, iter([False, True])

    assert lookups.canaries_written(connector="files", wanted=wanted, is_enough=lambda: False).keys() == {"k1"}
    assert lookups.canaries_written(connector="files", wanted=wanted, is_enough=lambda: next(enough)) == {}
    assert lookups.canaries_written(connector="none", wanted=wanted, is_enough=lambda: False) == {}


@pytest.mark.parametrize(("to", "expected"), [("first", ["a", "b", "c"]), ("end", ["a", "b"])])
def test_reposition__topic_made_anew__goes_on_where_a_person_chose(
    to: repositioning.Place, expected: list[str], connector: Connector, produce: Produce, log: Log
) -> None:
    watcher.reconcile()
    where = TopicPartition("test.event", 0)
    root = connector.target.options["root"]
    produce("a", "b")
    slices.run(connector.pk, where)
    log.delete_topic("test.event")
    log.create_topic("test.event")
    produce("c")
    assert slices.run(connector.pk, where).end == "failed"

    repositioning.reposition(connector=connector, where=where, to=to, by="engineer")

    assert slices.run(connector.pk, where).end == "done"
    assert sorted(FilesStore(Path(root)).texts("test.event")) == expected


def test_reposition__slice_at_work__refused(lease: Lease, connector: Connector, where: TopicPartition) -> None:
    assert leasing.take(connector_id=connector.pk, where=where, owner="other") is not None

    with pytest.raises(repositioning.PartitionBusyError):
        repositioning.reposition(connector=connector, where=where, to="end", by="engineer")


def test_run__paused_amid_the_slice__ends_and_gives_the_lease_back(
    lease: Lease, connector: Connector, where: TopicPartition, produce: Produce, monkeypatch: pytest.MonkeyPatch
) -> None:
    Connector.objects.update(options={"flush_age_seconds": 0})  # lingers for more
    produce("a")
    real_write = FilesSink.write

    def write_then_pause(sink: FilesSink, batch: WriteBatch) -> Written:
        written = real_write(sink, batch)
        services.pause(connector="files", by="engineer")
        produce("b")
        return written

    monkeypatch.setattr(FilesSink, "write", write_then_pause)

    assert slices.run(connector.pk, where).end == "fenced"

    lease.refresh_from_db()
    assert lease.owner == ""
    with make_sink(connector) as sink:
        position = sink.position(where)
    assert position is not None
    assert position.next_offset == 1


@pytest.mark.usefixtures("lease")
def test_reconcile__stream_gone__slice_at_work_ends_before_its_next_write(
    connector: Connector, produce: Produce, snapshot: FakeSnapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Connector.objects.update(options={"flush_age_seconds": 0})  # lingers for more
    produce("a")
    real_write = FilesSink.write

    def write_then_remove(sink: FilesSink, batch: WriteBatch) -> Written:
        written = real_write(sink, batch)
        snapshot.streams.clear()
        watcher.reconcile()
        produce("b")
        return written

    monkeypatch.setattr(FilesSink, "write", write_then_remove)

    assert slices.run(connector.pk, TopicPartition("test.event", 0)).end == "fenced"
    assert FilesStore(tmp_path).texts("test.event") == ["a"]
    assert not Lease.objects.exists()
