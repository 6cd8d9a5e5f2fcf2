"""The log's server is killed: what was acknowledged is there afterwards, and every client comes back by itself."""

from __future__ import annotations

import contextlib
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from eventplatform.broker import open_log
from eventplatform.broker.base import Delivery, Log, LogUnavailableError, Producer, Reader
from eventplatform.broker.postgres.schema import install
from eventplatform.core.records import NewRecord, Record, TopicPartition
from eventplatform.embedded.postgres import Postgres
from tests.contracts.logs import read_all, send
from tests.servers.kafka import KafkaServer

SERVERS = [pytest.param("postgres", marks=pytest.mark.slow), pytest.param("kafka", marks=pytest.mark.services)]


@dataclass(frozen=True)
class Fallible:
    """A log whose server can be killed and started again."""

    log: Log
    kill: Callable[[], None]
    start: Callable[[], None]
    pids: Callable[[], list[int]]

    @contextlib.contextmanager
    def hung(self) -> Iterator[None]:
        """It accepts connections, and never answers."""
        stopped = self.pids()
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)


@pytest.fixture(params=SERVERS)
def fallible(request: pytest.FixtureRequest) -> Iterator[Fallible]:
    if request.param == "postgres":
        server: Postgres | KafkaServer = request.getfixturevalue("own_postgres")
        assert isinstance(server, Postgres)
        server.start()
        server.ensure_database("log")
        url = server.url("log")
        install(url)
    else:
        server = request.getfixturevalue("kafka_server")
        assert isinstance(server, KafkaServer)
        url = f"kafka://{server.servers}"
    log = open_log(url)
    yield Fallible(log, partial(_kill, server), server.start, partial(_processes, server))
    log.close()


def _kill(server: Postgres | KafkaServer) -> None:
    """All of it at once: a backend of Postgres outlives its master until it notices, and may commit meanwhile."""
    for pid in _processes(server):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    server.kill()


def _processes(server: Postgres | KafkaServer) -> list[int]:
    """All that belong to the server; Postgres answers in processes of its own."""
    assert server.process is not None
    return [server.process.pid, *_children(server.process.pid)]


def _children(pid: int) -> list[int]:
    own = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return own + [grandchild for child in own for grandchild in _children(child)]


@pytest.fixture
def where(fallible: Fallible) -> TopicPartition:
    name = f"contract.{uuid.uuid4().hex[:8]}"
    fallible.log.create_topic(name)
    return TopicPartition(name, 0)


def test_ack__server_killed_right_after__record_is_there(fallible: Fallible, where: TopicPartition) -> None:
    acknowledged: list[bytes] = []
    producer = fallible.log.producer()
    for turn in range(3):
        for number in range(10):
            value = f"{turn}.{number}".encode()
            (delivery,) = send(producer, [NewRecord(where.topic, value)])
            assert delivery.error is None
            acknowledged.append(value)
        fallible.kill()
        fallible.start()

    found = [record.value for record in _patiently(lambda: read_all(fallible.log, where))]

    assert found == acknowledged
    producer.close()


def test_server_away__everything_says_so__and_comes_back(fallible: Fallible, where: TopicPartition) -> None:
    producer, reader = fallible.log.producer(), fallible.log.reader()
    send(producer, [NewRecord(where.topic, b"before")])
    reader.read(where, 0, timeout_seconds=5)
    before = fallible.log.topics([where.topic])
    fallible.kill()
    try:
        started = time.monotonic()
        (delivery,) = send(producer, [NewRecord(where.topic, b"meanwhile")])
        assert isinstance(delivery.error, LogUnavailableError)
        assert time.monotonic() - started < 10
        with pytest.raises(LogUnavailableError):
            reader.read(where, 1, timeout_seconds=0.1)
        with pytest.raises(LogUnavailableError):
            fallible.log.end_offsets([where])
    finally:
        fallible.start()

    assert _send_patiently(producer, NewRecord(where.topic, b"after")).error is None
    values = [record.value for record in _read_to(reader, where, b"after")]
    assert values[0] == b"before"
    assert len(values) == len(set(values))
    assert fallible.log.topics([where.topic]) == before
    producer.close()
    reader.close()


def _send_patiently(producer: Producer, record: NewRecord) -> Delivery:
    deadline = time.monotonic() + 30
    (delivery,) = send(producer, [record])
    while isinstance(delivery.error, LogUnavailableError) and time.monotonic() < deadline:
        (delivery,) = send(producer, [record])
    return delivery


def _read_to(reader: Reader, where: TopicPartition, last: bytes) -> list[Record]:
    records: list[Record] = []

    def read_on() -> list[Record]:
        return list(reader.read(where, records[-1].offset + 1 if records else 0, timeout_seconds=0.5).records)

    while not records or records[-1].value != last:
        records += _patiently(read_on)
    return records


def _patiently(ask: Callable[[], list[Record]]) -> list[Record]:
    """Ask again while the log says that it is away."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return ask()
        except LogUnavailableError:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_abandon__server_away__what_waits_fails_at_once_is_never_sent_and_the_next_goes_well(
    fallible: Fallible, where: TopicPartition
) -> None:
    producer = fallible.log.producer(timeout_seconds=60)
    send(producer, [NewRecord(where.topic, b"before")])
    fallible.kill()
    settled: list[Delivery] = []
    for number in range(20):
        producer.produce([NewRecord(where.topic, b"given up %d" % number)], settled.extend)
    time.sleep(0.5)

    began = time.monotonic()
    producer.abandon()
    assert producer.flush(10) == 0
    took = time.monotonic() - began
    fallible.start()

    assert took < 5
    assert all(isinstance(delivery.error, LogUnavailableError) for delivery in settled)
    assert len(settled) == 20
    assert _send_patiently(producer, NewRecord(where.topic, b"after")).error is None
    assert [record.value for record in _patiently(lambda: read_all(fallible.log, where))] == [b"before", b"after"]
    producer.close()


def test_abandon__server_hangs__what_is_in_flight_fails_at_once(fallible: Fallible, where: TopicPartition) -> None:
    producer = fallible.log.producer(timeout_seconds=60)
    send(producer, [NewRecord(where.topic, b"before")])
    settled: list[Delivery] = []
    with fallible.hung():
        for number in range(20):
            producer.produce([NewRecord(where.topic, b"%d" % number)], settled.extend)
        time.sleep(0.5)
        began = time.monotonic()
        producer.abandon()
        assert producer.flush(10) == 0
        took = time.monotonic() - began

    assert took < 5
    assert all(isinstance(delivery.error, LogUnavailableError) for delivery in settled)
    assert _send_patiently(producer, NewRecord(where.topic, b"after")).error is None
    values = [record.value for record in _patiently(lambda: read_all(fallible.log, where))]
    late = values[1 : values.index(b"after")]
    assert late == [b"%d" % number for number in range(len(late))]  # none without those before it
    producer.close()
