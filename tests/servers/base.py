"""A server of deploy/services for tests: each run starts its own on a free port in a temporary folder, and is its parent."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from eventplatform import env
from tests.free_ports import free_ports

SCRIPTS = env.ROOT / "deploy/services"
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
