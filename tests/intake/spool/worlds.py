"""What the spool's tests stand on: records, logs that fail on order, and a producer whose answers can be waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from eventplatform.broker.base import Delivery, LogUnavailableError, OnSettled, Producer
from eventplatform.broker.memory import MemoryLog
from eventplatform.core.records import NewRecord, Record, TopicPartition
from intake.spool import frames, segments
from intake.spool.durable import DurableProducer
from intake.spool.outlet import Outlet
from intake.spool.room import Room
from intake.spool.spool import Spool
from intake.spool.writer import Writer

ROOM = Room(64 * 1024 * 1024, 0)
PATIENCE_SECONDS = 10.0


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.005)


def record(value: str, key: str = "k", topic: str = "t", *, may_spool: bool = True) -> NewRecord:
    return NewRecord(topic, value.encode(), key.encode(), (("h", b"\x00\xff"),), 1_700_000_000_000, may_spool=may_spool)


def append(spool: Spool, writer: Writer, *values: str) -> None:
    with spool.writing(5):
        writer.append([frames.pack(record(value), 1_000) for value in values])


def fill(folder: Path, *groups: Sequence[str]) -> None:
    """Spool these groups, each with one commit."""
    spool = Spool(folder, ROOM)
    writer = Writer(spool)
    for group in groups:
        append(spool, writer, *group)
    writer.close()
    spool.close()


def drained(folder: Path, *, batch_records: int = 7) -> list[str]:
    """What comes out of a spool, in order; the spool is empty afterwards."""
    spool = Spool(folder, ROOM)
    outlet = Outlet(spool)
    values = []
    while not (batch := outlet.read(batch_records, is_alone=True)).is_empty:
        values += [(one.record.value or b"").decode() for one in batch.records]
        outlet.advance(batch)
    outlet.finish()
    outlet.close()
    spool.close()
    return values


def only_segment(folder: Path) -> Path:
    (segment,) = segments.listing(folder)
    return segment.path


class FallibleProducer(Producer):
    """Over a log in memory. While `is_away` it fails at once; while `hangs` it settles nothing until told to give up."""

    def __init__(self, *topics: str) -> None:
        self.log = MemoryLog()
        for topic in topics or ("t",):
            self.log.create_topic(topic)
        self.is_away = False
        self.hangs = False
        self.abandoned = 0
        self.asked = 0
        self._waiting: list[tuple[Sequence[NewRecord], OnSettled]] = []
        self._lock = threading.Lock()

    def produce(self, records: Sequence[NewRecord], on_settled: OnSettled) -> None:
        with self._lock:
            self.asked += 1
            if self.hangs:
                self._waiting.append((records, on_settled))
                return
            found = _away(records) if self.is_away else self.log.append(records)
        on_settled(found)

    def answer(self, count: int) -> None:
        """Let the first `count` of those that hang succeed."""
        for _ in range(count):
            records, on_settled = self._waiting.pop(0)
            on_settled(self.log.append(records))

    def abandon(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
            self.abandoned += 1
        for records, on_settled in waiting:
            on_settled(_away(records))

    def flush(self, timeout_seconds: float) -> int:  # noqa: ARG002  # nothing is queued
        return 0

    def close(self) -> None:
        """Nothing to let go of."""

    def probe(self) -> None:
        if self.is_away or self.hangs:
            raise LogUnavailableError(reason="told so")

    def values(self, topic: str = "t") -> list[str]:
        return [(one.value or b"").decode() for one in self.records(topic)]

    def records(self, topic: str = "t") -> list[Record]:
        return list(self.log.read(TopicPartition(topic, 0), 0, 100_000, 2**30, 0).records)


def _away(records: Sequence[NewRecord]) -> list[Delivery]:
    return [Delivery(one.topic, error=LogUnavailableError(reason="told so")) for one in records]


class Sent:
    """One `produce`, and its deliveries once they are there."""

    def __init__(self, producer: Producer, *records: NewRecord) -> None:
        self._settled = threading.Event()
        self.found: list[Delivery] = []
        self.times = 0
        producer.produce(records, self._take)

    def _take(self, deliveries: Sequence[Delivery]) -> None:
        self.times += 1
        self.found = list(deliveries)
        self._settled.set()

    @property
    def is_settled(self) -> bool:
        return self._settled.is_set()

    def deliveries(self) -> list[Delivery]:
        assert self._settled.wait(PATIENCE_SECONDS), "never settled"
        return self.found

    def words(self) -> list[str]:
        """Of each record: log, spool, or its error's code."""
        return [one.error.code if one.error else "spool" if one.is_spooled else "log" for one in self.deliveries()]


def durable(folder: Path, inner: FallibleProducer, *, timeout: float = 5.0, room: Room = ROOM) -> DurableProducer:
    return DurableProducer(inner, lambda: Spool(folder, room), inner.probe, timeout_seconds=timeout)
