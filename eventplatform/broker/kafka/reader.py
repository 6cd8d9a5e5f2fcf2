"""Reads with kafka-python: one assigned partition at a time, committed records only, no group."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from kafka import KafkaConsumer
from kafka import TopicPartition as KafkaPartition
from kafka.errors import NoOffsetForPartitionError
from kafka.errors import OffsetOutOfRangeError as KafkaOffsetOutOfRangeError

from eventplatform.broker import base
from eventplatform.broker.kafka.admin import CLIENT, REQUEST_MS, Admin
from eventplatform.broker.kafka.errors import as_log_errors
from eventplatform.core.records import Record, TopicPartition

_FETCH_WAIT_MS = 250
_LOOK_AGAIN_SECONDS = 0.1


class KafkaReader(base.Reader):
    """Reading on where the last read ended costs nothing; anywhere else it seeks."""

    def __init__(self, servers: str, admin: Admin) -> None:
        self._servers = servers
        self._admin = admin
        self._consumer: KafkaConsumer | None = None
        self._where: KafkaPartition | None = None
        self._next = -1
        self._left: deque[Record] = deque()  # fetched, but more than the last call wanted

    def read(
        self,
        where: TopicPartition,
        offset: int,
        *,
        max_records: int = 500,
        max_bytes: int = 4 * 1024 * 1024,
        timeout_seconds: float = 0.0,
    ) -> base.Batch:
        with as_log_errors(where.topic):
            try:
                consumer = self._at(where, offset)
                if not self._left:
                    self._fetch(consumer, where, max_records, timeout_seconds)
                return self._take(consumer, max_records, max_bytes)
            except (KafkaOffsetOutOfRangeError, NoOffsetForPartitionError) as error:
                self._next = -1
                raise self._out_of_range(where, offset) from error

    def close(self) -> None:
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None
            self._next = -1

    def _at(self, where: TopicPartition, offset: int) -> KafkaConsumer:
        if self._consumer is None:
            self._consumer = KafkaConsumer(
                bootstrap_servers=self._servers.split(","),
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="none",  # a lost place is an alarm, never a jump
                isolation_level="read_committed",
                allow_auto_create_topics=False,
                fetch_max_wait_ms=_FETCH_WAIT_MS,
                max_partition_fetch_bytes=4 * 1024 * 1024,
                metrics_enabled=False,
                **CLIENT,
            )
        if self._where != where:
            self._assign(self._consumer, where)
        if self._next != offset:
            self._left.clear()
            self._consumer.seek(self._where, offset)
            self._next = offset
        return self._consumer

    def _assign(self, consumer: KafkaConsumer, where: TopicPartition) -> None:
        # Told apart here, since a consumer waits in silence for a partition that doesn't exist.
        topic = self._admin.topics([where.topic]).get(where.topic)
        if topic is None or not 0 <= where.partition < topic.partitions:
            raise base.TopicUnknownError(topic=where.topic)
        self._where = KafkaPartition(*where)
        self._next = -1
        self._left.clear()
        consumer.assign([self._where])

    def _fetch(self, consumer: KafkaConsumer, where: TopicPartition, max_records: int, timeout_seconds: float) -> None:
        """Fill `_left`. A consumer is silent also when the log is away, or its fetch not yet back: then the log is asked."""
        deadline = time.monotonic() + timeout_seconds
        patience = timeout_seconds
        gives_up = deadline + REQUEST_MS / 1000
        while True:
            found = consumer.poll(timeout_ms=int(patience * 1000), max_records=max_records)
            self._left.extend(_record(message) for messages in found.values() for message in messages)
            if self._left or consumer.position(self._where) != self._next:
                return
            now = time.monotonic()
            if now >= deadline and not self._is_behind(where):
                return
            if now > gives_up:
                raise base.LogUnavailableError(reason=f"it has records of {where.topic}, but does not send them")
            patience = max(deadline - now, _LOOK_AGAIN_SECONDS)

    def _is_behind(self, where: TopicPartition) -> bool:
        end = self._admin.end_offsets([where]).get(where)
        if end is None:
            self._where = None
            raise base.TopicUnknownError(topic=where.topic)
        if end < self._next and self._admin.written_end(where) < self._next:
            raise KafkaOffsetOutOfRangeError
        return end > self._next

    def _take(self, consumer: KafkaConsumer, max_records: int, max_bytes: int) -> base.Batch:
        taken: list[Record] = []
        size = 0
        while self._left and len(taken) < max_records and (not taken or size < max_bytes):
            taken.append(self._left.popleft())
            size += base.size_of(taken[-1])
        # Once nothing is left, the consumer knows better: it has passed over markers and aborted records.
        self._next = taken[-1].offset + 1 if self._left else consumer.position(self._where)
        return base.Batch(taken, self._next)

    def _out_of_range(self, where: TopicPartition, offset: int) -> base.OffsetOutOfRangeError:
        first = self._admin.first_offsets([where]).get(where, -1)
        end = self._admin.end_offsets([where]).get(where, -1)
        return base.OffsetOutOfRangeError(topic=where.topic, partition=where.partition, offset=offset, first=first, end=end)


def _record(message: Any) -> Record:
    headers = tuple((name, value or b"") for name, value in message.headers)
    return Record(message.topic, message.partition, message.offset, message.timestamp, message.key, message.value, headers)
