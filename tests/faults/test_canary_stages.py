"""F18: each stage of the way is broken by hand on a running platform; the right thing goes red in time, and nothing else."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
import yaml

from eventplatform import env
from eventplatform.broker.postgres.schema import install
from eventplatform.embedded.postgres import Postgres
from tests.e2e.platform import Platform
from tests.faults.soak.load import STREAMS, example
from tests.faults.watched import AT_ONCE, Red, Watched, until
from tests.servers.kafka import KafkaServer

pytestmark = [pytest.mark.slow, pytest.mark.faults, pytest.mark.timeout(900)]

INTERVAL = 15
IN_TIME = 2 * INTERVAL + 30
SILENCE = 60 + 60 + 60 + 60 + 30  # the minute goes on, one is empty, one is waited for late counts, a look, a round of alerts
STEADY = "ui.page_load"
BROKEN_TITLE = "revision/create"
TRAFFIC = "traffic.silent"
# Of a log that is away, and true: events wait on the disk. As a warning it opens after five minutes by default; here at once.
EFFECTS = ("part.spool",)

HISTORY = """
insert into monitoring_streamhour (stream, hour, events, canaries, peak, first, last, gap)
select %(stream)s, hour, 18000, 0, 320, 0, 59, 0
from generate_series(%(begin)s::timestamptz, %(end)s::timestamptz, interval '1 hour') hour on conflict do nothing
"""
COUNTED = """
insert into monitoring_countedhour (hour, minutes)
select hour, 60 from generate_series(%(begin)s::timestamptz, %(end)s::timestamptz, interval '1 hour') hour
on conflict do nothing
"""
HEARD = """
select 1 from monitoring_streamvolume join monitoring_sampledminute using (minute)
where stream = %s and events > 60 and sampled_at >= minute + interval '1 minute'
"""
SILENT_SOON = """
from monitoring.traffic.models import TrafficRule
TrafficRule.objects.create(stream='ui.page_load', silence_minutes=1, reason='F18')
"""


class LogServer(NamedTuple):
    """The event log on a server of its own: it can be away while the platform's database is there."""

    url: str
    kill: Callable[[], object]
    start: Callable[[], object]


@pytest.fixture
def own_kafka(kafka_jars: None) -> Iterator[KafkaServer]:
    """One that nobody else made topics in."""
    folder = Path(tempfile.mkdtemp(prefix="ep-kafka-"))
    server = KafkaServer(folder)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["postgres", pytest.param("kafka", marks=pytest.mark.services)])
def log_server(request: pytest.FixtureRequest) -> LogServer:
    if request.param == "kafka":
        kafka: KafkaServer = request.getfixturevalue("own_kafka")
        return LogServer(f"kafka://{kafka.servers}", kafka.kill, kafka.start)
    postgres: Postgres = request.getfixturevalue("own_postgres")
    postgres.start()
    postgres.ensure_database("log")
    install(postgres.url("log"))
    return LogServer(postgres.url("log"), postgres.stop, postgres.start)


@pytest.fixture
def watched(log_server: LogServer) -> Iterator[Watched]:
    settings = {"EVENT_LOG_URL": log_server.url, "CANARY_INTERVAL_SECONDS": str(INTERVAL)}
    with Platform(**settings) as platform:
        yield Watched(platform)


