"""What fault tests stand on: database, Redis and ledger of their own, a real Kafka, and intakes that end with the test."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from connectors import letters
from eventplatform import env
from eventplatform.broker import open_log
from eventplatform.broker.base import Log
from eventplatform.embedded.postgres import Postgres
from eventplatform.embedded.redis import Redis
from eventplatform.eventlog import event_log
from tests.faults.connector_fleet import PARTITIONS, TOPIC, Fleet
from tests.faults.fault_proxy import FaultProxy
from tests.faults.intakes import Intake
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.free_ports import free_ports
from tests.servers.kafka import KafkaServer


@dataclass
class Stack:
    """A configured platform without its intakes. `stream` is the one that the ledger's events go to."""

    folder: Path
    postgres: Postgres
    environment: dict[str, str]
    log: Log
    stream: str
    intakes: list[Intake]
    ledger: Ledger

    def intake(self, *, workers: int = 1, environment: Mapping[str, str] | None = None) -> Intake:
        """A started intake; `environment` holds settings of its own."""
        made = self.prepared(workers=workers, environment=environment)
        made.start()
        return made

    def prepared(self, *, workers: int = 1, environment: Mapping[str, str] | None = None) -> Intake:
        """One that is not started yet, with a folder of its own, as if on a host of its own."""
        port = free_ports(2) + 1
        host = self.folder / f"host-{len(self.intakes)}"
        made = Intake({**self.environment, **(environment or {})}, port, host, workers=workers)
        self.intakes.append(made)
        return made

    def load(self, *, stream: str = "", ledger: Ledger | None = None, **changes: Any) -> Load:
        """Clients of all intakes made so far."""
        urls = [one.url for one in self.intakes]
        return Load(urls, ledger or self.ledger, stream or self.stream, **changes)

    def add_stream(self, name: str, *, events_per_second: int = 0) -> Ledger:
        """One more stream, with a ledger of its own."""
        wanted = f"{name}={events_per_second or ''}"
        subprocess.run([sys.executable, "-m", "tests.faults.prepare", wanted], cwd=env.ROOT, env=self.environment, check=True)
        return Ledger(self.folder / f"ledger-{name}")

    def close(self) -> None:
        for intake in self.intakes:
            intake.stop()
        self.ledger.close()
        self.log.close()


MakeStack = Callable[[str], Stack]


@pytest.fixture
def make_stack() -> Iterator[MakeStack]:
    """Makes a stack over the event log at a URL; an empty one means the database itself."""
    folder = Path(tempfile.mkdtemp(prefix="ep-"))
    postgres, redis = Postgres(folder), Redis(folder)
    made: list[Stack] = []

    def make(log_url: str) -> Stack:
        postgres.start()
        redis.start()
        postgres.ensure_database("eventplatform")
        url = postgres.url("eventplatform")
        own = {"DATABASE_URL": url, "REDIS_URL": redis.url, "EVENT_LOG_URL": log_url or url, "VAR_DIR": str(folder)}
        environment = env.child(own)
        stream = f"fault.{folder.name.lower()}"
        for command in (("manage.py", "migrate", "--verbosity=0"), ("-m", "tests.faults.prepare", stream)):
            subprocess.run([sys.executable, *command], cwd=env.ROOT, env=environment, check=True)
        log = open_log(own["EVENT_LOG_URL"])
        made.append(Stack(folder, postgres, environment, log, stream, [], Ledger(folder / "ledger")))
        return made[-1]

    yield make
    for stack in made:
        stack.close()
    redis.stop()
    postgres.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def stack(make_stack: MakeStack, kafka_server: KafkaServer) -> Stack:
    """A platform on a real Kafka."""
    return make_stack(f"kafka://{kafka_server.servers}")


class Cut(NamedTuple):
    """A platform whose way to its Kafka can be cut."""

    stack: Stack
    proxy: FaultProxy


@pytest.fixture(scope="session")
def proxied_kafka(kafka_jars: None) -> Iterator[tuple[KafkaServer, FaultProxy]]:
    """A Kafka that is reached through a proxy alone."""
    folder = Path(tempfile.mkdtemp(prefix="ep-kafka-"))
    kafka = KafkaServer(folder, advertised_port=free_ports())
    with FaultProxy(kafka.advertised_port, kafka.port).running() as proxy:
        kafka.start()
        yield kafka, proxy
        kafka.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def cut(make_stack: MakeStack, proxied_kafka: tuple[KafkaServer, FaultProxy]) -> Iterator[Cut]:
    """A platform on that Kafka; in the end its network is well again."""
    kafka, proxy = proxied_kafka
    yield Cut(make_stack(f"kafka://{kafka.servers}"), proxy)
    proxy.heal()


@pytest.fixture
def small_stack(make_stack: MakeStack) -> Stack:
    """A platform whose log is its own database: nothing but Python."""
    return make_stack("")


@pytest.fixture
def fleet(child_environment: dict[str, str], tmp_path: Path, settings: Any) -> Iterator[Fleet]:
    """Workers and watchers over this test's database, which holds the log too; none runs yet."""
    settings.EVENT_LOG_URL = child_environment["EVENT_LOG_URL"]
    made = Fleet(child_environment, tmp_path / "fleet.log")
    yield made
    made.stop()
    letters.close()
    event_log().close()


@pytest.fixture
def log(fleet: Fleet) -> Iterator[Log]:
    """The fleet's log, with nothing in it."""
    opened = open_log(fleet.environment["EVENT_LOG_URL"])
    opened.delete_topic(TOPIC)
    opened.create_topic(TOPIC, partitions=PARTITIONS)
    yield opened
    opened.close()
