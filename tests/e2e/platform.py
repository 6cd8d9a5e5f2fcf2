"""The whole platform, started as a stranger starts it, on free ports and in a folder of its own."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from eventplatform import env
from eventplatform.embedded import addresses
from tests.free_ports import free_ports

_START_SECONDS = 120
_STOP_SECONDS = 20
CURL = re.compile(r"^curl .*$", re.MULTILINE)


class Platform:
    """`python -m eventplatform.run` as a child; what it says goes to a file."""

    def __init__(self, **settings: str) -> None:
        self.var = Path(tempfile.mkdtemp(prefix="ep-e2e-"))
        self.port = free_ports(3)
        self.settings = settings
        self.said = self.var / "said.txt"
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        own = {"VAR_DIR": str(self.var), "PORT": str(self.port), "DATABASE_URL": "", "REDIS_URL": "", "EVENT_LOG_URL": ""}
        given = own | self.settings
        with self.said.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "eventplatform.run"],
                cwd=env.ROOT,
                env=env.child(given),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until(lambda: "Ready after" in self.words() or self._process.poll() is not None, _START_SECONDS, self.words)
            assert self._process.poll() is None, self.words()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop()

    @property
    def curl(self) -> str:
        """The command that the start printed."""
        found = CURL.search(self.words())
        assert found, self.words()
        return found[0]

    @property
    def warehouse(self) -> str:
        """The connection string of the store that the sample's connector writes to."""
        return addresses.postgres_url(self.var, "warehouse")

    def errors(self) -> str:
        """The last errors of each role's log, for the message of a failing test."""
        found = []
        for path in sorted((self.var / "log").glob("*.log")):
            lines = [line for line in path.read_text(errors="replace").splitlines() if '"level": "error"' in line]
            found += [f"{path.stem}: {line[:2000]}" for line in lines[-2:]]
        return "\n".join(found)

    def words(self) -> str:
        """What the start has said so far."""
        return self.said.read_text(errors="replace")

    def _stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.var, ignore_errors=True)


def wait_until(holds: Callable[[], object], seconds: float, say: Callable[[], str] = str) -> float:
    """Wait for a condition with a deadline; the seconds that it took."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < seconds, f"not within {seconds} s. {say()}"
        time.sleep(0.05)
    return time.monotonic() - started
