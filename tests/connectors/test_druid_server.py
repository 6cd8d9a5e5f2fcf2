"""Druid itself, reading a real Kafka by supervisors that the platform makes: lost 0, doubled 0, canaries nowhere."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import orjson
import pytest
from django.conf import settings as settings_of_django
from django.db import connections

from connectors import following, letters, lookups, repositioning, services, watcher
from connectors.explore.answers import ask
from connectors.explore.choosing import opened
from connectors.explore.columns import offered
from connectors.explore.questions import read
from connectors.models import Connector, Lease
from connectors.sinks.base import Reading, Surroundings
from connectors.sinks.druid import DatasourceTakenError, DruidFollower, Options, Target
from connectors.stores import druid_api
from connectors.stores.druid_progress import is_busy
from eventplatform.broker.base import Log
from eventplatform.core.records import NewRecord, TopicPartition
from eventplatform.core.streams import Stream
from eventplatform.eventlog import event_log
from tests.connectors.conftest import FakeSnapshot
from tests.connectors.test_druid_specs import families
from tests.servers.kafka import KafkaServer
from tests.servers.stores import DruidServer

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.timeout(400)]

_PATIENCE_SECONDS = 120.0
OLD, NEW = "/sample/test_event/1.0.0", "/sample/test_event/1.1.0"
_META = {"type": "object", "properties": {"dt": {"type": "string", "format": "date-time"}, "id": {"type": "string"}}}
_FIELDS: dict[str, Any] = {
    "$schema": {"type": "string"},
    "meta": _META,
    "test": {"type": "string"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    "ok": {"type": "boolean"},
}
DOCUMENTS: dict[str, dict[str, Any]] = {
    OLD: {"type": "object", "properties": _FIELDS},
    NEW: {"type": "object", "properties": {**_FIELDS, "count": {"type": "integer"}}},
}


class Platform:
    """The platform in small: one stream with a topic in each of two datacenters, stored in Druid."""

    def __init__(self, druid: DruidServer, log: Log, versions: list[str]) -> None:
        self.stream = f"page.change-{uuid.uuid4().hex[:6]}"
        self.topics = (f"eqiad.{self.stream}", f"codfw.{self.stream}")
        self.druid = druid
        self.log = log
        self.versions = versions
        self.sent: list[str] = []

    def send(self, number_of: int, *, schema: str = OLD, **fields: Any) -> None:
        """So many events, and a canary amid them."""
        events = [self._event(f"e{len(self.sent) + number}", schema, fields) for number in range(number_of)]
        self.sent += [event["meta"]["id"] for event in events]
        events.append(self._event(f"canary-{len(self.sent)}", schema, fields, domain="canary"))
        self.raw(*(orjson.dumps(event) for event in events))

    def raw(self, *values: bytes | None, headers: tuple[tuple[str, bytes], ...] = ()) -> None:
        producer = self.log.producer()
        topics = [self.topics[number % 2] for number in range(len(values))]
        failed: list[Any] = []
        records = [
            NewRecord(topic, value, key=str(number).encode(), headers=headers)
            for number, (topic, value) in enumerate(zip(topics, values, strict=True))
        ]
        producer.produce(records, lambda settled: failed.extend(one for one in settled if one.error))
        assert producer.flush(10) == 0
        producer.close()
        assert failed == []

    def _event(self, event_id: str, schema: str, fields: dict[str, Any], **meta: str) -> dict[str, Any]:
        when = {"id": event_id, "dt": "2026-11-25T09:30:00.123Z"}
        made = {"test": "t", "tags": ["a", "b"], "labels": {"k": "v"}, "ok": True}
        return {"$schema": schema, "meta": {**when, **meta}, **made, **fields}

    def sql(self, query: str) -> list[dict[str, Any]]:
        answer = httpx.post(f"{self.druid.broker}/druid/v2/sql", json={"query": query.format(f'"{self.stream}"')}, timeout=20)
        return answer.json() if answer.is_success else []

    def stored(self) -> Counter[str]:
        return Counter(row["meta__id"] for row in self.sql("SELECT meta__id FROM {} LIMIT 100000"))

    def status(self) -> dict[str, Any]:
        place = f"{self.druid.coordinator}/druid/indexer/v1/supervisor/{self.stream}/status"
        found: dict[str, Any] = httpx.get(place, timeout=10).json()["payload"]
        return found

    def segments(self) -> int:
        found = self.sql(
            "SELECT COUNT(*) AS n FROM sys.segments WHERE is_published = 1 AND datasource = '{}'".replace("{}", self.stream)
        )
        return int(found[0]["n"]) if found else 0

    def rounds_until(self, is_so: Callable[[], Any]) -> None:
        """Rounds of the platform until it is so."""
        connector = Connector.objects.get()
        until(is_so, meanwhile=lambda: following.follow(connector.pk))

    def publish(self) -> None:
        """Pause: the tasks publish and end."""
        services.pause(connector="to-druid", by="ann")
        self.rounds_until(lambda: not is_busy(self.status()))


def until(is_so: Callable[[], Any], *, meanwhile: Callable[[], object] = lambda: None) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it did not become so in time"
        meanwhile()
        time.sleep(0.5)


@pytest.fixture
def platform(
    transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch, kafka_server: KafkaServer, druid_server: DruidServer
) -> Iterator[Platform]:
    settings.EVENT_LOG_URL = f"kafka://{kafka_server.servers}"
    versions = [OLD]
    made = Platform(druid_server, event_log(), versions)
    for topic in made.topics:
        made.log.create_topic(topic, partitions=2)
    fake = FakeSnapshot(streams={made.stream: Stream(made.stream, "sample/test_event", "main", made.topics)})
    fake.schemas = SimpleNamespace(ids=lambda _: tuple(versions), revision=1, versions=lambda _: ())  # type: ignore[attr-defined]  # as the real one has
    fake.find_schema = lambda name: SimpleNamespace(document=DOCUMENTS[name])  # type: ignore[method-assign,assignment]  # likewise
    monkeypatch.setattr("streamconfig.lookups.snapshot", lambda: fake)
    services.import_document(
        document={
            "targets": {
                "olap": {"kind": "druid", "options": {"url": druid_server.coordinator, "query_url": druid_server.broker}}
            },
            "connectors": {"to-druid": {"target": "olap", "streams": [made.stream]}},
        }
    )
    watcher.reconcile()
    yield made
    services.pause(connector="to-druid", by="test")
    following.follow(Connector.objects.get().pk)
    letters.close()


def of_platform(platform: Platform, name: str = "to-druid") -> DruidFollower:
    made = DruidFollower(name, Target(platform.druid.coordinator, platform.druid.broker), Options())
    made.around = Surroundings(event_log_url=settings_of_django.EVENT_LOG_URL)
    return made


def reading(platform: Platform) -> Reading:
    return Reading(platform.stream, platform.topics, {name: DOCUMENTS[name] for name in platform.versions})


def canary(platform: Platform, number: int) -> Any:
    event_id = f"canary-{number}"
    wanted = {event_id: platform.stream}
    return lookups.canaries_written(connector="to-druid", wanted=wanted, is_enough=lambda: False).get(event_id)


def test_druid__life_of_a_stream__every_event_once_and_no_canary(platform: Platform) -> None:
    platform.send(200)
    platform.raw(None, b"no json", orjson.dumps(platform._event("of-another", OLD, {})), headers=(("replayed-for", b"other"),))
    platform.rounds_until(lambda: len(platform.stored()) == 200)

    (row,) = platform.sql("SELECT * FROM {} WHERE meta__id = 'e7'")
    assert row["__time"] == "2026-11-25T09:30:00.123Z"
    assert (row["ok"], orjson.loads(row["tags"]), orjson.loads(row["labels"])) == (1, ["a", "b"], {"k": "v"})
    assert canary(platform, 200) is None  # read, but not durable yet

    platform.publish()
    until(lambda: platform.segments() > 0)

    platform.versions.append(NEW)  # a new version is published: its column is there before its events
    services.resume(connector="to-druid", by="ann")
    platform.rounds_until(lambda: platform.status()["activeTasks"])
    platform.send(100, schema=NEW, count=7)
    platform.rounds_until(lambda: len(platform.stored()) == 300)

    assert platform.sql('SELECT SUM("count") AS total FROM {}') == [{"total": 700}]
    _explores(platform)
    platform.rounds_until(lambda: canary(platform, 200))
    assert platform.stored() == Counter(platform.sent)


def test_druid__indexer_and_platform_killed__nothing_lost_or_doubled(platform: Platform) -> None:
    platform.send(300)
    platform.rounds_until(lambda: len(platform.stored()) == 300)
    sending = threading.Thread(target=_send_for_a_while, args=(platform,))
    sending.start()
    child = multiprocessing.get_context("fork").Process(target=_follow_for_ever, args=(Connector.objects.get().pk,))
    connections.close_all()  # the child must not share a connection
    child.start()

    platform.druid.kill_indexer()
    time.sleep(2)  # of rounds in the child
    assert child.pid
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    sending.join()
    Lease.objects.update(until=None)  # the killed round's, which runs out after ten seconds
    platform.rounds_until(lambda: len(platform.stored()) >= 1300)
    platform.publish()

    assert platform.stored() == Counter(platform.sent)


def _explores(platform: Platform) -> None:
    """The explore page's questions are answered by Druid too, but for what it has no function."""
    stream = Stream(platform.stream, "sample/test_event", "main", platform.topics)
    with opened(Connector.objects.get(), stream) as source:
        columns = offered(source.columns(), DOCUMENTS.values(), may_see_people=False)
        asked = {"from": "2026-11-25T00:00", "to": "2026-11-26T00:00", "measure": "sum", "of": "count", "split": "_topic"}
        now = datetime(2026, 11, 26, tzinfo=UTC)
        where = {"c": ["test", "meta__id"], "o": ["is", "contains"], "v": ["t", "E"]}
        answer = ask(source, read(asked, where, columns, now))
        whole = ask(source, read({**asked, "measure": "count", "split": ""}, {}, columns, now))

    assert {part.name for part in answer.parts} == set(platform.topics)
    assert sum(part.total or 0 for part in answer.parts) == 700
    assert [part.total for part in whole.parts] == [300]
    assert sum(value or 0 for value in whole.parts[0].values) == 300


