"""A role's process: started, watched, started again with a growing delay, stopped with all that it started."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from eventplatform import env
from eventplatform.embedded.server import tied, wait_for_exit
from eventplatform.run.roles import Role

_FIRST_DELAY_SECONDS = 1.0
_KEEPS_COUNTS_SECONDS = 2.0  # the delay of a first failure
_LONGEST_DELAY_SECONDS = 30.0
_HEALTHY_SECONDS = 60.0
_LOG_BYTES = 10 * 1024 * 1024


class Child:
    """The process of one role; must be started from the supervisor's main thread, with which it dies."""

    def __init__(self, role: Role, environment: Mapping[str, str], var: Path) -> None:
        self.role = role
        self.log = var / "log" / f"{role.name}.log"
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._delay = _FIRST_DELAY_SECONDS
        self._next_start: float | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process; its output goes to its log. What one that was killed has counted still counts.

        Metrics files are cleaned for the first one, and once several failed in a row: they may be what it stumbles over.
        """
        metrics = Path(self._environment["PROMETHEUS_MULTIPROC_DIR"])
        if self._process is None or self._delay > _KEEPS_COUNTS_SECONDS:
            shutil.rmtree(metrics, ignore_errors=True)
        metrics.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603  # our own program and arguments
                tied(self.role.command, signal.SIGTERM),
                env=dict(self._environment),
                cwd=env.ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started = time.monotonic()
        self._next_start = None

    def tend(self) -> str:
        """Start a process that ended again, after a delay that grows; answers a line to show, or nothing."""
        now = time.monotonic()
        if self.is_running:
            return ""
        if self._next_start is None:
            self._delay = self._delay_after(now - self._started)
            self._next_start = now + self._delay
            ended = f"exit {self._process.returncode}" if self._process else "not started"
            self.signal(signal.SIGKILL)  # what it may have left behind in its session
            return f"{self.role.name} ended ({ended}, see {self.log}); starting it again in {self._delay:.0f} s"
        if now < self._next_start:
            return ""
        try:
            self.start()
        except OSError as error:
            self._delay = self._delay_after(0.0)
            self._next_start = now + self._delay
            return f"{self.role.name} can't be started ({error}); trying again in {self._delay:.0f} s"
        return ""

    def _delay_after(self, seconds_alive: float) -> float:
        if seconds_alive > _HEALTHY_SECONDS:
            return _FIRST_DELAY_SECONDS
        return min(self._delay * 2, _LONGEST_DELAY_SECONDS)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal: SIGKILL to the whole session, others to the leader, which tells its own."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self._process.pid, number)
            elif self._process.poll() is None:
                self._process.send_signal(number)

    def wait(self, seconds: float) -> bool:
        """Whether the process ended within that time."""
        return self._process is None or wait_for_exit(self._process, max(0.0, seconds))

    def rotate_log(self) -> None:
        """Keep one older file: copied and emptied in place, since the process holds it open."""
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            with suppress(OSError):  # no room for the copy; what is older is then lost, what comes has room
                shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)
