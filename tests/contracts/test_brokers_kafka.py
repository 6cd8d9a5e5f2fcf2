"""What only Kafka has: transactions of others, records deleted by others, other clients' partitioners."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

import confluent_kafka
import kafka
import pytest
from kafka.admin import KafkaAdminClient

from eventplatform.broker.base import OffsetOutOfRangeError
from eventplatform.broker.kafka import KafkaLog
from eventplatform.core.records import NewRecord, TopicPartition
from tests.contracts.logs import follow, produce, read_all
from tests.servers.kafka import KafkaServer

pytestmark = pytest.mark.services
KEYS = [f"key {number}".encode() for number in range(1000)]


@pytest.fixture
def log(kafka_server: KafkaServer) -> Iterator[KafkaLog]:
    opened = KafkaLog(kafka_server.servers)
    yield opened
    opened.close()


@pytest.fixture
def topic(log: KafkaLog) -> str:
    name = f"contract.{uuid.uuid4().hex[:8]}"
    log.create_topic(name, partitions=7)
    return name


@pytest.fixture
def transactional(kafka_server: KafkaServer) -> confluent_kafka.Producer:
    settings = {"bootstrap.servers": kafka_server.servers, "transactional.id": uuid.uuid4().hex}
    producer = confluent_kafka.Producer(settings, logger=None)
    producer.init_transactions(30)
    return producer


def until_stable(log: KafkaLog, where: TopicPartition, end: int) -> None:
    """Kafka answers a commit once it is decided; the marker that ends it in the topic is written after the answer."""
    deadline = time.monotonic() + 30
    while log.end_offsets([where])[where] < end and time.monotonic() < deadline:
        time.sleep(0.05)


def test_read__aborted_transaction__is_passed_over_and_its_offsets_too(
    log: KafkaLog, topic: str, transactional: confluent_kafka.Producer
) -> None:
    for value, keep in (("one", True), ("never", False), ("two", True), ("never", False)):
        transactional.begin_transaction()
        transactional.produce(topic, value, partition=0)
        transactional.flush()
        (transactional.commit_transaction if keep else transactional.abort_transaction)()
    where = TopicPartition(topic, 0)
    end = 8  # two records, two aborted ones and four markers: counting records would never get there

    until_stable(log, where, end)
    reader = log.reader()
    records = follow(reader, where, 0, end)

    assert [record.value for record in records] == [b"one", b"two"]
    assert log.end_offsets([where])[where] == end
    assert reader.read(where, end).next_offset == end
    reader.close()


def test_end_offsets__open_transaction__is_the_last_stable_one(
    log: KafkaLog, topic: str, transactional: confluent_kafka.Producer
) -> None:
    where = TopicPartition(topic, 0)
    produce(log, [NewRecord(topic, b"before", partition=0)])
    transactional.begin_transaction()
    transactional.produce(topic, b"open", partition=0)
    transactional.flush()
    produce(log, [NewRecord(topic, b"behind", partition=0)])
    reader = log.reader()

    assert log.end_offsets([where]) == {where: 1}
    assert [record.value for record in follow(reader, where, 0, 1)] == [b"before"]
    assert list(reader.read(where, 1, timeout_seconds=0.3).records) == []
    transactional.commit_transaction()

    assert [record.value for record in follow(reader, where, 1, 4)] == [b"open", b"behind"]
    reader.close()


def test_read__records_deleted__are_below_the_first_offset(log: KafkaLog, topic: str, kafka_server: KafkaServer) -> None:
    where = TopicPartition(topic, 0)
    produce(log, [NewRecord(topic, b"{}", partition=0)] * 5)
    admin = KafkaAdminClient(bootstrap_servers=kafka_server.servers)
    admin.delete_records({kafka.TopicPartition(topic, 0): 3})
    admin.close()
    reader = log.reader()

    assert log.first_offsets([where]) == {where: 3}
    with pytest.raises(OffsetOutOfRangeError, match=r"Offset 2 .* \(3 to 5\)"):
        reader.read(where, 2)
    assert [record.offset for record in reader.read(where, 3, timeout_seconds=5).records] == [3, 4]
    reader.close()


def test_produce__a_thousand_keys__all_clients_agree(log: KafkaLog, topic: str, kafka_server: KafkaServer) -> None:
    ours = [delivery.partition for delivery in produce(log, [NewRecord(topic, b"ours", key) for key in KEYS])]

    python = kafka.KafkaProducer(bootstrap_servers=kafka_server.servers)
    futures = [python.send(topic, b"python", key) for key in KEYS]
    theirs = [future.get(20).partition for future in futures]
    python.close()
    other: dict[bytes | None, int | None] = {}
    librdkafka = confluent_kafka.Producer({"bootstrap.servers": kafka_server.servers, "partitioner": "murmur2_random"})
    for key in KEYS:
        librdkafka.produce(topic, b"other", key, on_delivery=lambda _, m: other.update({m.key(): m.partition()}))
    assert librdkafka.flush(20) == 0

    assert ours == theirs == [other[key] for key in KEYS]
    found = {r.key: r.partition for n in range(7) for r in read_all(log, TopicPartition(topic, n))}
    assert [found[key] for key in KEYS] == ours
