"""Finds processes of an earlier start whose supervisor was killed, and ends them before anything is started."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

# Every process of a start carries it, handed down to all it starts; its value is the start's `var` folder.
MARK = "EVENTPLATFORM_RUN"
_GENTLE_SECONDS = 8.0
_KILL_SECONDS = 3.0


def find(var: Path) -> list[int]:
    """The running processes of any start of `var`; empty where the system has no /proc."""
    wanted = os.fsencode(f"{MARK}={var}")
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
            is_zombie = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:  # it ended, or belongs to somebody else
            continue
        if wanted in environment and not is_zombie and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return sorted(found)


def end(var: Path, *, gentle_seconds: float = _GENTLE_SECONDS) -> int:
    """End them, gently first; answers how many there were."""
    found = find(var)
    for number, patience in ((signal.SIGTERM, gentle_seconds), (signal.SIGKILL, _KILL_SECONDS)):
        deadline = time.monotonic() + patience
        _send(number, find(var))
        while find(var) and time.monotonic() < deadline:
            time.sleep(0.1)
    return len(found)


def _send(number: signal.Signals, pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
