"""`make bench-slices`: how long a record takes into a row, how soon rows flow again after `kill -9`, what idle connectors cost.

A real Kafka and Postgres, one real watcher and real workers. A thousand events a second are produced into four partitions; a
record's time runs from just before its call to `produce` until its row is committed, looked at every 20 ms. Then the worker
is killed amid the flow while another one is there, and the longest pause of the rows is what the kill cost. At last a
thousand connectors with nothing to do stand in the database, and the watcher's CPU is read for half a minute.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.servers import CannotStartError, event_log, stop  # the project's root is on the path first
from eventplatform import env
from eventplatform.embedded.postgres import Postgres
from eventplatform.embedded.redis import Redis

TOPIC, IDLE_TOPIC = "test.event", "test.idle"
PARTITIONS = 4
_CHUNK = 50
_EVENTS_A_SECOND = 1000
_LOOK_SECONDS = 0.02
_INSIDE = "--inside"

Looks = list[tuple[float, int]]  # when, and how many rows were there


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=70, help="of the flow, with slices changing meanwhile")
    parser.add_argument("--idle", type=int, default=1000, help="connectors without anything to do")
    parser.add_argument(_INSIDE, default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        _inside(options)
        return
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ep-", ignore_cleanup_errors=True)))
        try:
            log_url = stack.enter_context(event_log("kafka"))
        except CannotStartError as reason:
            sys.exit(f"NOT MEASURED: {reason}")
        postgres, redis = Postgres(folder), Redis(folder)
        for server in (postgres, redis):
            server.start()
            stack.callback(server.stop)
        for name in ("eventplatform", "rows"):
            postgres.ensure_database(name)
        own = {"DATABASE_URL": postgres.url("eventplatform"), "EVENT_LOG_URL": log_url, "REDIS_URL": redis.url}
        own |= {"VAR_DIR": str(folder), "LOG_LEVEL": "ERROR", "PYTHONWARNINGS": "ignore"}
        command = [sys.executable, __file__, "--seconds", str(options.seconds), "--idle", str(options.idle)]
        subprocess.run([*command, _INSIDE, postgres.url("rows")], cwd=env.ROOT, env=env.child(own), check=True)


def _inside(options: argparse.Namespace) -> None:
    """The measurements, in the platform's environment."""
    import django

    env.use_settings()
    django.setup()
    url = options.inside
    _configure(url)
    print(f"Machine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start; Python {platform.python_version()}.")
    with _process("manage.py", "watch") as watcher, contextlib.ExitStack() as workers:
        victim = workers.enter_context(_worker("one"))
        _flow(url, seconds=2)  # until everything runs
        sent, looks = _flow(url, seconds=options.seconds)
        took = sorted(_latencies(sent, looks))
        p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
        print(
            f"latency at {_EVENTS_A_SECOND} events/s: p50 {p50:.2f} s, p99 {p99:.2f}, longest {took[-1]:.2f} (wanted: p99 ≤ 2)"
        )

        workers.enter_context(_worker("two"))
        threading.Timer(8.0, victim.kill).start()
        _, looks = _flow(url, seconds=25)
        print(f"kill -9 of a worker amid the flow: rows paused for {_longest_pause(looks):.1f} s at most (wanted ≤ 15)")
        _idle(watcher.pid, options.idle)


def _configure(url: str) -> None:
    from django.core.management import call_command

    from connectors import services
    from eventplatform.eventlog import event_log as platform_log
    from registry import services as registry
    from streamconfig import services as configuration
    from streamconfig.change_control.actors import of_command

    call_command("migrate", verbosity=0)
    for topic in (TOPIC, IDLE_TOPIC):
        platform_log().create_topic(topic, partitions=PARTITIONS)
    registry.import_folder(name="primary", folder=env.ROOT / "examples/schemas/primary")
    stream = {"schema_title": "sample/test_event", "destination_event_service": "main"}
    wish = configuration.with_document({"streams": {TOPIC: stream, IDLE_TOPIC: stream}})
    outcome = configuration.propose(wish, by=of_command("bench"), title="Streams to measure with")
    if outcome is None or outcome.published is None:
        sys.exit("nothing was published")
    services.save_target(name="db", kind="postgres", values={"url": url})
    services.save_connector(name="rows", target="db", streams=[TOPIC], values={})


