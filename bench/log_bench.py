"""What a record costs in each event log: `python bench/log_bench.py [memory] [postgres] [kafka] [--records N]`.

One client process, records of 1 KB in calls of 100. CPU is the client's; the server's stands beside it. Latency is that of
one record at a time, from `produce` to its acknowledgement.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from eventplatform.broker import open_log
from eventplatform.broker.base import Log, Producer, Reader
from eventplatform.broker.postgres.schema import install
from eventplatform.core.records import NewRecord, TopicPartition
from eventplatform.embedded.postgres import Postgres
from eventplatform.embedded.server import processes_in

SCRIPTS = Path(__file__).resolve().parent.parent / "deploy/services/kafka"
CALL = 100
BODY = os.urandom(512).hex().encode()
HEADERS = (("received-at", b"2026-01-01T00:00:00.000Z"), ("request-id", b"0" * 36), ("service", b"main"))
WHERE = TopicPartition("bench", 0)
Pids = Callable[[], list[int]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("logs", nargs="*", default=["memory", "postgres", "kafka"])
    arguments.add_argument("--records", type=int, default=50_000)
    wanted = arguments.parse_args()
    print(f"{'log':9} {'':8} {'records/s':>10} {'client µs':>10} {'server µs':>10}")
    for name in wanted.logs:
        with SERVERS[name]() as (url, pids):
            measure(name, open_log(url), pids, wanted.records)


def measure(name: str, log: Log, pids: Pids, count: int) -> None:
    log.create_topic(WHERE.topic)
    producer = log.producer()
    produce(producer, 2000)
    with timed(name, "produce", pids, count):
        produce(producer, count)
    reader = log.reader()
    with timed(name, "read", pids, count):
        read(reader, count)
    reader.close()  # afterwards: a process of the server that has ended has no figures
    print(f"{name:9} {'one':8} {latency(producer)}")
    producer.close()
    log.close()


def produce(producer: Producer, count: int) -> None:
    records = [NewRecord(WHERE.topic, BODY, b"key", HEADERS)] * CALL
    failed: list[object] = []
    for _ in range(count // CALL):
        # Not more than 40 MB ahead of the acknowledgements: beyond, a log refuses.
        while producer.flush(0) > 20_000:
            time.sleep(0.001)
        producer.produce(records, lambda found: failed.extend(d.error for d in found if d.error))
    if producer.flush(60) or failed:
        raise SystemExit(f"records were lost: {failed[:1]}")


def latency(producer: Producer) -> str:
    seconds = sorted(one(producer) for _ in range(500))
    return f"p50 {seconds[250] * 1000:.2f} ms, p99 {seconds[495] * 1000:.2f} ms"


def one(producer: Producer) -> float:
    done = threading.Event()
    started = time.perf_counter()
    producer.produce([NewRecord(WHERE.topic, BODY, b"key", HEADERS)], lambda _: done.set())
    done.wait()
    return time.perf_counter() - started


def read(reader: Reader, count: int) -> None:
    offset = 0
    while offset < count:
        offset = reader.read(WHERE, offset, timeout_seconds=5).next_offset


@contextmanager
def timed(name: str, what: str, pids: Pids, count: int) -> Iterator[None]:
    """Print the line of one measurement."""
    started, client, server = time.perf_counter(), time.process_time(), cpu_of(pids())
    yield
    wall = time.perf_counter() - started
    own = (time.process_time() - client) / count * 1e6
    theirs = (cpu_of(pids()) - server) / count * 1e6
    print(f"{name:9} {what:8} {count / wall:10,.0f} {own:10.1f} {theirs:10.1f}")


def cpu_of(pids: list[int]) -> float:
    """CPU seconds that these processes used so far."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def memory() -> Iterator[tuple[str, Pids]]:
    yield "memory://bench", list


@contextmanager
def postgres() -> Iterator[tuple[str, Pids]]:
    folder = Path(tempfile.mkdtemp(prefix="ep-bench-"))
    server = Postgres(folder)
    server.start()
    try:
        server.ensure_database("log")
        install(server.url("log"))
        yield server.url("log"), lambda: processes_in(server.data)
    finally:
        server.stop()
        shutil.rmtree(folder)


@contextmanager
def kafka() -> Iterator[tuple[str, Pids]]:
    folder = Path(tempfile.mkdtemp(prefix="ep-bench-"))
    started = subprocess.run([SCRIPTS / "start.sh", folder, "39392"], check=True, stdout=subprocess.PIPE, text=True)
    try:
        yield "kafka://127.0.0.1:39392", lambda: [int(started.stdout)]
    finally:
        subprocess.run([SCRIPTS / "stop.sh", folder], check=True)
        shutil.rmtree(folder)


SERVERS = {"memory": memory, "postgres": postgres, "kafka": kafka}

if __name__ == "__main__":
    main()
