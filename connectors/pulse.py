"""Keeps the leases of this process's slices while a store takes long over one write: one statement for all, from one thread.

A slice renews its lease itself wherever it comes round; within a write it can't. Without this, a store that takes thirty
seconds would lose its lease and draw one thread after the other into the same write.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import DatabaseError, connection

from connectors import breaker, leasing
from connectors.models import Lease

log = logging.getLogger(__name__)

BEAT_SECONDS = 3.0
_LONGEST_SILENCE_SECONDS = 120.0  # a slice that doesn't come round for so long is given up: another may try

_RENEW = """
UPDATE connectors_lease SET until = now() + make_interval(secs => %s)
FROM unnest(%s::bigint[], %s::bigint[]) AS held(id, epoch)
WHERE connectors_lease.id = held.id AND connectors_lease.epoch = held.epoch AND owner <> ''
RETURNING connectors_lease.id, is_wanted
"""


@dataclass(slots=True)
class Held:
    """A lease at work here, and when its slice last came round."""

    lease_id: int
    epoch: int
    target_id: int
    seen: float = field(default_factory=time.monotonic)
    is_wanted: bool = False  # others wait for its thread

    def touch(self) -> None:
        """The slice came round."""
        self.seen = time.monotonic()


_all: dict[int, Held] = {}  # by identity
_lock = threading.Lock()
_thread: tuple[int, threading.Thread] | None = None
_changed = threading.Condition(_lock)


@contextmanager
def holding(lease: Lease) -> Iterator[Held]:
    """Keep the lease while the block lasts."""
    held = Held(lease.pk, lease.epoch, lease.connector.target_id)
    with _lock:
        _all[id(held)] = held
        _ensure_thread()
    try:
        yield held
    finally:
        with _lock:
            _all.pop(id(held), None)
            _changed.notify_all()


def _ensure_thread() -> None:
    """A thread per process, made after a fork; it ends when nothing is held any more."""
    global _thread  # noqa: PLW0603  # one pulse per process is the point
    if _thread is None or _thread[0] != os.getpid() or not _thread[1].is_alive():
        made = threading.Thread(target=_run, name="lease-pulse", daemon=True)
        _thread = (os.getpid(), made)
        made.start()


def _run() -> None:
    global _thread  # noqa: PLW0603  # see `_ensure_thread`
    while True:
        with _lock:
            _changed.wait_for(lambda: not _all, timeout=BEAT_SECONDS)
            if not _all:
                _thread = None  # under the lock: whoever comes now starts another
                break
            beating = tuple(_all.values())
        _beat(beating)
    connection.close()


def _beat(beating: tuple[Held, ...]) -> None:
    now = time.monotonic()
    kept = [one for one in beating if now - one.seen < _LONGEST_SILENCE_SECONDS]
    slow = {one.target_id for one in beating if now - one.seen > breaker.SLOW_WRITE_SECONDS}
    try:
        with connection.cursor() as cursor:
            ids, epochs = [one.lease_id for one in kept], [one.epoch for one in kept]
            cursor.execute(_RENEW, (leasing.LEASE.total_seconds(), ids, epochs))
            wanted = {lease_id for lease_id, is_wanted in cursor.fetchall() if is_wanted}
        for one in kept:
            one.is_wanted = one.lease_id in wanted
        if slow:
            breaker.slow(slow)
    except DatabaseError as error:
        log.warning("pulse.missed", extra={"why": str(error)})
        connection.close()
