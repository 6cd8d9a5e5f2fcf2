"""Heavy servers for tests: each test run starts its own on a free port in a temporary folder, and is their parent."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.free_ports import free_ports

SCRIPTS = Path(__file__).resolve().parent.parent / "deploy" / "services"
MISSING = 69  # how our scripts end where Java or Maven is absent (EX_UNAVAILABLE)


class KafkaServer:
    """One Kafka of deploy/services/kafka; its process is our child, so a kill is reaped and a restart finds nothing old."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_ports(2)
        self.servers = f"127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        (self.folder / "server.log").unlink(missing_ok=True)
        self.process = subprocess.Popen([SCRIPTS / "kafka/run.sh", self.folder, str(self.port)], stdin=subprocess.DEVNULL)
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
def kafka_server(service_missing: Callable[[str], NoReturn]) -> Iterator[KafkaServer]:
    """One Kafka for all tests; who kills it starts it again."""
    jars = subprocess.run([SCRIPTS / "kafka/jars.sh"], capture_output=True, text=True, check=False)
    if jars.returncode == MISSING or not shutil.which("java"):
        service_missing(jars.stderr.strip().splitlines()[-1] if jars.returncode else "Java is missing.")
    folder = Path(tempfile.mkdtemp(prefix="ep-kafka-"))
    server = KafkaServer(folder)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)
