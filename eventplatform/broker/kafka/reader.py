"""Reads with librdkafka: one assigned partition at a time, committed records only, no group joined and nothing committed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence

import confluent_kafka

from eventplatform.broker import base
from eventplatform.broker.kafka.admin import REQUEST_MS, Admin
from eventplatform.broker.kafka.consumers import Consumers, PooledConsumer
from eventplatform.broker.kafka.errors import END_OF_PARTITION, OUT_OF_RANGE, of_reading
from eventplatform.core.records import Record, TopicPartition

_LOOK_AGAIN_SECONDS = 0.1


class _OutsideTheLogError(Exception):
    """The log has nothing at the wanted offset, and never will."""


class KafkaReader(base.Reader):
    """Reading on where the last read ended costs nothing; anywhere else it seeks."""

    def __init__(self, consumers: Consumers, admin: Admin) -> None:
        self._consumers = consumers
        self._admin = admin
        self._consumer: PooledConsumer | None = None
        self._where: TopicPartition | None = None
        self._next = -1  # where the next call is expected to go on
        self._position = -1  # what the consumer has passed, with markers and aborted records
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
        try:
            consumer = self._at(where, offset)
            if not self._left:
                self._fetch(consumer, where, max_records, timeout_seconds)
            return self._take(max_records, max_bytes)
        except _OutsideTheLogError:
            self._next = -1
            raise self._out_of_range(where, offset) from None

    def close(self) -> None:
        if self._consumer is not None:
            self._consumers.give_back(self._consumer)
            self._consumer = self._where = None
            self._left.clear()

    def _at(self, where: TopicPartition, offset: int) -> PooledConsumer:
        if self._consumer is None or self._where != where:
            self._consumer = self._prepared(where)
            self._where, self._next = where, -1
        if self._next != offset:
            self._left.clear()
            self._consumer.assign(where, offset)
            self._next = self._position = offset
        return self._consumer

    def _prepared(self, where: TopicPartition) -> PooledConsumer:
        # Told apart here, since a consumer waits in silence for a partition that doesn't exist.
        topic = self._admin.topics([where.topic]).get(where.topic)
        if topic is None or not 0 <= where.partition < topic.partitions:
            raise base.TopicUnknownError(topic=where.topic)
        if self._consumer is None:
            return self._consumers.take(topic)
        return self._consumers.exchange(self._consumer, topic)

    def _fetch(self, consumer: PooledConsumer, where: TopicPartition, max_records: int, timeout_seconds: float) -> None:
        """Fill `_left`. A consumer is silent also when the log is away, or its fetch not yet back: then the log is asked."""
        deadline = time.monotonic() + timeout_seconds
        patience = timeout_seconds
        gives_up = deadline + REQUEST_MS / 1000
        while True:
            self._keep(where, consumer.poll(max_records, patience))
            if self._left or self._position != self._next:
                return
            now = time.monotonic()
            if now >= deadline and not self._is_behind(where):
                return
            if now > gives_up:
                raise base.LogUnavailableError(reason=f"it has records of {where.topic}, but does not send them")
            patience = max(deadline - now, _LOOK_AGAIN_SECONDS)

    def _keep(self, where: TopicPartition, messages: Sequence[confluent_kafka.Message]) -> None:
        for message in messages:
            error = message.error()
            if error is None:
                self._left.append(_record(message))
                self._position = self._left[-1].offset + 1
            elif error.code() == END_OF_PARTITION:
                self._position = message.offset() or 0
            elif error.code() in OUT_OF_RANGE:
                if message.offset() == self._position:  # else it complains of where an earlier call wanted to read
                    raise _OutsideTheLogError
            elif message.topic():  # else of the group that we don't use, or of a broker: if all are away, the admin says so
                self._where = None
                raise of_reading(error, topic=where.topic)

    def _is_behind(self, where: TopicPartition) -> bool:
        end = self._admin.end_offsets([where]).get(where)
        if end is None:
            self._where = None
            raise base.TopicUnknownError(topic=where.topic)
        if end < self._next and self._admin.written_end(where) < self._next:
            raise _OutsideTheLogError
        return end > self._next

    def _take(self, max_records: int, max_bytes: int) -> base.Batch:
        taken: list[Record] = []
        size = 0
        while self._left and len(taken) < max_records and (not taken or size < max_bytes):
            taken.append(self._left.popleft())
            size += base.size_of(taken[-1])
        # Once nothing is left, the consumer knows better: it has passed over markers and aborted records.
        self._next = taken[-1].offset + 1 if self._left else self._position
        return base.Batch(taken, self._next)

    def _out_of_range(self, where: TopicPartition, offset: int) -> base.OffsetOutOfRangeError:
        first = self._admin.first_offsets([where]).get(where, -1)
        end = self._admin.end_offsets([where]).get(where, -1)
        return base.OffsetOutOfRangeError(topic=where.topic, partition=where.partition, offset=offset, first=first, end=end)


def _record(message: confluent_kafka.Message) -> Record:
    headers = message.headers()
    return Record(
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        message.timestamp()[1],
        message.key(),
        message.value(),
        tuple((name, value or b"") for name, value in headers) if headers else (),  # type: ignore[str-unpack,misc]  # pairs of text and bytes
    )
