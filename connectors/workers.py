"""How many threads the living workers have together: each worker says so every few seconds, in a row of its own."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError, connection
from django.db.models import Sum
from django.db.models.functions import Now

from connectors.models import Worker

log = logging.getLogger(__name__)

_BEAT_SECONDS = 3.0
_DEAD_AFTER = timedelta(seconds=15)
_FORGOTTEN_AFTER = timedelta(hours=1)
_UNKNOWN = 8  # threads, until a worker has said how many it has


def threads() -> int:
    """How many slices the living workers can run at once."""
    alive = Worker.objects.filter(seen_at__gt=Now() - _DEAD_AFTER)
    return alive.aggregate(total=Sum("threads"))["total"] or _UNKNOWN


def beat(name: str, *, has: int) -> None:
    """Say that the worker lives."""
    Worker.objects.update_or_create(name=name, defaults={"threads": has, "seen_at": Now()})
    Worker.objects.filter(seen_at__lt=Now() - _FORGOTTEN_AFTER).delete()


def keep_beating(*, has: int, stop: threading.Event) -> None:
    """Say so until `stop`, then take the row away; while the database is away it is tried again."""
    name = f"{socket.gethostname()[:100]}-{os.getpid()}"
    while not stop.is_set():
        _attempt(lambda: beat(name, has=has))
        stop.wait(_BEAT_SECONDS)
    _attempt(Worker.objects.filter(name=name).delete)
    connection.close()


def _attempt(write: Callable[[], object]) -> None:
    try:
        write()
    except DatabaseError as error:
        log.warning("worker.unseen", extra={"why": str(error)})
        connection.close()
