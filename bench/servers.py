"""Starts what a measurement needs (event logs, the applications under the servers of their roles), reads CPU, stops it all."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from eventplatform import env
from eventplatform.embedded.postgres import Postgres

_SERVICES = env.ROOT / "deploy/services"
_READY_SECONDS = 60.0
_SERVERS = {
    "asgi": ("intake.server", "--app"),
    "wsgi": ("granian", "--interface", "wsgi", "--no-ws", "--log-level", "error", "--blocking-threads", "8"),
}


class CannotStartError(Exception):
    """A server can't run on this machine; the reason is for the reader of the table."""


@dataclass(frozen=True)
class Served:
    """One application under its server, one worker."""

    name: str
    port: int
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """User and system time of the server and its worker, so far."""
        family = [self.process, *self.process.children(recursive=True)]
        return sum(sum(member.cpu_times()[:2]) for member in family)

    def resident_bytes(self) -> int:
        """Memory of the server and its workers; what several share is divided among them (PSS)."""
        return sum(member.memory_full_info().pss for member in [self.process, *self.process.children(recursive=True)])


@contextlib.contextmanager
def served(
    name: str, interface: str, log_url: str, settings: Mapping[str, str] | None = None, *, workers: int = 1
) -> Iterator[Served]:
    """The application `bench.served:{name}`, with `settings` in its environment."""
    port = free_port()
    with tempfile.TemporaryDirectory() as metrics:
        command = [sys.executable, "-m", *_SERVERS[interface], f"bench.served:{name}", "--port", str(port)]
        command += ["--workers", str(workers)]
        extra = {"LOG_UNDER_TEST": log_url, "PROMETHEUS_MULTIPROC_DIR": metrics, "ROLE": "intake", "PYTHONWARNINGS": "ignore"}
        extra |= settings or {}
        process = subprocess.Popen(command, cwd=env.ROOT, env=env.child(extra))
        try:
            wait_for_port(port, process)
            yield Served(name, port, psutil.Process(process.pid))
        finally:
            stop(process)


@contextlib.contextmanager
def event_log(kind: str) -> Iterator[str]:
    """The URL of a running event log.

    Raises:
        CannotStartError: it can't run here.
    """
    if kind == "memory":
        yield "memory://"
        return
    start = _postgres if kind == "postgres" else _kafka
    with tempfile.TemporaryDirectory(prefix="ep-", ignore_cleanup_errors=True) as folder, start(Path(folder)) as url:
        yield url


@contextlib.contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    server = Postgres(folder)
    server.start()
    try:
        server.ensure_database("eventplatform")
        url = server.url("eventplatform")
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "broker"]
        subprocess.run(migrate, cwd=env.ROOT, env=env.child({"DATABASE_URL": url, "EVENT_LOG_URL": url}), check=True)
        yield url
    finally:
        server.stop()


@contextlib.contextmanager
def _kafka(folder: Path) -> Iterator[str]:
    port = free_port()
    # The server is the shell's own process (exec), so a signal to it reaches Java.
    with (folder / "start.log").open("wb") as words:
        process = subprocess.Popen([_SERVICES / "kafka/run.sh", folder, str(port)], stdout=words, stderr=subprocess.STDOUT)
    try:
        command = [str(_SERVICES / "ready.sh"), "kafka", str(folder), str(port), str(process.pid)]
        ready = subprocess.run(command, capture_output=True, text=True, check=False)
        if ready.returncode:
            said = (folder / "start.log").read_text().strip() or ready.stderr.strip()
            raise CannotStartError(said.splitlines()[-1] if said else "Kafka did not start")
        yield f"kafka://127.0.0.1:{port}"
    finally:
        stop(process)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    message = f"nothing listens on port {port}"
    raise CannotStartError(message)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
