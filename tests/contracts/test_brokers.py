"""The contract of the event log: one suite over memory, Postgres and Kafka."""

from __future__ import annotations

import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable

import pytest
from kafka.partitioner.default import murmur2

from eventplatform.broker.base import (
    MAX_RECORD_BYTES,
    Log,
    LogUnavailableError,
    OffsetOutOfRangeError,
    RecordTooLargeError,
    TopicUnknownError,
)
from eventplatform.core.gate import MAX_EVENT_BYTES, Request
from eventplatform.core.records import NewRecord, Record, TopicPartition
from tests.contracts.logs import follow, produce, read_all, send

KEYS = [f"key {number}".encode() for number in range(1000)]
A_DAY_MS = 86_400_000


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_produce__any_content__is_read_as_it_was(log: Log, topic: str) -> None:
    now_ms = time.time_ns() // 1_000_000
    headers = (("request-id", b"\x00\xff"), ("request-id", b"again"), ("empty", b""))
    sent = [
        NewRecord(topic, b'{"a": "\xc3\xa4"}', b"key", headers, now_ms - 5, partition=1),
        NewRecord(topic, None, b"key", (), now_ms, partition=1),
        NewRecord(topic, b"", b"", (), now_ms, partition=1),
        NewRecord(topic, b"\x00\xfe", None, (), now_ms, partition=1),
    ]

    deliveries = produce(log, sent)

    assert [(d.topic, d.partition, d.offset, d.error) for d in deliveries] == [(topic, 1, n, None) for n in range(4)]
    assert read_all(log, TopicPartition(topic, 1)) == [
        Record(topic, 1, n, new.timestamp_ms or -1, new.key, new.value, new.headers) for n, new in enumerate(sent)
    ]


def test_produce__no_timestamp__gets_the_time_of_day(log: Log, topic: str) -> None:
    before = time.time_ns() // 1_000_000

    produce(log, [NewRecord(topic, b"{}", partition=0)])

    (record,) = read_all(log, TopicPartition(topic, 0))
    assert before <= record.timestamp_ms <= time.time_ns() // 1_000_000


def test_produce__many_calls__keeps_their_order_per_key(log: Log, topic: str) -> None:
    producer = log.producer()
    for number in range(300):
        records = [NewRecord(topic, f"{number}.{part}".encode(), KEYS[(number + part) % 10]) for part in range(5)]
        producer.produce(records, lambda _: None)

    assert producer.flush(20) == 0

    producer.close()
    for partition in range(3):
        by_key = defaultdict(list)
        for record in read_all(log, TopicPartition(topic, partition)):
            by_key[record.key].append(float(record.value or b"0"))
        assert all(values == sorted(values) for values in by_key.values())
    ends = log.end_offsets([TopicPartition(topic, n) for n in range(3)])
    assert sum(ends.values()) == 1500


def test_produce__a_thousand_keys__land_where_every_client_puts_them(log: Log) -> None:
    topic = f"contract.{uuid.uuid4().hex[:8]}"
    log.create_topic(topic, partitions=7)

    deliveries = produce(log, [NewRecord(topic, b"{}", key) for key in KEYS])

    assert [d.partition for d in deliveries] == [(murmur2(key) & 0x7FFFFFFF) % 7 for key in KEYS]
    assert {d.partition for d in produce(log, [NewRecord(topic, b"{}")] * 50)} <= set(range(7))


def test_produce__unknown_topic_among_others__fails_alone(log: Log, topic: str) -> None:
    deliveries = produce(log, [NewRecord(topic, b"1"), NewRecord("contract.never-made", b"2"), NewRecord(topic, b"3")])

    assert [type(delivery.error) for delivery in deliveries] == [type(None), TopicUnknownError, type(None)]
    assert log.topics(["contract.never-made"]) == {}


def test_produce__unknown_partition__is_refused(log: Log, topic: str) -> None:
    (delivery,) = produce(log, [NewRecord(topic, b"1", partition=3)])

    assert isinstance(delivery.error, TopicUnknownError)


