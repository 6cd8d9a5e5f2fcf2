"""What can't be avoided for an event, each part alone in this process: parse, validate, write, produce to Kafka."""

from __future__ import annotations

import threading
import time
import timeit

import orjson

from bench import served
from bench.load import MARK
from eventplatform.broker import open_log
from eventplatform.broker.base import Producer
from eventplatform.core.records import NewRecord

_LOOPS = 20_000
_PRODUCED = 40_000


def alone(template: bytes, size: int, url: str, connections: int) -> dict[str, float]:
    """CPU µs per event of each part, for `size` events per request over as many requests at a time as there are connections."""
    event = template.replace(MARK, b"00000000-0000-7000-8000-000000000000")
    body = event if size == 1 else b"[" + b",".join([event] * size) + b"]"
    one = orjson.loads(event)
    one["meta"]["dt"] = "2026-01-01T00:00:00.000Z"
    is_valid, loops = served.schema().is_valid, max(1, _LOOPS // size)
    return {
        "parse": _best(lambda: orjson.loads(body), loops) / size,
        "validate": _best(lambda: is_valid(one), _LOOPS),
        "write": _best(lambda: orjson.dumps(one), _LOOPS),
        "produce": _produce(orjson.dumps(one), size, url, connections),
    }


def _best(part: object, loops: int) -> float:
    return min(timeit.repeat(part, number=loops, repeat=5)) / loops * 1e6  # type: ignore[arg-type]  # a callable


def _produce(value: bytes, size: int, url: str, connections: int) -> float:
    """CPU of librdkafka, its threads and our way into it, with as much under way as the door would have."""
    log = open_log(url)
    log.create_topic(served.STREAM)
    producer = log.producer()
    headers = (("received-at", b"2026-01-01T00:00:00.000Z"), ("request-id", b"0" * 36), ("service", b"main"))
    records = [NewRecord(served.STREAM, value, None, headers, int(time.time() * 1000))] * size
    _run(producer, records, connections, 50)  # connects
    rounds = max(1, _PRODUCED // (size * connections))
    before = time.process_time()
    _run(producer, records, connections, rounds)
    spent = time.process_time() - before
    producer.close()
    return spent / (rounds * connections * size) * 1e6


def _run(producer: Producer, records: list[NewRecord], connections: int, rounds: int) -> None:
    """Each of the `connections` sends its next request once the log has acknowledged the one before."""
    done = threading.Event()
    left = [rounds] * connections
    under_way = [connections]
    lock = threading.Lock()

    def send(number: int) -> None:
        producer.produce(records, lambda deliveries: settled(number, deliveries))

    def settled(number: int, deliveries: object) -> None:
        assert all(one.error is None for one in deliveries)  # type: ignore[attr-defined]  # noqa: S101  # a log that fails measures nothing
        left[number] -= 1
        if left[number]:
            send(number)
            return
        with lock:
            under_way[0] -= 1
            if not under_way[0]:
                done.set()

    for number in range(connections):
        send(number)
    done.wait(120)
