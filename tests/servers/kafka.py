"""Kafka for tests: a plain one, and one with accounts and certificates."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.servers.base import MISSING, SCRIPTS, Server, running


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


@pytest.fixture(scope="session")
def secured_kafka(kafka_jars: None, service_missing: Callable[[str], NoReturn]) -> Iterator[SecuredKafka]:
    """One Kafka with TLS, SASL and ACLs."""
    server = SecuredKafka(Path(tempfile.mkdtemp(prefix="ep-kafka-secured-")))
    for started in running(server, service_missing):
        assert isinstance(started, SecuredKafka)
        yield started
