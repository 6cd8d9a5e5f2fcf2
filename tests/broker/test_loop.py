"""The consume loop over the memory log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import pytest

from eventplatform.broker.base import Batch, Reader
from eventplatform.broker.loop import Bounds, FlushRule, run
from eventplatform.broker.memory import MemoryLog
from eventplatform.core.records import NewRecord, Record, TopicPartition

WHERE = TopicPartition("page.change", 0)
NEVER = 60.0
QUICK = Bounds(seconds=10, idle_seconds=0.05)


class Kept:
    """A handler that remembers what it was given and when it was asked to flush."""

    def __init__(self, on_flush: Callable[[], None] = lambda: None) -> None:
        self.handled: list[int] = []
        self.flushed: list[int] = []
        self.on_flush = on_flush

    def handle(self, records: Sequence[Record]) -> None:
        self.handled += [record.offset for record in records]

    def flush(self, next_offset: int) -> None:
        self.flushed.append(next_offset)
        self.on_flush()


def log_with(count: int, value: bytes = b"{}") -> MemoryLog:
    log = MemoryLog()
    log.create_topic(WHERE.topic)
    log.append([NewRecord(WHERE.topic, value)] * count)
    return log


def test_run__records_then_silence__flushes_all_and_ends_idle() -> None:
    handler = Kept()

    report = run(log_with(25).reader(), WHERE, 5, handler, rule=FlushRule(age_seconds=0.02), bounds=QUICK)

    assert (report.end, report.next_offset, report.records) == ("idle", 25, 20)
    assert handler.handled == list(range(5, 25))
    assert handler.flushed[-1] == 25


def test_run__nothing_there__ends_idle_without_a_flush() -> None:
    handler = Kept()

    report = run(log_with(0).reader(), WHERE, 0, handler, bounds=Bounds(idle_seconds=0))

    assert (report.end, report.flushes, handler.flushed) == ("idle", 0, [])


def test_run__rows_reached__flushes_at_exactly_that_many() -> None:
    handler = Kept()

    run(log_with(25).reader(), WHERE, 0, handler, rule=FlushRule(rows=10, age_seconds=0.05), bounds=QUICK)

    assert handler.flushed == [10, 20, 25]


def test_run__bytes_reached__flushes() -> None:
    handler = Kept()

    run(log_with(6, b"x" * 1000).reader(), WHERE, 0, handler, rule=FlushRule(bytes=2000, age_seconds=0.05), bounds=QUICK)

    assert handler.flushed == [2, 4, 6]


def test_run__age_not_reached__waits_for_it_although_idle() -> None:
    handler = Kept()
    started = time.monotonic()

    report = run(log_with(1).reader(), WHERE, 0, handler, rule=FlushRule(age_seconds=0.3), bounds=QUICK)

    assert report.end == "idle"
    assert handler.flushed == [1]
    assert time.monotonic() - started >= 0.3


def test_run__deadline__flushes_what_waits() -> None:
    handler = Kept()

    report = run(log_with(3).reader(), WHERE, 0, handler, rule=FlushRule(age_seconds=NEVER), bounds=Bounds(seconds=0.2))

    assert (report.end, handler.flushed) == ("deadline", [3])


def test_run__stop_set__flushes_what_waits_and_ends_soon() -> None:
    handler = Kept()
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    started = time.monotonic()

    report = run(log_with(3).reader(), WHERE, 0, handler, rule=FlushRule(age_seconds=NEVER), stop=stop)

    assert (report.end, handler.flushed) == ("stopped", [3])
    assert time.monotonic() - started < 2


def test_run__records_keep_coming__goes_on_past_the_idle_time() -> None:
    log = log_with(1)
    handler = Kept()
    feed = iter([threading.Timer(0.15 * n, log.append, ([NewRecord(WHERE.topic, b"{}")],)) for n in range(1, 5)])
    for timer in feed:
        timer.start()

    report = run(log.reader(), WHERE, 0, handler, rule=FlushRule(age_seconds=0.01), bounds=Bounds(idle_seconds=0.6))

    assert (report.end, report.next_offset) == ("idle", 5)


def test_run__heartbeat_lost__ends_without_a_flush() -> None:
    handler = Kept()

    def lost() -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        run(log_with(3).reader(), WHERE, 0, handler, rule=FlushRule(rows=2), heartbeat=lost)

    assert handler.flushed == []


def test_run__handler_refuses__error_passes_and_nothing_is_flushed() -> None:
    class Broken(Kept):
        def handle(self, records: Sequence[Record]) -> None:
            raise OSError(len(records))

    handler = Broken()

    with pytest.raises(OSError, match="3"):
        run(log_with(3).reader(), WHERE, 0, handler)

    assert handler.flushed == []


def test_run__only_markers_behind_the_last_record__moves_the_offset() -> None:
    class Markers(Reader):
        def read(self, *_: object, **__: object) -> Batch:
            return Batch([], 7)

        def close(self) -> None: ...

    handler = Kept()

    report = run(Markers(), WHERE, 4, handler, rule=FlushRule(age_seconds=0.01), bounds=QUICK)

    assert (report.records, report.next_offset, handler.flushed) == (0, 7, [7])
