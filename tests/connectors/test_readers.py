"""Readers with a bound: an end, a rate."""

from __future__ import annotations

import threading
import time
import uuid

import pytest

from connectors.readers import ReaderUntil, SteadyReader
from eventplatform.broker import open_log
from eventplatform.broker.base import Log
from eventplatform.core.records import NewRecord, TopicPartition

WHERE = TopicPartition("t", 0)


@pytest.fixture
def log() -> Log:
    made = open_log(f"memory://{uuid.uuid4().hex}")
    made.create_topic("t")
    producer = made.producer()
    producer.produce([NewRecord("t", b"x") for _ in range(100)], lambda _: None)
    producer.flush(5)
    return made


def test_until__records_beyond__never_read(log: Log) -> None:
    reader = ReaderUntil(log.reader(), 7)

    batch = reader.read(WHERE, 3)

    assert ([one.offset for one in batch.records], batch.next_offset) == ([3, 4, 5, 6], 7)
    assert reader.read(WHERE, 7).records == ()
    assert reader.read(WHERE, 7).next_offset == 7


def test_steady__a_rate__is_kept(log: Log) -> None:
    reader = SteadyReader(log.reader(), 50, threading.Event())
    began, offset = time.monotonic(), 0

    while offset < 20:
        offset = reader.read(WHERE, offset).next_offset

    assert 0.3 <= time.monotonic() - began < 2


def test_steady__stop__ends_the_wait(log: Log) -> None:
    stop = threading.Event()
    stop.set()
    began = time.monotonic()

    SteadyReader(log.reader(), 0.1, stop).read(WHERE, 0)

    assert time.monotonic() - began < 1
