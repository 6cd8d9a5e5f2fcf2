"""A follower's round: the store's reader is made, watched and suspended, and the platform walks behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, ClassVar

import orjson
import pytest
from django.db import connection

from connectors import catalog, following, leasing, letters, lookups, opening, repositioning, services, tasks, watcher
from connectors.models import Connector, Lease
from connectors.sinks.base import Follower, Progress, Reading, StoreUnavailableError
from connectors.sinks.druid import DruidFollower, Options, Target
from eventplatform.broker.base import Log
from eventplatform.core.errors import PlatformError, RejectedError
from eventplatform.core.records import NewRecord, TopicPartition
from eventplatform.eventlog import event_log
from tests.connectors.conftest import FakeSnapshot, stream

pytestmark = pytest.mark.slow

STREAM = "test.event"
WHERE = TopicPartition(STREAM, 0)


@dataclass
class FakeStore:
    """What stands in the store behind all hands on it."""

    readings: dict[str, Reading] = field(default_factory=dict)
    suspended: set[str] = field(default_factory=set)
    resets: list[Mapping[TopicPartition, int]] = field(default_factory=list)
    durable: dict[TopicPartition, int] = field(default_factory=dict)
    read: dict[TopicPartition, int] = field(default_factory=dict)
    error: PlatformError | None = None
    expired: list[str] = field(default_factory=list)
    is_away: bool = False


class FakeFollower(Follower):
    title = "Fake"
    guarantee = "None."
    target_type = Target
    options_type = Options
    ttl_by_expiry = DruidFollower.ttl_by_expiry
    store: ClassVar[FakeStore]

    def __init__(self, connector: str, target: Any, options: Any) -> None:
        self._own = DruidFollower(connector, target, options)  # canaries are marked alike

    def open(self) -> None:
        self._own.around = self.around

    def close(self) -> None:
        pass

    def running(self) -> set[str]:
        if self.store.is_away:
            raise StoreUnavailableError(reason="it is not there")
        return set(self.store.readings) - self.store.suspended

    def follow(self, reading: Reading) -> Progress:
        self.store.readings[reading.stream] = reading
        self.store.suspended.discard(reading.stream)
        return Progress("running", self.store.durable, self.store.error, {**self.store.durable, **self.store.read})

    def suspend(self, stream: str) -> None:
        self.store.suspended.add(stream)

    def reset(self, reading: Reading, offsets: Mapping[TopicPartition, int]) -> None:  # noqa: ARG002  # the contract's
        self.store.resets.append(offsets)

    def leaves_out(self, event: Mapping[str, Any]) -> RejectedError | None:
        return self._own.leaves_out(event)

    def canary_written(self, stream: str, event_id: str) -> datetime | None:
        return self._own.canary_written(stream, event_id)

    def expire(self, stream: str, *, before: datetime) -> int:  # noqa: ARG002  # the contract's
        self.store.expired.append(stream)
        return 1


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> FakeStore:
    FakeFollower.store = FakeStore()
    real: Callable[[str], Any] = catalog.load
    monkeypatch.setattr(catalog, "load", lambda kind: FakeFollower if kind == "druid" else real(kind))
    return FakeFollower.store


@pytest.fixture
def connector(transactional_db: None, log: Log, store: FakeStore, snapshot: FakeSnapshot) -> Connector:
    snapshot.schemas = SimpleNamespace(ids=lambda _: ("/sample/test_event/1.0.0",), revision=1, versions=lambda _: ("1.0.0",))  # type: ignore[attr-defined]  # as the real one has
    snapshot.find_schema = lambda _: SimpleNamespace(document={"type": "object"})  # type: ignore[method-assign,assignment]  # likewise
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM dead_letters")
        cursor.execute("TRUNCATE connector_positions, connector_canaries")
    document = {
        "targets": {"olap": {"kind": "druid", "options": {"url": "http://127.0.0.1:1"}}},
        "connectors": {"to-druid": {"target": "olap", "streams": ["*"]}},
    }
    services.import_document(document=document)
    watcher.reconcile()
    return Connector.objects.get()


@pytest.fixture
def send(log: Log) -> Iterator[Callable[..., None]]:
    def produce(*values: bytes) -> None:
        producer = log.producer()
        producer.produce([NewRecord(STREAM, value) for value in values], lambda _: None)
        assert producer.flush(5) == 0

    yield produce
    letters.close()


def event(number: int, **meta: str) -> bytes:
    return orjson.dumps({"$schema": "/sample/test_event/1.0.0", "meta": {"id": f"e{number}", **meta}, "test": f"t{number}"})


def lease() -> Lease:
    return Lease.objects.get()


def test_follow__new_stream__reader_made_with_its_topics_and_schemas(connector: Connector, store: FakeStore) -> None:
    assert following.follow(connector.pk) == {STREAM: "done"}

    reading = store.readings[STREAM]
    assert (reading.topics, list(reading.schemas)) == ((STREAM,), ["/sample/test_event/1.0.0"])


def test_follow__read_but_not_durable__mirrored_and_no_canary_marked(
    connector: Connector, store: FakeStore, send: Callable[..., None]
) -> None:
    send(event(0), event(1, domain="canary"), event(2))
    store.durable, store.read = {WHERE: 0}, {WHERE: 3}

    following.follow(connector.pk)

    assert (lease().next_offset, lease().lag, lease().state) == (3, 0, "idle")
    assert lookups.canaries_written(connector="to-druid", wanted={"e1": STREAM}, is_enough=lambda: False) == {}


def test_follow__became_durable__canaries_marked_and_rows_counted(
    connector: Connector, store: FakeStore, send: Callable[..., None]
) -> None:
    send(event(0), event(1, domain="canary"), event(2), event(3, domain="canary"))
    store.durable = {WHERE: 0}
    following.follow(connector.pk)

    store.durable = {WHERE: 3}
    following.follow(connector.pk)
    following.follow(connector.pk)

    wanted = {"e1": STREAM, "e3": STREAM}
    marked = lookups.canaries_written(connector="to-druid", wanted=wanted, is_enough=lambda: False)
    assert marked.keys() == {"e1"}
    assert (datetime.now(UTC) - marked["e1"]).total_seconds() < 60
    assert lease().rows_written == 2


def test_follow__what_the_reader_leaves_out__set_aside_once_with_its_reason(
    connector: Connector, store: FakeStore, send: Callable[..., None]
) -> None:
    store.durable = {WHERE: 0}
    following.follow(connector.pk)
    send(event(0), b"no json", b'{"test": "no schema"}', event(3))
    store.durable = {WHERE: 4}

    following.follow(connector.pk)
    following.follow(connector.pk)

    assert {group.code: group.count for group in letters.groups()} == {"record.not_an_event": 1, "record.schema_missing": 1}
    assert lease().rows_written == 2


def test_follow__paused__suspended_and_resumed_again(connector: Connector, store: FakeStore) -> None:
    following.follow(connector.pk)

    services.pause(connector="to-druid", by="ann")
    assert following.follow(connector.pk) == {STREAM: "suspended"}
    assert store.suspended == {STREAM}

    services.resume(connector="to-druid", by="ann")
    following.follow(connector.pk)
    assert store.suspended == set()


def test_delete__connector__its_readers_are_suspended(connector: Connector, store: FakeStore) -> None:
    following.follow(connector.pk)

    services.delete_connector(connector="to-druid", by="ann")

    assert store.suspended == {STREAM}


def test_delete__store_away__deleted_all_the_same(connector: Connector, store: FakeStore) -> None:
    store.is_away = True

    services.delete_connector(connector="to-druid", by="ann")

    assert not Connector.objects.exists()


def test_follow__stream_removed__suspended(connector: Connector, store: FakeStore, snapshot: FakeSnapshot) -> None:
    snapshot.streams["other"] = stream("other")
    following.follow(connector.pk)

    del snapshot.streams[STREAM]
    watcher.reconcile()
    following.follow(connector.pk)

    assert store.suspended == {STREAM}


def test_follow__topic_made_anew__stops_until_a_person_chooses(
    connector: Connector, store: FakeStore, log: Log, send: Callable[..., None]
) -> None:
    send(event(0), event(1))
    store.durable = {WHERE: 2}
    following.follow(connector.pk)
    log.delete_topic(STREAM)
    log.create_topic(STREAM)
    send(event(5))

    assert following.follow(connector.pk) == {STREAM: "failed"}

    assert (lease().state, lease().error_code) == ("stopped", "connector.topic_recreated")
    assert store.suspended == {STREAM}
    assert following.follow(connector.pk) == {}

    repositioning.reposition(connector=connector, where=WHERE, to="first", by="ann")
    store.durable = {WHERE: 0}
    assert store.resets == [{WHERE: 0}]
    assert following.follow(connector.pk) == {STREAM: "done"}


@pytest.mark.parametrize("offset", [0, 9])
def test_follow__reader_outside_the_log__stops_with_a_named_alarm(
    connector: Connector, store: FakeStore, monkeypatch: pytest.MonkeyPatch, send: Callable[..., None], offset: int
) -> None:
    send(event(0), event(1), event(2))
    monkeypatch.setattr(type(event_log()), "first_offsets", lambda _, wanted: dict.fromkeys(wanted, 2))
    store.durable = {WHERE: offset}

    following.follow(connector.pk)

    assert (lease().state, lease().error_code) == ("stopped", "log.offset_out_of_range")
    assert store.suspended == {STREAM}


def test_follow__reader_unwell__tried_again_and_told(connector: Connector, store: FakeStore) -> None:
    store.error = StoreUnavailableError(reason="its tasks fail")

    following.follow(connector.pk)

    assert lease().state == "retrying"
    assert "its tasks fail" in lease().last_error


def test_follow__store_away__every_stream_says_so(connector: Connector, store: FakeStore) -> None:
    store.is_away = True

    assert following.follow(connector.pk) == {}

    assert (lease().state, lease().error_code) == ("retrying", "sink.unavailable")
    connector.target.refresh_from_db()
    assert connector.target.failures == 1


def test_follow__options_that_can_not_be_used__every_stream_says_so(connector: Connector) -> None:
    Connector.objects.update(options={"no_such_option": 1})

    assert following.follow(connector.pk) == {}

    assert (lease().state, lease().error_code) == ("retrying", "option.unknown")
    connector.target.refresh_from_db()
    assert connector.target.failures == 0


def test_ttl__old_rows_of_a_reader__go_each_minute_and_are_counted(connector: Connector, store: FakeStore) -> None:
    connector.rules = {"ttl_seconds": 3600}
    connector.save()

    assert tasks.apply_ttl() == {f"to-druid {STREAM}": 1}

    assert store.expired == [STREAM]


def test_follow__at_work_elsewhere__busy(connector: Connector) -> None:
    assert leasing.take(connector_id=connector.pk, where=WHERE, owner="other") is not None

    assert following.follow(connector.pk) == {STREAM: "busy"}


def test_tick__follower__no_slice_but_a_round_every_ten_seconds(
    connector: Connector, monkeypatch: pytest.MonkeyPatch, send: Callable[..., None]
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(tasks.follow, "apply_async", lambda arguments, **_: asked.append(arguments[0]))
    monkeypatch.setattr(tasks.prepare_store, "apply_async", lambda *_, **__: None)
    following.forget()
    send(event(0))
    watching = watcher.Watcher()

    assert watching.tick() == 0
    watching._reconciled_at = float("-inf")
    watching.tick()

    assert asked == [connector.pk]
    with opening.make_store(connector) as made:
        assert isinstance(made, FakeFollower)
