"""A running platform that is broken by hand: its processes, its alerts, and its own commands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import psycopg

from eventplatform import env
from eventplatform.embedded import addresses
from eventplatform.run import leftovers
from tests.e2e.platform import Platform
from tests.faults.verifying import tell

# Alerts open and end with their troubles, so that what is measured is how soon a trouble is seen.
AT_ONCE = (
    "from monitoring.alerts.models import AlertRule\n"
    "AlertRule.objects.create(name='at once', position=1, wait_seconds=0, settle_seconds=0)\n"
)


class Red(NamedTuple):
    """An open alert."""

    kind: str
    subject: str


class Watched:
    """The platform, as an operator sees it and as somebody with root breaks it."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._client = httpx.Client(base_url=platform.url, timeout=20, trust_env=False)
        self.intake = httpx.Client(base_url=f"http://127.0.0.1:{platform.port + 1}", timeout=20, trust_env=False)
        self.ever: dict[Red, str] = {}  # all that was red at a look, with what was said

    def red(self) -> set[Red]:
        """What is red now, and is no mere effect of something else that is."""
        found = self._client.get("/api/v1/alerts", params={"state": "open"}).json()["alerts"]
        told = {Red(one["kind"], one["subject"]): f"{one['what']}. {one['why']}" for one in found}
        self.ever |= told
        return set(told)

    def wait_for(self, wanted: Collection[Red], seconds: float, what: str, *, apart: Collection[str] = ()) -> float:
        """Until exactly these are red, apart from some kinds; the seconds it took."""
        began = time.monotonic()
        while (found := {one for one in self.red() if one.kind not in apart}) != set(wanted):
            words = [self.ever[one] for one in found]
            assert time.monotonic() - began < seconds, f"{what}: not within {seconds:.0f} s {wanted}, but {found}: {words}"
            time.sleep(0.5)
        took = time.monotonic() - began
        tell(f"{what}: {took:.0f} s")
        return took

    def has_whole_paths(self) -> bool:
        """Whether canaries were seen at every stage of every path that has any."""
        text = self._client.get("/metrics").text
        lines = [line for line in text.splitlines() if line.startswith("eventplatform_canary_")]
        there = {line[line.index("{") : line.index("}")] for line in lines if line.startswith("eventplatform_canary_failing{")}
        seen = {
            line[line.index("{") : line.index("}")] for line in lines if line.startswith("eventplatform_canary_age_seconds{")
        }
        return bool(there) and there == seen

    def is_fresh(self, seconds: float) -> bool:
        """Whether every stage saw a canary that was sent so many seconds ago at most."""
        lines = [line for line in self._client.get("/metrics").text.splitlines() if line.startswith("eventplatform_canary_age")]
        return bool(lines) and all(float(line.rpartition(" ")[2]) < seconds for line in lines)

    @contextmanager
    def paused(self, role: str) -> Iterator[None]:
        """The role's processes stand still, as if they hung."""
        pids = self._pids(role)
        assert pids, f"no process of {role}"
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def store(self, *statements: str) -> None:
        """Do this in the warehouse."""
        with psycopg.connect(self._platform.warehouse, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def manage(self, *arguments: str) -> str:
        """What a command of the platform says."""
        own = {**self._platform.settings, "VAR_DIR": str(self._platform.var), "PORT": str(self._platform.port)}
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=env.ROOT, env=env.child(own), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def database(self) -> str:
        """The connection string of its own database."""
        return addresses.postgres_url(self._platform.var, "eventplatform")

    def _pids(self, role: str) -> list[int]:
        found = []
        for pid in leftovers.find(self._platform.var):
            environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            if f"ROLE={role}".encode() in environment:
                found.append(pid)
        return found


def until(condition: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait for a condition; the seconds it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"waited {seconds} s for this: {what}"
        time.sleep(0.5)
    return time.monotonic() - began
