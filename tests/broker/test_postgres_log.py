"""What only the Postgres log does itself: retention, back-pressure, group commit, its tables."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from eventplatform.broker.base import LogUnavailableError, OffsetOutOfRangeError
from eventplatform.broker.postgres import PostgresLog
from eventplatform.broker.postgres.producer import PostgresProducer
from eventplatform.broker.postgres.schema import LogNotPreparedError, install
from eventplatform.core.records import NewRecord, TopicPartition
from tests.contracts.logs import produce, read_all, send

pytestmark = pytest.mark.slow
WHERE = TopicPartition("page.change", 0)
AN_HOUR_MS = 3_600_000


@pytest.fixture
def log(postgres_url: str) -> Iterator[PostgresLog]:
    install(postgres_url)
    opened = PostgresLog(postgres_url)
    yield opened
    opened.close()


def count_rows(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("select count(*) from log_records").fetchone()
    return row[0] if row else -1


def test_retention__old_records__go_from_the_front(log: PostgresLog, postgres_url: str) -> None:
    now = time.time_ns() // 1_000_000
    log.create_topic(WHERE.topic, retention_ms=AN_HOUR_MS)
    log.create_topic("kept.forever")
    ages = [3, 2, 2, 0, 4, 0]  # hours; the fifth came late, and stays until what is before it goes
    produce(log, [NewRecord(WHERE.topic, b"{}", timestamp_ms=now - age * AN_HOUR_MS) for age in ages])
    produce(log, [NewRecord("kept.forever", b"{}", timestamp_ms=1)])

    assert log.apply_retention(now_ms=now) == 3
    assert log.apply_retention(now_ms=now) == 0

    reader = log.reader()
    assert log.first_offsets([WHERE]) == {WHERE: 3}
    assert [record.offset for record in read_all(log, WHERE)] == [3, 4, 5]
    assert count_rows(postgres_url) == 4
    with pytest.raises(OffsetOutOfRangeError, match=r"Offset 2 of page.change/0 is outside the log \(3 to 6\)"):
        reader.read(WHERE, 2)
    reader.close()


def test_retention__everything_old__first_meets_the_end_and_offsets_go_on(log: PostgresLog) -> None:
    log.create_topic(WHERE.topic, retention_ms=1)
    produce(log, [NewRecord(WHERE.topic, b"{}", timestamp_ms=1)] * 4)

    assert log.apply_retention() == 4

    assert log.first_offsets([WHERE]) == log.end_offsets([WHERE]) == {WHERE: 4}
    assert produce(log, [NewRecord(WHERE.topic, b"{}")])[0].offset == 4


def test_retention__leftovers_of_a_deleted_topic__are_swept(log: PostgresLog, postgres_url: str) -> None:
    log.create_topic(WHERE.topic)
    produce(log, [NewRecord(WHERE.topic, b"{}")] * 3)
    with psycopg.connect(postgres_url) as connection:  # as if the deleting process had died half-way
        connection.execute("delete from log_topics")

    assert log.apply_retention() == 3

    assert count_rows(postgres_url) == 0


def test_usage__near_its_ceiling__warns(log: PostgresLog, postgres_url: str) -> None:
    usage = log.usage()

    assert usage.bytes > 0
    assert not usage.is_near_ceiling
    assert PostgresLog(postgres_url, ceiling_bytes=usage.bytes).usage().is_near_ceiling


def test_produce__too_much_waits__is_refused_at_once(log: PostgresLog, postgres_url: str) -> None:
    log.create_topic(WHERE.topic)
    producer = PostgresProducer(postgres_url, queue_bytes=5000)
    with psycopg.connect(postgres_url) as connection:
        connection.execute("lock table log_partitions in exclusive mode")
        first: list[object] = []
        producer.produce([NewRecord(WHERE.topic, b"x" * 4000)], first.append)

        (delivery,) = send(producer, [NewRecord(WHERE.topic, b"x" * 4000)])

        assert isinstance(delivery.error, LogUnavailableError)
        assert not first
    assert producer.flush(10) == 0
    assert len(first) == 1
    assert send(producer, [NewRecord(WHERE.topic, b"x" * 9000)])[0].error is None  # alone, it passes
    producer.close()


def test_produce__server_hangs__is_given_up_in_time_and_not_appended_later(log: PostgresLog, postgres_url: str) -> None:
    log.create_topic(WHERE.topic)
    producer = PostgresProducer(postgres_url, timeout_seconds=0.5)
    send(producer, [NewRecord(WHERE.topic, b"warm")])
    settled: list[object] = []
    with psycopg.connect(postgres_url) as connection:
        connection.execute("lock table log_partitions in exclusive mode")
        for value in (b"sent", b"queued"):
            producer.produce([NewRecord(WHERE.topic, value)], lambda found: settled.extend(d.error for d in found))
            time.sleep(0.05)

        assert producer.flush(5) == 0

    assert [type(error) for error in settled] == [LogUnavailableError, LogUnavailableError]
    assert send(producer, [NewRecord(WHERE.topic, b"after")])[0].error is None
    assert [record.value for record in read_all(log, WHERE)] == [b"warm", b"after"]
    producer.close()


def test_produce__one_that_postgres_refuses__leaves_its_neighbours_alone(log: PostgresLog, postgres_url: str) -> None:
    log.create_topic(WHERE.topic)
    producer = log.producer()
    send(producer, [NewRecord(WHERE.topic, b"warm")])
    settled: list[list[type | None]] = []
    done = threading.Event()
    with psycopg.connect(postgres_url) as connection:  # holds the thread, so that what follows becomes one group
        connection.execute("lock table log_partitions in exclusive mode")
        for timestamp in (1, 1, 2**63 - 1, 2**70, 1):
            record = NewRecord(WHERE.topic, b"{}", timestamp_ms=timestamp)
            producer.produce([record], lambda found: settled.append([type(d.error) for d in found]))
        connection.execute("alter table log_records add constraint no_extremes check (abs(timestamp_ms::numeric) < 2^62)")
    producer.produce([NewRecord(WHERE.topic, b"{}")], lambda _: done.set())

    assert done.wait(20)

    good, bad = [type(None)], [LogUnavailableError]
    assert settled == [good, good, bad, bad, good]
    assert len(read_all(log, WHERE)) == 5
    producer.close()


def test_log__no_tables__says_what_to_do(postgres_url: str) -> None:
    log = PostgresLog(postgres_url)

    with pytest.raises(LogNotPreparedError) as caught:
        log.topics()

    assert "migrate" in caught.value.hint
    (delivery,) = produce(log, [NewRecord(WHERE.topic, b"{}")])
    assert isinstance(delivery.error, LogNotPreparedError)
    log.close()