def _send_for_a_while(platform: Platform) -> None:
    for _ in range(20):
        platform.send(50)
        time.sleep(0.2)


def _follow_for_ever(connector: int) -> None:
    while True:
        following.follow(connector)


def test_reset__by_an_operator__goes_on_there(platform: Platform) -> None:
    platform.send(40)
    platform.rounds_until(lambda: len(platform.stored()) == 40)
    connector = Connector.objects.get()
    platform.publish()
    for topic in platform.topics:
        for partition in range(2):
            repositioning.reposition(connector=connector, where=TopicPartition(topic, partition), to="first", by="ann")
    services.resume(connector="to-druid", by="ann")

    platform.rounds_until(lambda: sum(platform.stored().values()) == 80)  # read again, as was wished

    assert set(platform.stored().values()) == {2}


def test_expire__old_segments__are_dropped(platform: Platform) -> None:
    platform.send(20)
    platform.rounds_until(lambda: len(platform.stored()) == 20)
    platform.publish()
    follower = of_platform(platform)

    with follower:
        assert follower.expire(platform.stream, before=datetime(2026, 11, 25, 9, 59, tzinfo=UTC)) == 0
        assert follower.expire(platform.stream, before=datetime(2026, 11, 25, 10, tzinfo=UTC)) > 0

    until(lambda: not platform.stored())


