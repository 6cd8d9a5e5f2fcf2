"""How fast "Where is my event?" looks through each log: `python bench/trace_bench.py [memory] [postgres] [kafka]`.

Events of 500 bytes in four partitions, one a millisecond. CPU is the client's; the server's stands beside it. An id that is
nowhere makes the search read everything; one request is what a page may look at (`scanning.Bounds`).
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import orjson

from bench.log_bench import SERVERS, Pids, cpu_of
from eventplatform.broker import open_log
from eventplatform.broker.base import Log, Producer
from eventplatform.core.records import NewRecord, TopicPartition
from monitoring.trace import neighbours, spans
from monitoring.trace.asking import By, Window
from monitoring.trace.matching import Matcher
from monitoring.trace.scanning import Bounds, Scan, scan

TOPIC, PARTITIONS, CALL = "bench", 4, 500
WHERE = [TopicPartition(TOPIC, number) for number in range(PARTITIONS)]
T0 = time.time_ns() // 1_000_000 - 10_000_000  # Kafka's own retention deletes what is old
ENDLESS = Bounds(records=10**9, bytes=10**12, seconds=600)
FILLING = "x" * 300


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("logs", nargs="*", default=["memory", "postgres", "kafka"])
    arguments.add_argument("--records", type=int, default=400_000)
    wanted = arguments.parse_args()
    print(f"{'log':9} {'what':16} {'records/s':>10} {'per core-s':>10} {'client µs':>10} {'server µs':>10}")
    for name in wanted.logs:
        with SERVERS[name]() as (url, pids):
            log = open_log(url)
            log.create_topic(TOPIC, partitions=PARTITIONS)
            fill(log, wanted.records)
            measure(name, log, pids, wanted.records)
            log.close()


def fill(log: Log, count: int) -> None:
    producer = log.producer(timeout_seconds=60)
    for begin in range(0, count, CALL):
        records = [record(number) for number in range(begin, begin + CALL)]
        while producer.flush(0) > 20_000:
            time.sleep(0.001)
        producer.produce(records, lambda _: None)
    settle(producer)


def record(number: int) -> NewRecord:
    event = {"meta": {"stream": TOPIC, "id": f"0192f3c6-0000-7000-8000-{number:012x}"}, "page": number % 5000, "text": FILLING}
    key = b'{"wiki_id":"enwiki","page_id":%d}' % (number % 5000)
    headers = (("received-at", b"2026-01-01T00:00:00.000Z"), ("request-id", b"r" * 36), ("service", b"main"))
    return NewRecord(TOPIC, orjson.dumps(event), key, headers, T0 + number, number % PARTITIONS)


def settle(producer: Producer) -> None:
    if producer.flush(120):
        raise SystemExit("records were lost")
    producer.close()


def measure(name: str, log: Log, pids: Pids, count: int) -> None:
    kinds: tuple[tuple[str, By, str, int], ...] = (
        ("id, newest first", "id", "0192f3c6-0000-7000-8000-ffffffffffff", count),
        ("id, from its time", "id", "0192f3c6-0000-7000-8000-ffffffffffff", 0),
        ("request", "request", "nobody", count),
        ("key", "key", "enwiki/5001", count),
    )
    for what, by, text, anchor in kinds:
        window = Window(T0, T0 + anchor, T0 + count)
        wall, client, server = time.perf_counter(), time.process_time(), used(pids)
        found = looked(log, Matcher(by, text), window, ENDLESS)
        spent = time.process_time() - client
        per_second, per_core = found.records / (time.perf_counter() - wall), found.records / spent
        theirs = (used(pids) - server) / found.records * 1e6
        print(f"{name:9} {what:18} {per_second:10,.0f} {per_core:10,.0f} {spent / found.records * 1e6:8.1f} {theirs:8.1f}")
    requests(name, log, count)


def looked(log: Log, matcher: Matcher, window: Window, bounds: Bounds) -> Scan:
    return scan(log, spans.plan(log, WHERE, window), matcher, window, {}, bounds=bounds)


def used(pids: Pids) -> float:
    """The server's CPU; one of its processes may have ended meanwhile."""
    while True:
        try:
            return cpu_of(pids())
        except FileNotFoundError:
            continue


def requests(name: str, log: Log, count: int) -> None:
    """One request that finds nothing, planning, an id that tells its time, and one record at its place."""
    day = Window(T0, T0 + count, T0 + count)
    middle = count // 2
    around = Window(T0 + middle - 300_000, T0 + middle - 2000, T0 + middle + 300_000)
    wanted = f"0192f3c6-0000-7000-8000-{middle:012x}"
    for what, run in (
        ("one request", lambda: looked(log, Matcher("id", "nowhere"), day, Bounds())),
        ("planning alone", lambda: spans.plan(log, WHERE, day)),
        ("id that tells its time", lambda: looked(log, Matcher("id", wanted), around, Bounds(seconds_once_found=0))),
        ("a record at its place", lambda: neighbours.records_at(log, [(WHERE[1], count // 8)])),
    ):
        wall = time.perf_counter()
        done = run()
        records = f", {done.records:,} records" if isinstance(done, Scan) else ""
        print(f"{name:9} {what:24} {(time.perf_counter() - wall) * 1000:8.0f} ms{records}")


if __name__ == "__main__":
    main()
