"""The Kafka log as a whole: hands each question to the client that answers it best."""

from __future__ import annotations

import importlib.util
from collections.abc import Collection, Mapping

from eventplatform.broker import base
from eventplatform.broker.kafka.admin import Admin
from eventplatform.broker.kafka.consumers import Consumers
from eventplatform.broker.kafka.errors import ChecksumMissingError
from eventplatform.broker.kafka.producer import KafkaProducer
from eventplatform.broker.kafka.reader import KafkaReader
from eventplatform.broker.security import PLAINTEXT, Security
from eventplatform.core.records import TopicPartition

CLIENT_ID = "eventplatform"


class KafkaLog(base.Log):
    """A Kafka cluster, 3.7 or newer, at `host:port,host:port`.

    `admin` and `connection` (librdkafka's settings) are for what the contract of a log has no words for.

    Its brokers should run with `auto.create.topics.enable=false`: librdkafka has no way to forbid it for a producer.
    """

    def __init__(self, servers: str, security: Security = PLAINTEXT) -> None:
        if importlib.util.find_spec("crc32c") is None:
            raise ChecksumMissingError
        self._servers = servers.rstrip("/")
        self.connection = {"bootstrap.servers": self._servers, "client.id": CLIENT_ID, **security.for_librdkafka()}
        self.admin = Admin(self._servers, security)
        self._consumers = Consumers(self.connection)
        self._cluster_id = ""

    def producer(self, *, timeout_seconds: float = base.TIMEOUT_SECONDS) -> base.Producer:
        return KafkaProducer(self.connection, timeout_seconds=timeout_seconds)

    def reader(self) -> base.Reader:
        return KafkaReader(self._consumers, self.admin)

    def cluster_id(self) -> str:
        if not self._cluster_id:
            self._cluster_id = self.admin.cluster_id()
        return self._cluster_id

    def topics(self, names: Collection[str] | None = None) -> Mapping[str, base.Topic]:
        return self.admin.topics(names)

    def create_topic(self, name: str, *, partitions: int = 1, retention_ms: int | None = None) -> None:
        self.admin.create_topic(name, partitions, retention_ms)

    def retentions(self, names: Collection[str]) -> Mapping[str, int | None]:
        return self.admin.retentions(names)

    def alter_topic(self, name: str, *, partitions: int | None = None, retention_ms: int | None = None) -> None:
        self.admin.alter_topic(name, partitions, retention_ms)

    def delete_topic(self, name: str) -> None:
        self.admin.delete_topic(name)

    def first_offsets(self, wanted: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        return self.admin.first_offsets(wanted)

    def end_offsets(self, wanted: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        return self.admin.end_offsets(wanted)

    def offsets_for_times(self, wanted: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int | None]:
        return self.admin.offsets_for_times(wanted)

    def close(self) -> None:
        self._consumers.close()
        self.admin.close()
