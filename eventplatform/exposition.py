"""The metrics of all processes of a role in one scrape, out of the files that they write."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Metric, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from eventplatform import env, metric_files, role_processes

ROLES = ("intake", "web", "worker", "watcher", "beat", "stream")
CONTENT_TYPE = CONTENT_TYPE_LATEST

Families = Callable[[], Iterable[Metric]]
_kept_elsewhere: dict[str, list[Families]] = {}


def add(role: str, families: Families) -> None:
    """Have the scrape of `role` show metrics that no process counts: they are asked for at each scrape."""
    _kept_elsewhere.setdefault(role, []).append(families)


def scrape(role: str) -> bytes:
    """What `/metrics` answers for `role`: the sum over its processes, or this process's own where it writes no files."""
    return _of_processes(role) + _of_elsewhere(role) + _of_machine(role)


class _Made:
    """Metrics that no process counts, as the library wants them."""

    def __init__(self, made: Iterable[Metric]) -> None:
        self._made = made

    def collect(self) -> Iterable[Metric]:
        return self._made


def _of_elsewhere(role: str) -> bytes:
    return generate_latest(_Made([one for families in _kept_elsewhere.get(role, ()) for one in families()]))


def _of_machine(role: str) -> bytes:
    folder = folder_of(role)
    pids = role_processes.writing_into(folder) or ([os.getpid()] if role == settings.ROLE else [])
    return generate_latest(_Made(role_processes.families(role, pids)))


def _of_processes(role: str) -> bytes:
    folder = folder_of(role)
    if not any(folder.glob("*.db")):
        return generate_latest(REGISTRY) if role == settings.ROLE else b""
    with metric_files.held(folder):
        metric_files.bury_the_dead(folder)
        if role == settings.ROLE:  # of others it can't be said who lives: they may run in a container of their own
            metric_files.merge_the_dead(folder)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]  # the library's own
        return generate_latest(registry)


def tidy() -> None:
    """Merge what dead processes of this role left behind; for roles that nobody scrapes by themselves."""
    folder = folder_of(settings.ROLE)
    if any(folder.glob("*.db")):
        with metric_files.held(folder):
            metric_files.merge_the_dead(folder)


def folder_of(role: str) -> Path:
    """Where the processes of `role` write: this process's own folder, and those of other roles beside it."""
    own = env.text("PROMETHEUS_MULTIPROC_DIR")
    if own and role == settings.ROLE:
        return Path(own)
    return (Path(own).parent if own else settings.VAR_DIR / "metrics") / role
