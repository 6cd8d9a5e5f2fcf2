"""The metrics of all processes of a role in one scrape, out of the files that they write."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from eventplatform import env

ROLES = ("intake", "web", "worker", "watcher", "beat")
CONTENT_TYPE = CONTENT_TYPE_LATEST


def scrape(role: str) -> bytes:
    """What `/metrics` answers for `role`: the sum over its processes, or this process's own where it writes no files."""
    folder = folder_of(role)
    if not any(folder.glob("*.db")):
        return generate_latest(REGISTRY) if role == settings.ROLE else b""
    bury_the_dead(folder)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]  # the library's own
    return generate_latest(registry)


def folder_of(role: str) -> Path:
    """Where the processes of `role` write: this process's own folder, and those of other roles beside it."""
    own = env.text("PROMETHEUS_MULTIPROC_DIR")
    if own and role == settings.ROLE:
        return Path(own)
    return (Path(own).parent if own else settings.VAR_DIR / "metrics") / role


def bury_the_dead(folder: Path) -> None:
    """Remove the live gauges of processes that are gone; their counters stay, since what was counted did happen."""
    for path in folder.glob("gauge_live*.db"):
        pid = path.stem.rpartition("_")[2]
        if pid.isdigit() and not _is_alive(int(pid)):
            mark_process_dead(int(pid), path=str(folder))  # type: ignore[no-untyped-call]  # the library's own


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