class Producer:
    """Of a steady stream; it may be stopped."""

    def __init__(self, watched: Watched) -> None:
        self._client = watched.intake
        self._stop = threading.Event()
        self._event = {**example(STREAMS[STEADY]), "meta": {"stream": STEADY, "domain": "en.example.org"}}

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self.stop()
            thread.join()

    def stop(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(0.2):
            self._client.post("/v1/events", json=self._event)


@contextmanager
def bad_example(watched: Watched, folder: Path) -> Iterator[None]:
    """A version of a schema is published whose first example breaks it; the next one is sound."""
    repository = folder / "primary"
    shutil.copytree(env.ROOT / "examples/schemas/primary", repository)
    versions = repository / "jsonschema" / BROKEN_TITLE
    publish(watched, versions, "1.1.0", rev_id="none")
    try:
        yield
    finally:
        publish(watched, versions, "1.2.0", rev_id=42)


def publish(watched: Watched, versions: Path, version: str, **values: Any) -> None:
    document = yaml.safe_load((versions / "1.0.0.yaml").read_text())
    document["$id"] = f"/{BROKEN_TITLE}/{version}"
    document["examples"][0] |= {"$schema": document["$id"], **values}
    (versions / f"{version}.yaml").write_text(yaml.safe_dump(document))
    watched.manage("import_schemas", "primary", str(versions.parents[2]))


def learn(watched: Watched) -> None:
    """Four weeks in which the stream was steady."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    facts = {"stream": STEADY, "begin": end - timedelta(days=28), "end": end}
    with psycopg.connect(watched.database()) as connection:
        connection.execute(HISTORY, facts)
        connection.execute(COUNTED, facts)
    watched.manage("shell", "-c", AT_ONCE)


def is_heard(watched: Watched) -> bool:
    """Whether a minute of the producer's was counted after its end."""
    with psycopg.connect(watched.database()) as connection:
        return connection.execute(HEARD, [STEADY]).fetchone() is not None


def test_each_stage_broken_by_hand__right_thing_red_in_time_nothing_else_and_green_again(
    watched: Watched, log_server: LogServer, tmp_path: Path
) -> None:
    producer = Producer(watched)
    with producer.running():
        learn(watched)
        until(watched.has_whole_paths, 60, "canaries at every stage")
        watched.wait_for([], 60, "all green at first")
        until(lambda: is_heard(watched), 180, "a whole minute of the producer's")
        watched.ever.clear()

        watched.manage("shell", "-c", SILENT_SOON)  # not before: the minutes until the producer began are silence too
        producer.stop()
        watched.store("ALTER TABLE events._offsets RENAME TO _offsets_kept")
        with bad_example(watched, tmp_path):
            wanted = [Red("canary.intake", "main"), Red("connector.retrying", "postgres-main")]
            watched.wait_for(wanted, IN_TIME, "a table dropped, a schema broken", apart=[TRAFFIC])
        watched.store("DROP TABLE IF EXISTS events._offsets", "ALTER TABLE events._offsets_kept RENAME TO _offsets")
        watched.manage("shell", "-c", "from connectors import services; services.restart(connector='postgres-main', by='F18')")
        watched.wait_for([], IN_TIME, "both mended", apart=[TRAFFIC])
        # Before anything stands still: minutes in which the platform was away say nothing of producers.
        until(lambda: Red(TRAFFIC, STEADY) in watched.red(), SILENCE, "the producer that was stopped is told of")

        with watched.paused("worker"):
            watched.wait_for([Red("part.workers", "workers")], IN_TIME, "the worker stands still", apart=[TRAFFIC])
        watched.wait_for([], IN_TIME, "the worker goes on", apart=[TRAFFIC])
        until(lambda: watched.is_fresh(2 * INTERVAL + 15), IN_TIME, "canaries of now everywhere")

        with watched.paused("beat"):
            watched.wait_for([Red("part.workers", "workers")], IN_TIME, "beat stands still", apart=[TRAFFIC])
        watched.wait_for([], IN_TIME, "beat goes on", apart=[TRAFFIC])
        until(lambda: watched.is_fresh(2 * INTERVAL + 15), IN_TIME, "canaries of now everywhere")

        log_server.kill()
        wanted = [Red("part.log", "log")]
        watched.wait_for(wanted, IN_TIME, "the log is away", apart=[TRAFFIC, *EFFECTS])
        log_server.start()
        watched.wait_for([], IN_TIME, "the log is back", apart=[TRAFFIC, *EFFECTS])

    kinds = {one.kind for one in watched.ever}
    assert kinds <= {TRAFFIC, "canary.intake", "connector.retrying", "part.workers", "part.log", *EFFECTS}, watched.ever
