"""The roles of a start: which programs run, with which environment, and how each says that it is ready."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eventplatform import env
from eventplatform.embedded import addresses
from eventplatform.run import leftovers

HOST = "127.0.0.1"  # a demo listens on loopback only
WEB_THREADS = 8
WORKER_THREADS = 8
_GRANIAN = ("--no-ws", "--log-level", "warning", "--workers-kill-timeout", "4", "--respawn-failed-workers")


@dataclass(frozen=True, slots=True)
class Role:
    """A program of the platform; `ready_url` answers once it takes requests (empty: ready when it runs)."""

    name: str
    command: tuple[str, ...]
    ready_url: str = ""


def roles(port: int, var: Path) -> tuple[Role, ...]:
    """One of each role, the first to start first."""
    granian = (sys.executable, "-m", "granian", "--host", HOST, *_GRANIAN)
    celery = (sys.executable, "-m", "celery", "--app", "eventplatform.celery", "--quiet")
    web = ("--interface", "wsgi", "--port", str(port), "--blocking-threads", str(WEB_THREADS))
    intake = (sys.executable, "-m", "intake.server", "--host", HOST, "--port", str(port + 1))
    stream = (sys.executable, "-m", "monitoring.streaming", "--host", HOST, "--port", str(port + 2))
    worker = ("--pool", "threads", "--concurrency", str(WORKER_THREADS), "--hostname", "worker@localhost")
    return (
        Role("intake", intake, f"http://{HOST}:{port + 1}/readyz"),
        Role("stream", stream, f"http://{HOST}:{port + 2}/readyz"),
        Role("web", (*granian, *web, "eventplatform.wsgi:application"), f"http://{HOST}:{port}/readyz"),
        Role("worker", (*celery, "worker", *worker, "--without-gossip", "--without-mingle", "--loglevel", "WARNING")),
        Role("watcher", (sys.executable, str(env.ROOT / "manage.py"), "watch")),
        Role("beat", (*celery, "beat", "--schedule", str(var / "beat"), "--pidfile", "", "--loglevel", "WARNING")),
    )


def environment(role: str, var: Path, port: int, shared: Mapping[str, str]) -> dict[str, str]:
    """The environment of a role's process."""
    own = {
        "ROLE": role,
        "VAR_DIR": str(var),
        "PORT": str(port),
        "PROMETHEUS_MULTIPROC_DIR": str(addresses.metrics_directory(var) / role),
        "PYTHONUNBUFFERED": "1",
        leftovers.MARK: str(var),
    }
    return env.child({**own, **shared})
