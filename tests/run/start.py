"""A start of the platform as a user makes it, for tests that need the whole."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from eventplatform import env
from eventplatform.embedded.server import processes_in
from eventplatform.run import leftovers


class Start:
    """A start of the platform in a folder and on ports of its own."""

    def __init__(self, var: Path, port: int) -> None:
        self.var = var
        self.port = port
        self.output = var.parent / "console.txt"
        self.process: subprocess.Popen[bytes] | None = None

    def begin(self, *, ignore_interrupt: bool = False, with_kafka: bool = False) -> None:
        """Start it as a shell would; with `ignore_interrupt` as a script's `&` would."""
        extra = {"VAR_DIR": str(self.var), "PORT": str(self.port), "DATABASE_URL": "", "REDIS_URL": "", "EVENT_LOG_URL": ""}
        extra["KAFKA"] = str(int(with_kafka))
        trap = "trap '' INT; " if ignore_interrupt else ""
        command = ["/bin/sh", "-c", f'{trap}exec "$0" -m eventplatform.run', sys.executable]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(command, cwd=env.ROOT, env=env.child(extra), stdout=output, stderr=output)

    def text(self) -> str:
        return self.output.read_text() if self.output.exists() else ""

    def wait_until_ready(self, seconds: float = 90) -> float:
        """The seconds until the ready line stood there."""
        started = time.monotonic()
        wait_until(lambda: "Ready after" in self.text() or self.ended(), seconds, self.text)
        assert "Ready after" in self.text(), self.text()
        return time.monotonic() - started

    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """The exit code and the seconds that stopping took."""
        assert self.process is not None
        started = time.monotonic()
        self.process.send_signal(number)
        code = self.process.wait(30)
        return code, time.monotonic() - started

    def processes(self) -> list[int]:
        """Everything of this start that runs, with the embedded servers."""
        folders = (self.var, self.var / "with-kafka")
        embedded = [pid for var in folders for name in ("postgres", "redis", "kafka") for pid in processes_in(var / name)]
        return [pid for var in folders for pid in leftovers.find(var)] + embedded


def wait_until(condition: Callable[[], bool], seconds: float, explain: Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.1)
