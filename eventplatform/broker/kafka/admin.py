"""Topics and offsets by kafka-python's admin client, made when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import IsolationLevel, OffsetAndMetadata
from kafka import TopicPartition as KafkaPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic, OffsetSpec
from kafka.errors import (
    KafkaTimeoutError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from eventplatform.broker import base
from eventplatform.broker.kafka import diagnosis
from eventplatform.broker.kafka.errors import AccessDeniedError, as_log_errors
from eventplatform.broker.security import PLAINTEXT, Security
from eventplatform.core.records import TopicPartition

_RETENTION = "retention.ms"
REQUEST_MS = 5000
CLIENT: dict[str, Any] = {
    "request_timeout_ms": REQUEST_MS,
    "bootstrap_timeout_ms": REQUEST_MS,
    "reconnect_backoff_max_ms": 1000,
}


class Admin:
    """The admin client behind a lock: threads share it."""

    def __init__(self, servers: str, security: Security = PLAINTEXT) -> None:
        self._servers = servers
        self._security = security
        self._lock = threading.Lock()
        self._client: KafkaAdminClient | None = None

    def cluster_id(self) -> str:
        with self._connected() as client:
            return str(client.describe_cluster()["cluster_id"])

    def topics(self, names: Collection[str] | None) -> dict[str, base.Topic]:
        if names is not None and not names:
            return {}
        with self._connected() as client:
            found = client.describe_topics(None if names is None else list(names))
        _refuse_silence(found)
        return {
            topic["name"]: base.Topic(topic["name"], len(topic["partitions"]), str(topic["topic_id"]))
            for topic in found
            if not topic["error_code"] and not topic["is_internal"]
        }

    def create_topic(
        self, name: str, partitions: int, retention_ms: int | None, settings: Mapping[str, str] | None = None
    ) -> None:
        """Make it where it is absent; `settings` are Kafka's own, by name."""
        settings = {**(settings or {}), **({} if retention_ms is None else {_RETENTION: str(retention_ms)})}
        # Minus one: as many replicas as the cluster's own default says.
        topic = NewTopic(name=name, num_partitions=partitions, replication_factor=-1, topic_configs=settings)
        with self._connected(f"create topic {name}") as client:
            try:
                client.create_topics([topic])
            except TopicAlreadyExistsError:
                return
            client.wait_for_topics([name])

    def retentions(self, names: Collection[str]) -> dict[str, int | None]:
        there = self.topics(names)
        if not there:
            return {}
        wanted = [ConfigResource(ConfigResourceType.TOPIC, name, {_RETENTION: None}) for name in there]
        with self._connected("see the settings of topics") as client:
            found = client.describe_configs(wanted).get("topic", {})
        return {name: _milliseconds(found.get(name, {}).get(_RETENTION)) for name in there}

    def alter_topic(self, name: str, partitions: int | None, retention_ms: int | None) -> None:
        topic = self.topics([name]).get(name)
        if topic is None:
            raise base.TopicUnknownError(topic=name)
        with self._connected(f"alter topic {name}") as client:
            if partitions is not None and partitions > topic.partitions:
                client.create_partitions({name: partitions})
            if retention_ms is not None:
                client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, {_RETENTION: str(retention_ms)})])

    def delete_topic(self, name: str) -> None:
        with self._connected(f"delete topic {name}") as client:
            try:
                client.delete_topics([name])
            except UnknownTopicOrPartitionError:
                return

    def first_offsets(self, wanted: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        return self._offsets(dict.fromkeys(wanted, OffsetSpec.EARLIEST))

    def end_offsets(self, wanted: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """The last stable ones: what a reader of committed records can reach."""
        return self._offsets(dict.fromkeys(wanted, OffsetSpec.LATEST))

    def written_end(self, where: TopicPartition) -> int:
        """Where the log ends with the records of open transactions."""
        return self._ask({where: OffsetSpec.LATEST}, IsolationLevel.READ_UNCOMMITTED)[where]

    def offsets_for_times(self, wanted: Mapping[TopicPartition, int]) -> dict[TopicPartition, int | None]:
        found = self._offsets(wanted)
        return {where: offset if offset >= 0 else None for where, offset in found.items()}

    def alter_group_offsets(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        """Set the committed offsets of a group that has no members."""
        wanted = {KafkaPartition(*where): OffsetAndMetadata(offset, "", -1) for where, offset in offsets.items()}
        with self._connected(f"write offsets of group {group}") as client:
            for error in client.alter_group_offsets(group, wanted).values():
                if error.errno:
                    raise error()

    def group_offsets(self, group: str) -> dict[TopicPartition, int]:
        """The committed offsets of a group."""
        with self._connected(f"see offsets of group {group}") as client:
            found = client.list_group_offsets(group)
        answers = found.get(group, found)
        return {TopicPartition(where.topic, where.partition): answer.offset for where, answer in answers.items()}

    def close(self) -> None:
        """Let go of sockets and thread."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _offsets(self, wanted: Mapping[TopicPartition, Any]) -> dict[TopicPartition, int]:
        """One request per broker; a second round only where some partition is gone."""
        if not wanted:
            return {}
        try:
            return self._ask(wanted)
        except base.TopicUnknownError:
            there = set(base.partitions_of(self.topics({where.topic for where in wanted})))
            left = {where: spec for where, spec in wanted.items() if where in there}
            return self._ask(left) if left else {}

    def _ask(
        self,
        wanted: Mapping[TopicPartition, Any],
        isolation: IsolationLevel = IsolationLevel.READ_COMMITTED,
    ) -> dict[TopicPartition, int]:
        specs = {KafkaPartition(*where): spec for where, spec in wanted.items()}
        with self._connected(f"see offsets of {min(wanted).topic}") as client:
            found = client.list_partition_offsets(specs, isolation)
        return {TopicPartition(where.topic, where.partition): answer.offset for where, answer in found.items()}

    @contextmanager
    def _connected(self, what: str = "look at the cluster") -> Iterator[KafkaAdminClient]:
        with self._lock, as_log_errors(what=what):
            if self._client is None:
                self._client = self._connect()
            yield self._client

    def _connect(self) -> KafkaAdminClient:
        # Asked first, since this client would wait until its time is over and not say why.
        if self._security != PLAINTEXT and (reason := diagnosis.of_network(self._servers, self._security)):
            raise reason
        try:
            return KafkaAdminClient(bootstrap_servers=self._servers.split(","), **CLIENT, **self._security.for_kafka_python())
        except KafkaTimeoutError:
            raise diagnosis.why(self._servers, self._security) from None


def _refuse_silence(found: Sequence[Mapping[str, Any]]) -> None:
    """Where nothing but refusals is answered, "there is no such topic" would hide that a right is missing."""
    denied = [topic["name"] for topic in found if topic["error_code"] == TopicAuthorizationFailedError.errno]
    if denied and len(denied) == len(found):
        raise AccessDeniedError(what=f"describe topic {denied[0]}")


def _milliseconds(setting: Any) -> int | None:
    """A topic's own retention; minus one is Kafka's way to say for ever."""
    value = setting.get("value") if isinstance(setting, Mapping) else setting
    return None if value in (None, "", "-1") else int(value)