def test_follow__supervisor_of_somebody_else__left_alone(platform: Platform) -> None:
    with of_platform(platform, name="another") as other:
        other.follow(reading(platform))

    with of_platform(platform) as mine, pytest.raises(DatasourceTakenError):
        mine.follow(reading(platform))

    with of_platform(platform, name="another") as other:
        other.suspend(platform.stream)


def test_corpus__every_spec__taken_by_the_real_overlord_and_its_examples_are_rows(platform: Platform) -> None:
    overlord = druid_api.Druid(druid_api.Address(platform.druid.coordinator))
    sampled = 0
    with of_platform(platform) as follower, closing(overlord):
        for title, versions in families().items():
            stream = f"corpus.{title.replace('/', '.')}"
            made = follower.spec(Reading(stream, platform.topics, versions))
            overlord.put_supervisor({**made, "suspended": True})
            examples = [event for one in versions.values() for event in one.get("examples", ())]
            if examples:
                answer = overlord.sample(sampler(made, examples))
                assert answer["numRowsIndexed"] == len(examples), (title, answer)
                sampled += len(examples)

    assert sampled == 63


def sampler(made: dict[str, Any], events: list[dict[str, Any]]) -> dict[str, Any]:
    """What the overlord's sampler is asked: the same spec over these events instead of Kafka."""
    schema = made["spec"]["dataSchema"] | {"timestampSpec": {"column": "none", "missingValue": "2026-11-25T00:00:00Z"}}
    data = "\n".join(orjson.dumps(event).decode() for event in events)
    value = made["spec"]["ioConfig"]["inputFormat"]["valueFormat"]
    io = {"type": "index", "inputSource": {"type": "inline", "data": data}, "inputFormat": value}
    return {"type": "index", "spec": {"type": "index", "dataSchema": schema, "ioConfig": io}}
