"""The event log in memory: the twin of Kafka for tests and for a first look; gone with its process."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from eventplatform.broker import base
from eventplatform.broker.partitioner import choose
from eventplatform.core.records import NewRecord, Record, TopicPartition

_logs: dict[str, MemoryLog] = {}
_logs_lock = threading.Lock()


def memory_log(url: str) -> MemoryLog:
    """The log of this name, shared by everybody in the process: `memory://` and `memory://name`."""
    with _logs_lock:
        return _logs.setdefault(urlsplit(url).netloc, MemoryLog())


@dataclass(slots=True)
class _Partition:
    records: list[Record] = field(default_factory=list)
    first: int = 0

    @property
    def end(self) -> int:
        return self.first + len(self.records)


@dataclass(slots=True)
class _Topic:
    partitions: list[_Partition]
    retention_ms: int | None
    incarnation: str = field(default_factory=lambda: str(uuid.uuid4()))


class MemoryLog(base.Log):
    """Topics as lists behind one lock; closing it forgets nothing, since others share it."""

    is_durable = False

    def __init__(self) -> None:
        self._topics: dict[str, _Topic] = {}
        self._changed = threading.Condition()
        self._cluster_id = str(uuid.uuid4())

    def producer(self, *, timeout_seconds: float = base.TIMEOUT_SECONDS) -> base.Producer:  # noqa: ARG002  # never waits
        return _MemoryProducer(self)

    def reader(self) -> base.Reader:
        return _MemoryReader(self)

    def cluster_id(self) -> str:
        return self._cluster_id

    def topics(self, names: Collection[str] | None = None) -> Mapping[str, base.Topic]:
        with self._changed:
            wanted = self._topics if names is None else [name for name in names if name in self._topics]
            return {name: self._describe(name) for name in wanted}

    def create_topic(self, name: str, *, partitions: int = 1, retention_ms: int | None = None) -> None:
        with self._changed:
            self._topics.setdefault(name, _Topic([_Partition() for _ in range(partitions)], retention_ms))

    def retentions(self, names: Collection[str]) -> Mapping[str, int | None]:
        with self._changed:
            return {name: self._topics[name].retention_ms for name in names if name in self._topics}

    def alter_topic(self, name: str, *, partitions: int | None = None, retention_ms: int | None = None) -> None:
        with self._changed:
            topic = self._topics.get(name)
            if topic is None:
                raise base.TopicUnknownError(topic=name)
            topic.partitions += [_Partition() for _ in range((partitions or 0) - len(topic.partitions))]
            topic.retention_ms = topic.retention_ms if retention_ms is None else retention_ms

    def delete_topic(self, name: str) -> None:
        with self._changed:
            self._topics.pop(name, None)
            self._changed.notify_all()

    def first_offsets(self, wanted: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        with self._changed:
            return {where: partition.first for where in wanted if (partition := self._find(where))}

    def end_offsets(self, wanted: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        with self._changed:
            return {where: partition.end for where in wanted if (partition := self._find(where))}

    def offsets_for_times(self, wanted: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int | None]:
        with self._changed:
            found: dict[TopicPartition, int | None] = {}
            for where, timestamp in wanted.items():
                if partition := self._find(where):
                    found[where] = next((r.offset for r in partition.records if r.timestamp_ms >= timestamp), None)
            return found

    def apply_retention(self, *, now_ms: int | None = None) -> int:
        now = _now_ms() if now_ms is None else now_ms
        with self._changed:
            return sum(
                _expire(partition, now - topic.retention_ms)
                for topic in self._topics.values()
                if topic.retention_ms is not None
                for partition in topic.partitions
            )

    def close(self) -> None:
        """Nothing to let go of: the records stay for whoever opens this log next."""

    def append(self, records: Sequence[NewRecord]) -> list[base.Delivery]:
        """Append all at once; what became of each."""
        with self._changed:
            delivered = [self._append(record) for record in records]
            self._changed.notify_all()
        return delivered

    def read(self, where: TopicPartition, offset: int, max_records: int, max_bytes: int, seconds: float) -> base.Batch:
        """As `Reader.read`."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                partition = self._readable(where, offset)
                left = deadline - time.monotonic()
                if offset < partition.end or left <= 0:
                    return _cut(partition, offset, max_records, max_bytes)
                self._changed.wait(left)

    def _append(self, record: NewRecord) -> base.Delivery:
        topic = self._topics.get(record.topic)
        number = choose(record, len(topic.partitions)) if topic else None
        if topic is None or number is None:
            return base.Delivery(record.topic, error=base.TopicUnknownError(topic=record.topic))
        if (size := base.size_of(record)) > base.MAX_RECORD_BYTES:
            return base.Delivery(record.topic, error=base.RecordTooLargeError(size=size))
        partition = topic.partitions[number]
        timestamp = _now_ms() if record.timestamp_ms is None else record.timestamp_ms
        offset = partition.end
        partition.records.append(
            Record(record.topic, number, offset, timestamp, record.key, record.value, tuple(record.headers)),
        )
        return base.Delivery(record.topic, number, offset)

    def _readable(self, where: TopicPartition, offset: int) -> _Partition:
        partition = self._find(where)
        if partition is None:
            raise base.TopicUnknownError(topic=where.topic)
        if not partition.first <= offset <= partition.end:
            raise base.OffsetOutOfRangeError(
                topic=where.topic, partition=where.partition, offset=offset, first=partition.first, end=partition.end
            )
        return partition

    def _find(self, where: TopicPartition) -> _Partition | None:
        topic = self._topics.get(where.topic)
        return topic.partitions[where.partition] if topic and 0 <= where.partition < len(topic.partitions) else None

    def _describe(self, name: str) -> base.Topic:
        topic = self._topics[name]
        return base.Topic(name, len(topic.partitions), topic.incarnation)


class _MemoryProducer(base.Producer):
    def __init__(self, log: MemoryLog) -> None:
        self._log = log

    def produce(self, records: Sequence[NewRecord], on_settled: base.OnSettled) -> None:
        on_settled(self._log.append(records))

    def flush(self, timeout_seconds: float) -> int:  # noqa: ARG002  # everything settles in `produce`
        return 0

    def close(self) -> None:
        """Nothing is queued."""


class _MemoryReader(base.Reader):
    def __init__(self, log: MemoryLog) -> None:
        self._log = log

    def read(
        self,
        where: TopicPartition,
        offset: int,
        *,
        max_records: int = 500,
        max_bytes: int = 4 * 1024 * 1024,
        timeout_seconds: float = 0.0,
    ) -> base.Batch:
        return self._log.read(where, offset, max_records, max_bytes, timeout_seconds)

    def close(self) -> None:
        """No sockets."""


def _cut(partition: _Partition, offset: int, max_records: int, max_bytes: int) -> base.Batch:
    start = offset - partition.first
    taken: list[Record] = []
    size = 0
    for record in partition.records[start : start + max_records]:
        if taken and size >= max_bytes:
            break
        taken.append(record)
        size += base.size_of(record)
    return base.Batch(taken, offset + len(taken))


def _expire(partition: _Partition, oldest_ms: int) -> int:
    kept = next((n for n, r in enumerate(partition.records) if r.timestamp_ms >= oldest_ms), len(partition.records))
    del partition.records[:kept]
    partition.first += kept
    return kept


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
