"""Streams out over every log: whoever begins in the past, or comes again, misses no event and gets none twice."""

from __future__ import annotations

import threading
import time

import orjson

from eventplatform.broker.base import Log
from eventplatform.core.records import NewRecord
from tests.monitoring.streaming.rig import Follower, event, produce, served, stream

_RECORDS = 1500
_PARTITIONS = 3


def of_partitions(found: list[dict[str, object]]) -> dict[object, list[object]]:
    by: dict[object, list[object]] = {}
    for one in found:
        meta = one["meta"]
        assert isinstance(meta, dict)
        by.setdefault(meta["partition"], []).append(one["n"])
    return by


def produce_slowly(log: Log, topic: str) -> None:
    producer = log.producer()
    for begin in range(0, _RECORDS, 50):
        records = [NewRecord(topic, event(n), partition=n % _PARTITIONS) for n in range(begin, begin + 50)]
        producer.produce(records, lambda _: None)
        assert producer.flush(20) == 0
        time.sleep(0.02)
    producer.close()


def test_clients__join_while_events_come__each_has_every_event_once_and_in_order(log: Log, topic: str) -> None:
    complete = {partition: [n for n in range(_RECORDS) if n % _PARTITIONS == partition] for partition in range(_PARTITIONS)}
    produce(log, topic, [event(n) for n in range(-200, 0)], partition=0, timestamp_ms=1000)
    found: list[dict[object, list[object]]] = []

    with served(log, stream("s", topics=(topic,))) as rig:
        writer = threading.Thread(target=produce_slowly, args=(log, topic))

        def read(delay: float) -> None:
            time.sleep(delay)
            follower = Follower(rig.port, "/v2/stream/s?since=5000")
            found.append(of_partitions(follower.events(_RECORDS)))
            follower.close()

        readers = [threading.Thread(target=read, args=(0.1 * n,)) for n in range(6)]
        for thread in (writer, *readers):
            thread.start()
        for thread in (writer, *readers):
            thread.join(60)

    assert found == [complete] * 6


def test_client__comes_again_and_again_with_its_last_id__has_every_event_once(log: Log, topic: str) -> None:
    complete = {partition: [n for n in range(_RECORDS) if n % _PARTITIONS == partition] for partition in range(_PARTITIONS)}
    got: list[dict[str, object]] = []

    with served(log, stream("s", topics=(topic,))) as rig:
        with rig.follow("/v2/stream/s") as client:
            assert client.answer.readline() == b":ok\n"
            writer = threading.Thread(target=produce_slowly, args=(log, topic))
            writer.start()
            got += client.events(37)
            last = client.last_id
        while len(got) < _RECORDS:
            with rig.follow("/v2/stream/s", Last_Event_ID=last) as client:
                got += client.events(min(211, _RECORDS - len(got)))
                last = client.last_id
        writer.join(60)

    assert of_partitions(got) == complete
    ends = {part["partition"]: part["offset"] for part in orjson.loads(last)}
    assert ends == dict.fromkeys(range(_PARTITIONS), _RECORDS // _PARTITIONS)
