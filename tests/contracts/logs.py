"""What the broker's contract tests share: a client's view of a log, whichever it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from eventplatform.broker.base import Delivery, Log, Producer, Reader
from eventplatform.broker.kafka import KafkaLog
from eventplatform.core.records import NewRecord, Record, TopicPartition

PATIENCE_SECONDS = 30.0


def send(producer: Producer, records: Sequence[NewRecord]) -> list[Delivery]:
    """Produce and wait: what became of each."""
    settled = threading.Event()
    deliveries: list[Delivery] = []

    def on_settled(found: Sequence[Delivery]) -> None:
        deliveries.extend(found)
        settled.set()

    producer.produce(records, on_settled)
    assert settled.wait(PATIENCE_SECONDS), "the records were never settled"
    return deliveries


def produce(log: Log, records: Sequence[NewRecord]) -> list[Delivery]:
    """Produce with a producer for this call alone."""
    producer = log.producer()
    try:
        return send(producer, records)
    finally:
        producer.close()


def follow(reader: Reader, where: TopicPartition, start: int, end: int) -> list[Record]:
    """All records from `start` on, read until the next offset is `end`."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    records: list[Record] = []
    offset = start
    while offset < end:
        assert time.monotonic() < deadline, f"the reader stands at {offset} of {end}"
        batch = reader.read(where, offset, timeout_seconds=0.5)
        records += batch.records
        offset = batch.next_offset
    return records


def read_all(log: Log, where: TopicPartition) -> list[Record]:
    """Everything from the first to the end offset, as of now."""
    reader = log.reader()
    try:
        return follow(reader, where, log.first_offsets([where])[where], log.end_offsets([where])[where])
    finally:
        reader.close()


def read_committed(log: KafkaLog, where: TopicPartition) -> list[Record]:
    """As `read_all`, once nothing is open: a commit is answered before its markers stand in the partitions."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while log.end_offsets([where])[where] < log.admin.written_end(where):
        assert time.monotonic() < deadline, "a transaction stays open"
        time.sleep(0.02)
    return read_all(log, where)
