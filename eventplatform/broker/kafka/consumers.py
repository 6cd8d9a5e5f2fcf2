"""A few librdkafka consumers kept warm: another partition costs some milliseconds, not a new connection."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import Any

import confluent_kafka

from eventplatform.broker import base
from eventplatform.core.records import TopicPartition

_log = logging.getLogger("kafka.consumer")

FETCH_WAIT_MS = 100
_AT_REST_SECONDS = 2 * FETCH_WAIT_MS / 1000  # then no fetch of its former partition is under way, for which others would wait
_MOST_IDLE = 4
READER_GROUP = "eventplatform.reader"  # librdkafka wants a name; nothing joins it and nothing is committed to it


def settings(connection: dict[str, Any]) -> dict[str, Any]:
    """How all our consumers read, on top of the way to the brokers."""
    return {
        **connection,
        "group.id": READER_GROUP,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",  # a lost place is an alarm, never a jump
        "isolation.level": "read_committed",
        "enable.partition.eof": True,  # tells what was passed over behind the last record
        "allow.auto.create.topics": False,
        "check.crcs": True,
        "fetch.wait.max.ms": FETCH_WAIT_MS,
        "fetch.message.max.bytes": 4 * 1024 * 1024,
        "queued.max.messages.kbytes": 16 * 1024,
        "fetch.queue.backoff.ms": 10,
        "reconnect.backoff.max.ms": 1000,
    }


class PooledConsumer:
    """A consumer, and the incarnations of the topics that it has met: it takes those for what they were."""

    def __init__(self, wanted: dict[str, Any]) -> None:
        self._client = confluent_kafka.Consumer(wanted, logger=_log)
        self._incarnations: dict[str, str] = {}
        self.idle_since = 0.0

    def assign(self, where: TopicPartition, offset: int) -> None:
        """Read on there."""
        self._client.assign([confluent_kafka.TopicPartition(where.topic, where.partition, offset)])

    def poll(self, max_records: int, seconds: float) -> list[confluent_kafka.Message]:
        """What has come, waiting for the first only: librdkafka would wait until all are there."""
        first = self._client.consume(1, seconds)
        return first + self._client.consume(max_records - 1, 0) if first and max_records > 1 else first

    def rest(self) -> None:
        """Fetch nothing until the next assignment."""
        self._client.unassign()
        self.idle_since = time.monotonic()

    def knows(self, topic: base.Topic) -> bool:
        """False where it has met another topic of that name."""
        return self._incarnations.setdefault(topic.name, topic.incarnation) == topic.incarnation

    def close(self) -> None:
        self._client.close()


class Consumers:
    """Safe to share between threads."""

    def __init__(self, connection: dict[str, Any]) -> None:
        self._settings = settings(connection)
        self._idle: deque[PooledConsumer] = deque()  # the one that has rested longest first
        self._lock = threading.Lock()

    def take(self, topic: base.Topic) -> PooledConsumer:
        """One that fetches nothing yet and takes the topic for what it is."""
        now = time.monotonic()
        with self._lock:
            found = self._idle.popleft() if self._idle and now - self._idle[0].idle_since > _AT_REST_SECONDS else None
        if found is not None and not found.knows(topic):
            found.close()
            found = None
        made = found or PooledConsumer(self._settings)
        made.knows(topic)
        return made

    def exchange(self, consumer: PooledConsumer, topic: base.Topic) -> PooledConsumer:
        """The same, or another where it takes the topic for one that is gone."""
        if consumer.knows(topic):
            return consumer
        consumer.close()
        return self.take(topic)

    def give_back(self, consumer: PooledConsumer) -> None:
        """Keep it for the next; the pool closes what is too much."""
        with self._lock:
            is_kept = len(self._idle) < _MOST_IDLE
            if is_kept:
                consumer.rest()
                self._idle.append(consumer)
        if not is_kept:
            consumer.close()

    def close(self) -> None:
        with self._lock:
            while self._idle:
                self._idle.popleft().close()
