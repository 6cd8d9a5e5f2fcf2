"""Real workers and a real watcher for the kill tests, and the events they carry."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import orjson
from django.conf import settings
from django.db import connection
from django.db.models import F

from connectors.models import Lease
from eventplatform.broker.base import Log
from eventplatform.core.records import NewRecord
from registry import services as registry
from tests import configuring

TOPIC = "test.event"
PARTITIONS = 4
ELSEWHERE_SECONDS = 15.0  # promised; beside other tests on two cores everything takes longer
STREAM = {"schema_title": "sample/test_event", "destination_event_service": "main"}
_CELERY = ("-m", "celery", "--app", "eventplatform.celery")
_ALONE = ("--without-gossip", "--without-mingle")
_QUIET = ("--loglevel", "WARNING")


@dataclass
class Fleet:
    """Child processes of one test; killed ones are reaped, the others ended with it."""

    environment: Mapping[str, str]
    log_file: Path
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    others: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_worker(self, name: str, *, threads: int = 16, pool: str = "threads") -> None:
        size = ("--pool", pool, "--concurrency", str(threads))
        self.workers[name] = self._start(*_CELERY, "worker", *size, *_ALONE, *_QUIET, "--hostname", f"{name}@localhost")

    def start_beat(self, name: str) -> None:
        schedule = str(self.log_file.with_name(f"beat-{name}"))
        self.others.append(self._start(*_CELERY, "beat", "--schedule", schedule, "--pidfile", "", *_QUIET))

    def start_watcher(self) -> None:
        self.others.append(self._start("manage.py", "watch"))

    def kill(self, pid: int) -> str:
        """`kill -9` of the worker with that pid; its name."""
        name = next(name for name, process in self.workers.items() if process.pid == pid)
        process = self.workers.pop(name)
        process.kill()
        process.wait(10)
        return name

    def stop(self) -> None:
        every = [*self.workers.values(), *self.others]
        for process in every:
            process.send_signal(signal.SIGTERM)
        for process in every:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        with self.log_file.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, *command], cwd=settings.BASE_DIR, env=dict(self.environment), stdout=output, stderr=output
            )


def produce(log: Log, numbers: range) -> None:
    """Events `t<number>` over all partitions, acknowledged when this returns."""
    producer = log.producer()
    producer.produce([_record(number) for number in numbers], lambda _: None)
    assert producer.flush(30) == 0
    producer.close()


def _record(number: int) -> NewRecord:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    meta = {"stream": TOPIC, "id": f"id-{number}", "dt": now}
    event = {"$schema": "/sample/test_event/1.0.0", "meta": meta, "test": f"t{number}"}
    return NewRecord(TOPIC, orjson.dumps(event), partition=number % PARTITIONS)


def until(condition: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait for a condition; the seconds it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"Waited {seconds} s for this: {what}"
        time.sleep(0.05)
    return time.monotonic() - began


def running_slice() -> tuple[Lease, int] | None:
    """A lease held right now, and the pid of the worker that holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM connectors_lease WHERE owner <> '' AND until > now() ORDER BY random() LIMIT 1")
        found = cursor.fetchone()
    lease = Lease.objects.filter(pk=found[0]).exclude(owner="").first() if found else None
    return (lease, int(lease.owner.split("-")[-2])) if lease else None


def configure() -> None:
    """Let the platform know the stream and its schema."""
    registry.import_folder(name="primary", folder=settings.BASE_DIR / "examples/schemas/primary")
    configuring.configure({"streams": {TOPIC: STREAM}}, author="test", reason="test")


def written() -> int:
    """Records that all connectors together have written; -1 while one is behind."""
    behind = Lease.objects.exclude(next_offset__gte=F("end_offset")).exists()
    return -1 if behind else sum(lease.next_offset or 0 for lease in Lease.objects.all())