def test_produce__oversize_among_others__fails_alone(log: Log, topic: str) -> None:
    large = NewRecord(topic, b"x" * (MAX_RECORD_BYTES - 1000), partition=0)
    too_large = NewRecord(topic, b"x" * (MAX_RECORD_BYTES + 1000), partition=0)

    deliveries = produce(log, [large, too_large, NewRecord(topic, b"{}", partition=0)])

    assert [type(delivery.error) for delivery in deliveries] == [type(None), RecordTooLargeError, type(None)]
    assert [len(record.value or b"") for record in read_all(log, TopicPartition(topic, 0))] == [MAX_RECORD_BYTES - 1000, 2]


@pytest.mark.parametrize("key", [None, b"k" * 2000])
def test_produce__largest_that_passes_the_gate__passes_the_log(log: Log, topic: str, key: bytes | None) -> None:
    longest = Request("2026-01-02T03:04:05.678Z", 0, "r" * 128).headers("s" * 249)
    value = b"x" * (MAX_EVENT_BYTES - len(key or b""))

    (delivery,) = produce(log, [NewRecord(topic, value, key=key, headers=longest, partition=0)])

    assert delivery.error is None


def test_produce__nothing__is_settled_too(log: Log) -> None:
    assert produce(log, []) == []


def test_produce__eight_writers__a_live_reader_never_skips_an_offset(log: Log, topic: str) -> None:
    wheres = [TopicPartition(topic, number) for number in (0, 1)]
    writers, calls, size = 8, 40, 6
    total = writers * calls * size // 2
    seen: dict[TopicPartition, list[Record]] = {}

    def read(where: TopicPartition) -> None:
        reader = log.reader()
        seen[where] = follow(reader, where, 0, total)
        reader.close()

    def write(writer: int) -> None:
        producer = log.producer()
        for call in range(calls):
            # Both partitions in each call, in alternating order: locks taken as they come would deadlock.
            order = (0, 1) if (writer + call) % 2 else (1, 0)
            value = f"{writer}.{call:03}".encode()
            found = send(producer, [NewRecord(topic, value, partition=order[n % 2]) for n in range(size)])
            assert all(delivery.error is None for delivery in found)
        producer.close()

    threads = [threading.Thread(target=read, args=[where]) for where in wheres]
    threads += [threading.Thread(target=write, args=[number]) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for where in wheres:
        assert [record.offset for record in seen[where]] == list(range(total))
        assert seen[where] == read_all(log, where)


def test_read__nothing_new__comes_back_empty_after_its_time(log: Log, topic: str) -> None:
    reader = log.reader()
    started = time.monotonic()

    batch = reader.read(TopicPartition(topic, 0), 0, timeout_seconds=0.3)

    assert (list(batch.records), batch.next_offset) == ([], 0)
    assert 0.25 <= time.monotonic() - started < 3
    reader.close()


def test_read__waiting__wakes_with_the_record(log: Log, topic: str) -> None:
    where = TopicPartition(topic, 0)
    reader, producer = log.reader(), log.producer()
    send(producer, [NewRecord(topic, b"first", partition=0)])
    reader.read(where, 0, timeout_seconds=5)
    late = threading.Timer(0.3, producer.produce, ([NewRecord(topic, b"late", partition=0)], lambda _: None))
    late.start()
    started = time.monotonic()

    batch = reader.read(where, 1, timeout_seconds=20)

    assert [record.value for record in batch.records] == [b"late"]
    assert time.monotonic() - started < 2
    producer.close()
    reader.close()


def test_read__limits__are_kept_and_one_record_always_comes(log: Log, topic: str) -> None:
    where = TopicPartition(topic, 0)
    produce(log, [NewRecord(topic, b"x" * 1000, partition=0)] * 20)
    reader = log.reader()

    def offsets(start: int, **limits: int) -> list[int]:
        return [record.offset for record in reader.read(where, start, timeout_seconds=5, **limits).records]

    assert offsets(0, max_records=3) == [0, 1, 2]
    assert offsets(3, max_bytes=2500) == [3, 4, 5]
    assert offsets(6, max_bytes=1) == [6]
    assert offsets(18) == [18, 19]
    assert offsets(2, max_records=2) == [2, 3]
    reader.close()


def test_read__unknown_topic_or_partition__says_so(log: Log, topic: str) -> None:
    reader = log.reader()

    for where in (TopicPartition("contract.never-made", 0), TopicPartition(topic, 3)):
        with pytest.raises(TopicUnknownError):
            reader.read(where, 0)
    reader.close()


def test_read__above_the_end__is_out_of_range(log: Log, topic: str) -> None:
    produce(log, [NewRecord(topic, b"{}", partition=0)])
    reader = log.reader()

    with pytest.raises(OffsetOutOfRangeError, match=r"Offset 2 of contract\S+/0 is outside the log \(0 to 1\)"):
        reader.read(TopicPartition(topic, 0), 2)

    assert [record.offset for record in reader.read(TopicPartition(topic, 0), 0, timeout_seconds=5).records] == [0]
    reader.close()


def test_offsets__known_and_unknown__only_the_known_come_back(log: Log, topic: str) -> None:
    wanted = [TopicPartition(topic, n) for n in range(4)] + [TopicPartition("contract.never-made", 0)]
    produce(log, [NewRecord(topic, b"{}", partition=1)] * 5)

    assert log.end_offsets(wanted) == {wanted[0]: 0, wanted[1]: 5, wanted[2]: 0}
    assert log.first_offsets(wanted) == {wanted[0]: 0, wanted[1]: 0, wanted[2]: 0}
    assert log.end_offsets([]) == {}


def test_offsets_for_times__between_records__names_the_next(log: Log, topic: str) -> None:
    start = time.time_ns() // 1_000_000 - A_DAY_MS
    times = [start, start + 1000, start + 1000, start + 5000]
    produce(log, [NewRecord(topic, b"{}", timestamp_ms=at, partition=0) for at in times])
    where = TopicPartition(topic, 0)

    found = [log.offsets_for_times({where: start + wanted})[where] for wanted in (-9, 0, 1, 1000, 1001, 5001)]

    assert found == [0, 0, 1, 1, 3, None]
    assert log.offsets_for_times({TopicPartition("contract.never-made", 0): start}) == {}


def test_topics__made_twice__stays_as_it_is(log: Log, topic: str) -> None:
    before = log.topics([topic, "contract.never-made"])

    log.create_topic(topic, partitions=9)

    assert log.topics([topic]) == before
    assert before[topic].partitions == 3
    assert log.topics()[topic] == before[topic]
    assert log.topics([]) == {}


def test_alter_topic__more_partitions__can_be_written_and_read(log: Log, topic: str) -> None:
    before = log.topics([topic])[topic]

    log.alter_topic(topic, partitions=before.partitions + 2)
    log.alter_topic(topic, partitions=1)

    wait_until(lambda: log.topics([topic])[topic].partitions == before.partitions + 2)
    assert log.topics([topic])[topic].incarnation == before.incarnation
    where = TopicPartition(topic, before.partitions + 1)
    produce(log, [NewRecord(topic, b"{}", partition=where.partition)])
    assert [record.value for record in read_all(log, where)] == [b"{}"]


def test_alter_topic__retention__is_told_again(log: Log, topic: str) -> None:
    log.alter_topic(topic, retention_ms=A_DAY_MS)

    assert log.retentions([topic, "no-such-topic"]) == {topic: A_DAY_MS}


def test_alter_topic__unknown__says_so(log: Log) -> None:
    with pytest.raises(TopicUnknownError):
        log.alter_topic("no-such-topic", partitions=3)


def test_topics__deleted_and_made_anew__has_another_incarnation(log: Log, topic: str) -> None:
    producer, where = log.producer(), TopicPartition(topic, 0)
    send(producer, [NewRecord(topic, b"old", partition=0)] * 3)
    before = log.topics([topic])[topic]

    log.delete_topic(topic)
    log.delete_topic("contract.never-made")
    assert topic not in log.topics()
    log.create_topic(topic, partitions=1)

    assert log.topics([topic])[topic].incarnation != before.incarnation
    assert log.end_offsets([where]) == {where: 0}
    (delivery,) = send(producer, [NewRecord(topic, b"new", partition=0)])
    assert (delivery.offset, delivery.error) == (0, None)
    assert [record.value for record in read_all(log, where)] == [b"new"]
    producer.close()


def test_cluster_id__asked_again__is_the_same(log: Log) -> None:
    assert log.cluster_id() == log.cluster_id() != ""


def test_producer__closed__takes_nothing(log: Log, topic: str) -> None:
    if not log.is_durable:
        pytest.skip("nothing to close in memory")
    producer = log.producer()
    send(producer, [NewRecord(topic, b"{}")])
    producer.close()

    (delivery,) = send(producer, [NewRecord(topic, b"{}")])

    assert isinstance(delivery.error, LogUnavailableError)
