"""A compacted topic read as a table: the last committed value of a key."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import ClassVar

from connectors.sinks.base import StoreUnavailableError
from eventplatform.broker.base import Reader
from eventplatform.broker.kafka import KafkaLog
from eventplatform.broker.partitioner import partition_of
from eventplatform.core.records import NewRecord, TopicPartition

_PATIENCE_SECONDS = 20.0  # longer than brokers let a transaction be open


class Table:
    """Each key has its partition; what was read once is not read again."""

    PARTITIONS = 8
    SETTINGS: ClassVar[Mapping[str, str]] = {
        "cleanup.policy": "compact",
        "min.cleanable.dirty.ratio": "0.1",
        "segment.ms": "3600000",
        "max.compaction.lag.ms": "3600000",
    }

    def __init__(self, log: KafkaLog, topic: str) -> None:
        self._log = log
        self._topic = topic
        self._partitions = 0
        self._reader: Reader | None = None
        self._known: dict[bytes, tuple[int, bytes | None]] = {}  # where to read on, and the last value before

    def ensure(self, *, is_made: bool, settings: Mapping[str, str] | None = None) -> None:
        """Have the topic; its key decides on the partition, so their number stays as it was made."""
        if self._log.topics([self._topic]):
            return
        if not is_made:
            raise StoreUnavailableError(reason=f"topic {self._topic} does not exist, and the connector may not make topics")
        self._log.admin.create_topic(self._topic, self.PARTITIONS, None, settings or self.SETTINGS)

    def record(self, key: bytes, value: bytes) -> NewRecord:
        """What sets the key's value."""
        return NewRecord(self._topic, value, key, partition=self._where(key).partition)

    def last(self, key: bytes) -> bytes | None:
        """The key's value after all that was written until now, also by transactions that are about to end.

        Raises:
            StoreUnavailableError: another one's transaction stays open.
        """
        where = self._where(key)
        end = self._log.admin.written_end(where)
        self._reader = self._reader or self._log.reader()
        offset, value = self._known.get(key) or (self._log.first_offsets([where])[where], None)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while offset < end:
            batch = self._reader.read(where, offset, max_records=5000, timeout_seconds=0.2)
            for record in batch.records:
                if record.key == key:
                    value = record.value
            offset = batch.next_offset
            if offset < end and time.monotonic() > deadline:
                raise StoreUnavailableError(reason=f"a transaction in {self._topic} stays open")
        self._known[key] = (offset, value)
        return value

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _where(self, key: bytes) -> TopicPartition:
        if not self._partitions:
            found = self._log.topics([self._topic]).get(self._topic)
            if found is None:
                raise StoreUnavailableError(reason=f"topic {self._topic} is not there (yet)")
            self._partitions = found.partitions
        return TopicPartition(self._topic, partition_of(key, self._partitions))
