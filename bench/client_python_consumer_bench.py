"""How many events a second one core of a consumer takes: `make bench-client-consumer`, ARGS="--only sse".

A real stream server in a process of its own (over a log in memory), a real Kafka, and the pipeline alone. CPU seconds are those
of the consumer's process, with its threads; the handler does nothing. A bare read of the same records stands beside it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import confluent_kafka
import django
import httpx
import orjson

from eventclient.consuming.consumer import Consumer
from eventclient.consuming.deliveries import Source
from eventclient.consuming.kafka import KafkaSource
from eventclient.consuming.sources import MemorySource
from eventclient.consuming.sse import SseSource
from eventplatform import env

EVENTS = 200_000
_EVENT: dict[str, Any] = {
    "$schema": "/sample/page/1.0.0",
    "meta": {"stream": "pages", "domain": "en.wikipedia.org", "dt": "2026-11-26T12:00:00.000Z"},
    "text": "x" * 300,
}


def values(count: int) -> list[bytes]:
    """Events of some 500 bytes."""
    return [orjson.dumps(_EVENT | {"meta": _EVENT["meta"] | {"id": f"id-{n}"}, "n": n}) for n in range(count)]


def measured(name: str, source: Source, count: int, **more: Any) -> None:
    """Consume all, print the line."""
    done = 0

    def handle(_: Any) -> None:
        nonlocal done
        done += 1
        if done == count:
            consumer.stop()

    consumer = Consumer("pages", handle, source=source, group=uuid.uuid4().hex, **more)
    report(name, count, consumer.run)


def report(name: str, count: int, run: Callable[[], Any]) -> None:
    """CPU and wall time of a call."""
    began, cpu = time.perf_counter(), time.process_time()
    run()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - began
    print(f"| {name} | {count / cpu:,.0f} | {cpu / count * 1e6:.1f} | {count / wall:,.0f} |", flush=True)


def serve(count: int, port: Any) -> None:
    """A stream server with that many events in its log."""
    env.use_settings()
    django.setup()
    from eventplatform.broker.memory import MemoryLog
    from tests.monitoring.streaming.rig import produce, served

    log = MemoryLog()
    log.create_topic("pages")
    all_of_them = values(count)
    for begin in range(0, count, 1000):
        produce(log, "pages", all_of_them[begin : begin + 1000], partition=0, timestamp_ms=1000)
    with served(log, history_per_second=10_000_000) as rig:
        port.value = rig.port
        time.sleep(600)


def over_sse(count: int) -> None:
    """The consumer and a bare httpx beside it."""
    port = multiprocessing.get_context("spawn").Value("i", 0)
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(count, port), daemon=True)
    server.start()
    while not port.value and server.is_alive():
        time.sleep(0.1)
    url = f"http://127.0.0.1:{port.value}"
    try:
        report("httpx `iter_lines` and orjson, no more", count, lambda: bare_lines(url, count))
        measured("consumer over SSE", SseSource(url, since=0), count)
        measured("consumer over SSE, 4 workers", SseSource(url, since=0), count, workers=4)
    finally:
        server.kill()
        server.join()


def bare_lines(url: str, count: int) -> None:
    """The least that a script would write."""
    found = 0
    with httpx.stream("GET", f"{url}/v2/stream/pages?since=0", timeout=60) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                orjson.loads(line[6:])
                found += 1
                if found == count:
                    return


def over_kafka(count: int) -> None:
    """The consumer and a bare confluent-kafka beside it."""
    env.use_settings()
    django.setup()
    from eventplatform.broker.kafka import KafkaLog
    from tests.monitoring.streaming.rig import produce
    from tests.servers.kafka import KafkaServer

    folder = Path(tempfile.mkdtemp(prefix="ep-kafka-"))
    server = KafkaServer(folder)
    server.start()
    try:
        log = KafkaLog(server.servers)
        log.create_topic("pages", partitions=4)
        all_of_them = values(count)
        for begin in range(0, count, 10_000):
            produce(log, "pages", all_of_them[begin : begin + 10_000], partition=begin // 10_000 % 4)
        log.close()
        report("confluent-kafka `consume(500)` and orjson, no more", count, lambda: bare_kafka(server.servers, count))
        topics = {"pages": ["pages"]}
        measured("consumer over Kafka", KafkaSource(server.servers, topics=topics, start="earliest"), count)
        measured(
            "consumer over Kafka, 4 workers", KafkaSource(server.servers, topics=topics, start="earliest"), count, workers=4
        )
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def bare_kafka(servers: str, count: int) -> None:
    """The least that a script would write."""
    client = confluent_kafka.Consumer(
        {"bootstrap.servers": servers, "group.id": uuid.uuid4().hex, "auto.offset.reset": "earliest"}
    )
    client.subscribe(["pages"])
    found = 0
    while found < count:
        for message in client.consume(500, 0.1):
            orjson.loads(message.value() or b"")
            found += 1
    client.close()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--only", choices=["pipeline", "sse", "kafka"])
    options = parser.parse_args()
    print("| | events/s per core | CPU µs each | events/s by the clock |\n|---|--:|--:|--:|")
    if options.only in {None, "pipeline"}:
        measured(
            "pipeline alone (decode, canary, dedupe, handler, progress)", MemorySource(values(options.events)), options.events
        )
    if options.only in {None, "sse"}:
        over_sse(options.events)
    if options.only in {None, "kafka"}:
        over_kafka(options.events)


if __name__ == "__main__":
    main()