def _flow(url: str, *, seconds: int) -> tuple[Looks, Looks]:
    """Produce at the flow's pace until all rows are there: what was produced when, and what was seen when."""
    from eventplatform.eventlog import event_log as platform_log

    producer = platform_log().producer()
    counting = _Counting(url)
    before = counting.count()
    counting.start()
    began, sent = time.monotonic(), Looks()
    for number in range(seconds * _EVENTS_A_SECOND // _CHUNK):
        time.sleep(max(0.0, began + number * _CHUNK / _EVENTS_A_SECOND - time.monotonic()))
        sent.append((time.monotonic(), before + (number + 1) * _CHUNK))
        producer.produce([_record(before + number * _CHUNK + n) for n in range(_CHUNK)], lambda _deliveries: None)
    producer.close()
    counting.wait_for(sent[-1][1])
    return sent, counting.looks


def _record(number: int):  # type: ignore[no-untyped-def]  # noqa: ANN202  # its type is imported once Django is set up
    from datetime import UTC, datetime

    import orjson

    from eventplatform.core.records import NewRecord

    meta = {"stream": TOPIC, "id": f"id-{number}", "dt": datetime.now(UTC)}
    event = {"$schema": "/sample/test_event/1.0.0", "meta": meta, "test": f"t{number}"}
    return NewRecord(TOPIC, orjson.dumps(event), partition=number % PARTITIONS)


class _Counting(threading.Thread):
    """Looks how many rows are there, and notes when."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        import psycopg

        self.looks = Looks()
        self._connection = psycopg.connect(url, autocommit=True)
        self._enough = threading.Event()
        self._wanted = sys.maxsize

    def count(self) -> int:
        found = self._connection.execute("SELECT to_regclass('events._offsets')").fetchone()
        if found == (None,):
            return 0
        query = "SELECT coalesce(sum(next_offset), 0)::bigint FROM events._offsets"
        found = self._connection.execute(query).fetchone()
        return int(found[0]) if found else 0

    def run(self) -> None:
        while not self._enough.is_set():
            self.looks.append((time.monotonic(), self.count()))
            if self.looks[-1][1] >= self._wanted:
                self._enough.set()
            self._enough.wait(_LOOK_SECONDS)

    def wait_for(self, wanted: int) -> None:
        self._wanted = wanted
        if not self._enough.wait(90):
            told = (Path(env.text("VAR_DIR")) / "processes.log").read_text(errors="replace")[-2000:]
            sys.exit(f"{self.looks[-1][1]} rows instead of {wanted}; the processes said: {told}")
        self.join()
        self._connection.close()


def _latencies(sent: Looks, looks: Looks) -> Iterator[float]:
    seen = iter(looks)
    moment, count = next(seen)
    for began, total in sent:
        while count < total:
            moment, count = next(seen)
        yield max(0.0, moment - began)


def _longest_pause(looks: Looks) -> float:
    """The longest time without one more row, from the first row on."""
    changes = [later for earlier, later in itertools.pairwise(looks) if later[1] > earlier[1]]
    return max(later[0] - earlier[0] for earlier, later in itertools.pairwise(changes))


def _idle(pid: int, number: int) -> None:
    import psutil

    from connectors.models import Connector, Lease

    pattern = Connector.objects.get(name="rows")
    names = (f"idle-{n}" for n in range(number))
    Connector.objects.bulk_create([Connector(name=name, target=pattern.target, streams=[IDLE_TOPIC]) for name in names])
    watcher = psutil.Process(pid)
    deadline = time.monotonic() + 120
    while Lease.objects.filter(topic=IDLE_TOPIC).count() < number * PARTITIONS:
        if time.monotonic() > deadline:
            sys.exit("the watcher makes no leases")
        time.sleep(1)
    time.sleep(10)
    before = sum(watcher.cpu_times()[:2])
    time.sleep(30)
    share = (sum(watcher.cpu_times()[:2]) - before) / 30
    print(f"{number} idle connectors, {number * PARTITIONS} partitions: the watcher takes {share:.1%} of a core (wanted < 5 %)")


def _worker(name: str) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    size = ("--pool", "threads", "--concurrency", "8", "--without-gossip", "--without-mingle", "--loglevel", "ERROR")
    return _process("-m", "celery", "--app", "eventplatform.celery", "worker", *size, "--hostname", f"{name}@localhost")


@contextlib.contextmanager
def _process(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    with (Path(env.text("VAR_DIR")) / "processes.log").open("ab") as words:
        process = subprocess.Popen([sys.executable, *command], cwd=env.ROOT, stdout=words, stderr=words)
    try:
        yield process
    finally:
        stop(process)


if __name__ == "__main__":
    main()
