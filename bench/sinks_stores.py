"""The stores of the sinks' bench: each started in a folder of its own; for a round it makes our sink, or a raw way."""

from __future__ import annotations

import contextlib
import subprocess
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pymysql

from bench.servers import CannotStartError, free_port, stop
from bench.sinks_raw import (
    FileLines,
    MySqlInsert,
    MySqlLoad,
    OpenSearchBulk,
    PostgresRows,
    PostgresText,
    Raw,
    RedisPipeline,
    account,
)
from bench.sinks_workload import STREAM
from connectors.sinks import files, mysql, opensearch, postgres, redis
from connectors.sinks.base import Sink
from connectors.steering import NO_STEERING, Steering
from connectors.stores import mysql_tables, postgres_tables
from eventplatform import env
from eventplatform.embedded.postgres import Postgres as EmbeddedPostgres

_SERVICES = env.ROOT / "deploy/services"
UPSERT = Steering(key=("/meta/id",), is_upsert=True)

MakeRaw = Callable[[], Raw]


class Store(ABC):
    """A running store. Every sink and raw way that it makes finds a place of its own, empty."""

    steering: Steering = NO_STEERING

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pid: int | None = None

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Its server, where it has one."""
        yield

    @abstractmethod
    def sink(self) -> Sink:
        """Ours, with its defaults."""

    @abstractmethod
    def raws(self) -> Sequence[MakeRaw]:
        """The ways beside it; the quickest counts."""

    def server_seconds(self) -> float:
        """CPU of the server so far; its ended sessions are not in it."""
        if self.pid is None:
            return 0.0
        family = [psutil.Process(self.pid), *psutil.Process(self.pid).children(recursive=True)]
        return sum(sum(member.cpu_times()) for member in family)  # ended children too

    @contextlib.contextmanager
    def _service(self, name: str, port: int) -> Iterator[None]:
        folder = self.folder / name
        folder.mkdir()
        with (self.folder / f"{name}.log").open("wb") as words:
            process = subprocess.Popen([str(_SERVICES / name / "run.sh"), str(folder), str(port)], stdout=words, stderr=words)
        self.pid = process.pid
        try:
            ready = [str(_SERVICES / "ready.sh"), name, str(folder), str(port), str(process.pid), "90"]
            if subprocess.run(ready, capture_output=True, check=False).returncode:
                said = (self.folder / f"{name}.log").read_text().strip()
                raise CannotStartError(said.splitlines()[-1] if said else f"{name} did not start")
            yield
        finally:
            stop(process)


class Postgres(Store):
    """The embedded Postgres, with the durability of production."""

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        self.server = EmbeddedPostgres(self.folder, ["autovacuum=off"])
        self.server.start()
        self.server.ensure_database("bench")
        pid_file = self.folder / "postgres/postmaster.pid"
        self.pid = int(pid_file.read_text().split()[0])
        try:
            yield
        finally:
            self.server.stop()

    @property
    def url(self) -> str:
        return self.server.url("bench")

    def sink(self) -> Sink:
        return postgres.PostgresSink("bench", postgres.Target(self.url), postgres.Options(schema=_fresh()))

    def raws(self) -> Sequence[MakeRaw]:
        return [lambda: PostgresRows(self.url, postgres_tables.WORDS), lambda: PostgresText(self.url, postgres_tables.WORDS)]


class PostgresUpsert(Postgres):
    """The same with one row for each event's id."""

    steering = UPSERT


class MySql(Store):
    """Debian's MariaDB."""

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        self.port = free_port()
        with self._service("mariadb", self.port):
            yield

    def _database(self) -> str:
        name = _fresh()
        with pymysql.connect(**account(self.port)) as connection:
            connection.query(f"CREATE DATABASE {name}")
            connection.query("SET GLOBAL local_infile = 1")
        return name

    def sink(self) -> Sink:
        target = mysql.Target("127.0.0.1", self._database(), "ep", "ep", self.port)
        return mysql.MySqlSink("bench", target, mysql.Options())

    def raws(self) -> Sequence[MakeRaw]:
        words = mysql_tables.WORDS
        return [lambda: MySqlInsert(self.port, self._database(), words), lambda: MySqlLoad(self.port, self._database(), words)]


class MySqlUpsert(MySql):
    """The same with one row for each event's id."""

    steering = UPSERT


class Redis(Store):
    """Debian's Redis."""

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        self.port = free_port()
        self.number = 0
        with self._service("redis", self.port):
            yield

    def _url(self) -> str:
        import redis as driver

        url = f"redis://127.0.0.1:{self.port}/0"
        with driver.Redis.from_url(url) as client:
            client.flushall()
        return url

    def sink(self) -> Sink:
        return redis.RedisSink("bench", redis.Target(self._url()), redis.Options())

    def raws(self) -> Sequence[MakeRaw]:
        return [lambda: RedisPipeline(self._url())]


class Files(Store):
    """A folder."""

    def sink(self) -> Sink:
        return files.FilesSink("bench", files.Target(str(self.folder / _fresh())), files.Options())

    def raws(self) -> Sequence[MakeRaw]:
        return [lambda: FileLines(self.folder / _fresh())]


class OpenSearch(Store):
    """One node of OpenSearch; each round has an index with the mapping that ours has."""

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        self.port = free_port_below_9300()
        self.made_as = ""
        with self._service("opensearch", self.port):
            yield

    def sink(self) -> Sink:
        prefix = f"{_fresh()}-"
        self.made_as = f"{prefix}{STREAM}"
        options = opensearch.Options(prefix=prefix, replicas=0)
        return opensearch.OpenSearchSink("bench", opensearch.Target(f"http://127.0.0.1:{self.port}"), options)

    def raws(self) -> Sequence[MakeRaw]:
        return [lambda: OpenSearchBulk(f"http://127.0.0.1:{self.port}", _fresh(), self.made_as)]


def free_port_below_9300() -> int:
    """The class that starts OpenSearch takes ports from 9201 to 9299 only."""
    taken = {one.laddr.port for one in psutil.net_connections("tcp") if one.laddr}
    return next(port for port in range(9211, 9299) if port not in taken)


def _fresh() -> str:
    return f"b{uuid.uuid4().hex[:10]}"


STORES: dict[str, type[Store]] = {
    "postgres": Postgres,
    "mysql": MySql,
    "redis": Redis,
    "files": Files,
    "opensearch": OpenSearch,
    "postgres-upsert": PostgresUpsert,
    "mysql-upsert": MySqlUpsert,
}
