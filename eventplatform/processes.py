"""Other processes of this machine."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_GROUP = Path("/proc/self/autogroup")


def is_alive(pid: int) -> bool:
    """Whether a process of this id runs, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def step_back(steps: int) -> None:
    """Let other processes of this machine go first, by so many steps of niceness (0 to 19).

    Linux may weigh sessions against each other, and niceness only within a session (`sched(7)`, autogroups; most distributions
    do): a process that leads a session says it for its session too.
    """
    os.nice(steps)
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):  # no such kernel, or not ours to set: its own niceness is what there is
            _GROUP.write_text(str(steps))
