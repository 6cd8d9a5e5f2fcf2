"""What a submitted event costs the Python client, beside a naive post per event and librdkafka's produce."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import pstats
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from cProfile import Profile
from typing import Any

import httpx
import orjson

from eventclient import connect

EVENT = {"test": "hello", "number": 17, "page": {"id": 42, "title": "Garden"}, "performer": {"groups": ["user"]}}
FIELDS = ["meta.id", "dt", "sample.rate", "sample.revision"]


def trivial_door(ready: Any) -> None:
    """A server that reads requests and answers 201, and does nothing else."""
    import socket

    listening = socket.create_server(("127.0.0.1", 0), backlog=64)
    ready.send(listening.getsockname()[1])
    while True:
        connection, _ = listening.accept()
        threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: Any) -> None:
    held = b""
    while True:
        head, separator, rest = held.partition(b"\r\n\r\n")
        if not separator:
            if not (part := connection.recv(262_144)):
                return
            held += part
            continue
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        while len(rest) < length:
            rest += connection.recv(262_144)
        held = rest[length:]
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")


def document(url: str) -> dict[str, Any]:
    entry = {"schema": "/sample/test_event/1.0.0", "service": "main", "sample": None, "fields": FIELDS}
    return {"contract": 1, "revision": 1, "intakes": {"main": url}, "streams": {"test.event": entry}}


def measured(work: Callable[[], int]) -> tuple[float, float]:
    """Events per second of this process's CPU, and by the clock."""
    cpu, clock = time.process_time(), time.perf_counter()
    count = work()
    return count / (time.process_time() - cpu), count / (time.perf_counter() - clock)


def with_client(url: str, count: int, **options: Any) -> int:
    with connect(url, config=document(url), when_full="block", **options) as events:
        for _ in range(count):
            events.submit("test.event", EVENT)
        assert events.flush(120)  # noqa: S101  # a bench that loses events measures nothing
        assert events.stats().sent == count  # noqa: S101  # likewise
    return count


def with_posts(url: str, count: int) -> int:
    with httpx.Client() as client:
        for _ in range(count):
            event = {**EVENT, "$schema": "/sample/test_event/1.0.0", "meta": {"stream": "test.event"}}
            client.post(url, content=orjson.dumps(event)).raise_for_status()
    return count


def with_naive_posts(url: str, count: int) -> int:
    for _ in range(count):
        httpx.post(url, json=EVENT, verify=False).raise_for_status()  # noqa: S501  # no TLS here; spares it the certificates
    return count


def with_kafka(_url: str, count: int) -> int:
    """Into librdkafka's queue alone: no broker takes it, so this is less than sending."""
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": "127.0.0.1:9", "queue.buffering.max.messages": count + 1, "log_level": 0})
    for _ in range(count):
        producer.produce("test.event", orjson.dumps(EVENT))
    producer.purge()
    return count


def submit_only(url: str, count: int) -> int:
    with connect(url, config=document(url), linger_seconds=600, batch_events=count + 1, batch_bytes=10**9) as events:
        for _ in range(count):
            events.submit("test.event", EVENT)
        events.pipeline.give_up()
    return count


WAYS: dict[str, tuple[Callable[[str, int], int], int]] = {
    "client, batches of 50, packed": (with_client, 20_000),
    "client, batches of 50": (lambda url, count: with_client(url, count, gzip_above=None), 20_000),
    "client, batches of 500": (lambda url, count: with_client(url, count, batch_events=500, batch_bytes=500_000), 20_000),
    "submit alone": (submit_only, 9_000),
    "one post per event, kept alive": (with_posts, 1_000),
    "httpx.post per event": (with_naive_posts, 200),
    "librdkafka's produce, no broker": (with_kafka, 20_000),
}


def run(url: str, rounds: int, chosen: list[str]) -> None:
    print(f"| way | events/s of one core, median of {rounds} | by the clock | ratio to one post per event |")
    print("|---|--:|--:|--:|")
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in chosen}
    for _ in range(rounds):
        for name in chosen:
            way, count = WAYS[name]
            found[name].append(measured(lambda way=way, count=count: way(url, count)))  # type: ignore[misc]  # bound at once
    base = statistics.median(cpu for cpu, _ in found.get("one post per event, kept alive", [(1.0, 1.0)]))
    for name, figures in found.items():
        cpu, clock = (statistics.median(column) for column in zip(*figures, strict=True))
        print(f"| {name} | {cpu:,.0f} | {clock:,.0f} | {cpu / base:.1f} |")


def profile(url: str) -> None:
    with tempfile.NamedTemporaryFile() as file, Profile() as profiled:
        submit_only(url, 9_000)
        profiled.dump_stats(file.name)
        pstats.Stats(file.name).sort_stats("tottime").print_stats(18)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--url", default="", help="an intake's /v1/events, in place of the trivial door")
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    here, there = multiprocessing.Pipe()
    door = multiprocessing.get_context("spawn").Process(target=trivial_door, args=(there,), daemon=True)
    door.start()
    url = asked.url or f"http://127.0.0.1:{here.recv()}/v1/events"
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    try:
        if asked.profile:
            profile(url)
        else:
            run(url, asked.rounds, [name for name in WAYS if not asked.url or name.startswith("client")])
    finally:
        door.kill()


if __name__ == "__main__":
    main()
