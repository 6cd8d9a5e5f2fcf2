"""A real Kafka: nothing is missed when a consumer is killed, joins, leaves or waits; topics come from the configuration."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import confluent_kafka
import pytest
from confluent_kafka.admin import AdminClient

from eventclient.consuming.consumer import Consumer
from eventclient.consuming.dead_letters import MemoryDeadLetters
from eventclient.consuming.errors import ConsumerError, Retry, StreamUnknownError
from eventclient.consuming.kafka import KafkaSource
from eventplatform.broker.kafka import KafkaLog
from tests.clients.python.consuming.children import Child, by_partition, ended, repeated_at_the_end_only
from tests.clients.python.consuming.events import running, wait_until
from tests.monitoring.streaming.rig import event, produce
from tests.servers.kafka import KafkaServer

pytestmark = [pytest.mark.services, pytest.mark.slow]

PARTITIONS = 4
EVENTS = 4000
# Partitions of a killed one are given to others after the session's end.
QUICK = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500}


@pytest.fixture
def log(kafka_server: KafkaServer) -> Iterator[KafkaLog]:
    opened = KafkaLog(kafka_server.servers)
    yield opened
    opened.close()


@pytest.fixture
def topic(log: KafkaLog) -> str:
    name = f"pages.{uuid.uuid4().hex[:8]}"
    log.create_topic(name, partitions=PARTITIONS)
    return name


@pytest.fixture
def spec(kafka_server: KafkaServer, topic: str) -> dict[str, Any]:
    return {"servers": kafka_server.servers, "topics": [topic], "group": topic, "settings": QUICK}


def fill(log: KafkaLog, topic: str, numbers: range) -> None:
    for partition in range(PARTITIONS):
        mine = [event(n) for n in numbers if n % PARTITIONS == partition]
        for begin in range(0, len(mine), 500):
            produce(log, topic, mine[begin : begin + 500], partition=partition)


def source(spec: dict[str, Any], **more: Any) -> KafkaSource:
    return KafkaSource(spec["servers"], **{"topics": {"pages": spec["topics"]}, "start": "earliest", "settings": QUICK, **more})


@pytest.mark.parametrize("workers", [1, 4])
def test_kafka__consumer_killed_in_the_middle__nothing_missed_and_only_the_uncommitted_again(
    log: KafkaLog, topic: str, spec: dict[str, Any], tmp_path: Path, workers: int
) -> None:
    fill(log, topic, range(EVENTS))
    first = Child(tmp_path / "first", seconds=0.0002, workers=workers, **spec)
    with ended([first]):
        wait_until(lambda: len(first.handled()) > EVENTS // 3, 60)
        first.kill()
    killed = first.handled()
    second = Child(tmp_path / "second", workers=workers, **spec)
    with ended([second]):
        wait_until(lambda: len({n for _, n in killed + second.handled()}) == EVENTS, 60)
        second.stop()
    later = second.handled()

    assert {n for _, n in killed + later} == set(range(EVENTS))
    assert len(killed) < EVENTS
    assert repeated_at_the_end_only(killed, later)
    assert all(numbers == sorted(numbers) for numbers in by_partition(later).values())


def test_kafka__two_in_a_group_one_leaves__each_event_once(
    log: KafkaLog, topic: str, spec: dict[str, Any], tmp_path: Path
) -> None:
    children = [Child(tmp_path / name, seconds=0.001, **spec) for name in ("a", "b")]
    with ended(children):
        a, b = children
        numbers = iter(range(0, EVENTS // 2, 50))
        while not (a.handled() and b.handled()):  # until both have joined
            begin = next(numbers)
            fill(log, topic, range(begin, begin + 50))
            wait_until(lambda: len(a.handled()) + len(b.handled()) == begin + 50, 60)  # noqa: B023  # waited for at once
        fill(log, topic, range(begin + 50, EVENTS))
        left = a.stop()
        wait_until(lambda: len(a.handled()) + len(b.handled()) >= EVENTS, 60)
        fill(log, topic, range(EVENTS, EVENTS + 40))
        wait_until(lambda: len(a.handled()) + len(b.handled()) >= EVENTS + 40, 60)
        b.stop()

    handled = a.handled() + b.handled()
    assert sorted(n for _, n in handled) == list(range(EVENTS + 40))
    assert left["handled"] == len(a.handled()) > 0
    assert by_partition(b.handled()).keys() == set(range(PARTITIONS))  # at the end it had all


def test_kafka__another_joins_while_events_come__each_event_once(
    log: KafkaLog, topic: str, spec: dict[str, Any], tmp_path: Path
) -> None:
    fill(log, topic, range(EVENTS))
    children = [Child(tmp_path / "a", seconds=0.002, workers=2, **spec)]
    with ended(children):
        wait_until(lambda: len(children[0].handled()) > 200, 60)
        children.append(Child(tmp_path / "b", seconds=0.002, workers=2, **spec))
        wait_until(lambda: sum(len(one.handled()) for one in children) >= EVENTS, 60)
        for one in children:
            one.stop()

    assert sorted(n for one in children for _, n in one.handled()) == list(range(EVENTS))
    assert children[1].handled()


def test_kafka__broker_restarts__nothing_missed(
    kafka_server: KafkaServer, log: KafkaLog, topic: str, spec: dict[str, Any]
) -> None:
    fill(log, topic, range(200))
    found: list[int] = []
    consumer = Consumer("pages", lambda one: found.append(one["n"]), source=source(spec), group=topic)
    with running(consumer) as raised:
        wait_until(lambda: len(found) == 200, 60)
        kafka_server.kill()
        kafka_server.start()
        again = KafkaLog(kafka_server.servers)
        fill(again, topic, range(200, 400))
        again.close()
        wait_until(lambda: len(found) >= 400, 90)

    assert raised == []
    assert sorted(set(found)) == list(range(400))


def test_kafka__event_tried_for_longer_than_a_poll_may_last__keeps_its_partition(
    log: KafkaLog, topic: str, spec: dict[str, Any]
) -> None:
    fill(log, topic, range(8))
    tries: list[int] = []
    found: list[int] = []

    def handle(one: dict[str, Any]) -> None:
        if one["n"] == 0 and len(tries) < 8:
            tries.append(1)
            raise Retry(after_seconds=1)
        found.append(one["n"])

    consumer = Consumer("pages", handle, source=source(spec), group=topic, handler_seconds=6.0)
    with running(consumer) as raised:
        wait_until(lambda: len(found) == 8, 60)
    assert raised == []
    assert sorted(found) == list(range(8))


def test_kafka__aborted_transaction__not_seen(log: KafkaLog, topic: str, spec: dict[str, Any]) -> None:
    producer = confluent_kafka.Producer({"bootstrap.servers": spec["servers"], "transactional.id": topic})
    producer.init_transactions(30)
    for n, keep in ((1, True), (2, False), (3, True)):
        producer.begin_transaction()
        producer.produce(topic, event(n), partition=0)
        producer.flush()
        (producer.commit_transaction if keep else producer.abort_transaction)()
    found: list[int] = []

    with running(Consumer("pages", lambda one: found.append(one["n"]), source=source(spec), group=topic)):
        wait_until(lambda: len(found) == 2)

    assert found == [1, 3]


def test_kafka__group_without_a_position__begins_with_what_comes_and_skips_nothing_after(
    log: KafkaLog, topic: str, spec: dict[str, Any]
) -> None:
    fill(log, topic, range(100))
    first = Consumer("pages", print, source=source(spec, start="latest"), group=topic)
    with running(first):
        wait_until(lambda: len(first.stats()["lag"]) == PARTITIONS)
    fill(log, topic, range(100, 200))  # while nobody consumes
    found: list[int] = []
    with running(Consumer("pages", lambda one: found.append(one["n"]), source=source(spec, start="latest"), group=topic)):
        wait_until(lambda: len(found) == 100)

    assert sorted(found) == list(range(100, 200))


def test_kafka__retention_took_what_was_not_read__told_and_the_rest_handled(
    log: KafkaLog, topic: str, spec: dict[str, Any]
) -> None:
    fill(log, topic, range(8))
    consumer = Consumer("pages", lambda _: None, source=source(spec), group=topic)
    with running(consumer):
        wait_until(lambda: consumer.stats()["handled"] == 8)
    fill(log, topic, range(8, 48))
    place = confluent_kafka.TopicPartition(topic, 0, 7)
    admin = AdminClient({"bootstrap.servers": spec["servers"]})
    admin.delete_records([place])[place].result(30)
    again = Consumer("pages", lambda _: None, source=source(spec), group=topic)
    with running(again):
        wait_until(lambda: again.stats()["handled"] == 35)

    assert again.stats()["dropped"] == 5  # offsets 2 to 6 of the partition


def test_kafka__bytes_that_are_no_event__parked_with_their_place(log: KafkaLog, topic: str, spec: dict[str, Any]) -> None:
    produce(log, topic, [b"no json", None, event(1)], partition=3)
    letters, found = MemoryDeadLetters(), list[int]()
    consumer = Consumer("pages", lambda one: found.append(one["n"]), source=source(spec), group=topic, dead_letters=letters)
    with running(consumer):
        wait_until(lambda: found == [1])

    assert [(one.topic, one.partition, one.offset, one.value) for one in letters.letters] == [(topic, 3, 0, b"no json")]
    assert consumer.stats()["tombstones"] == 1


def test_kafka__without_a_group__says_so(spec: dict[str, Any]) -> None:
    with pytest.raises(ConsumerError, match="group="):
        Consumer("pages", print, source=source(spec)).run(signals=False)


@pytest.fixture
def platform() -> Iterator[tuple[str, dict[str, list[str]]]]:
    """A platform's answers about streams."""
    topics: dict[str, list[str]] = {}

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.partition("?")[0].rpartition("/")[2]
            body = json.dumps({"name": name, "topics": topics.get(name)}).encode()
            self.send_response(200 if name in topics else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", topics
    server.shutdown()
    thread.join()
    server.server_close()


def test_topics__a_new_one_in_the_configuration__is_read_from_its_beginning(
    log: KafkaLog, topic: str, spec: dict[str, Any], platform: tuple[str, dict[str, list[str]]]
) -> None:
    address, topics = platform
    topics["pages"] = [topic]
    fill(log, topic, range(8))
    found: list[int] = []
    made = source(spec, topics=None, refresh_seconds=0.2)
    with running(Consumer("pages", lambda one: found.append(one["n"]), source=made, group=topic, platform=address)):
        wait_until(lambda: len(found) == 8)
        log.create_topic(f"{topic}.more", partitions=PARTITIONS)
        fill(log, f"{topic}.more", range(8, 16))
        topics["pages"] = [topic, f"{topic}.more"]
        wait_until(lambda: len(found) == 16, 30)

    assert sorted(found) == list(range(16))


def test_topics__stream_that_nobody_configured__ends_the_consumer(
    spec: dict[str, Any], platform: tuple[str, dict[str, list[str]]]
) -> None:
    made = source(spec, topics=None)
    with pytest.raises(StreamUnknownError, match="pages"):
        Consumer("pages", print, source=made, group="g", platform=platform[0]).run(signals=False)
