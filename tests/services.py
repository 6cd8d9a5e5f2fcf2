"""Heavy servers for tests: each test run starts its own on a free port in a temporary folder, and is their parent."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from eventplatform import env
from tests.free_ports import free_ports

SCRIPTS = Path(__file__).resolve().parent.parent / "deploy" / "services"
MISSING = 69  # how our scripts end where Java or Maven is absent (EX_UNAVAILABLE)


class KafkaServer:
    """One Kafka of deploy/services/kafka; its process is our child, so a kill is reaped and a restart finds nothing old."""

    def __init__(self, folder: Path, *, advertised_port: int = 0) -> None:
        self.folder = folder
        self.port = free_ports(2)
        self.advertised_port = advertised_port or self.port  # another where clients are to come through a proxy
        self.servers = f"127.0.0.1:{self.advertised_port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        (self.folder / "server.log").unlink(missing_ok=True)
        environment = env.child({"ADVERTISED_PORT": str(self.advertised_port)})
        command = [str(SCRIPTS / "kafka/run.sh"), str(self.folder), str(self.port)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment)
        subprocess.run([SCRIPTS / "kafka/ready.sh", self.folder, str(self.process.pid), "60"], check=True)

    def kill(self) -> None:
        """End it as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()


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
