"""Keeps a process's ring of keys: in a thread of its own, or looked at by whoever asks; and writes back which were used."""

from __future__ import annotations

import logging
import threading
import time
from typing import Protocol

from django.db import DatabaseError, connection

from eventplatform.guard.keys import KeyRing
from intake.keys.reading import KeySource
from intake.keys.uses import Uses

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0  # until a change of a key is known here; one query of one row
WRITE_SECONDS = 10.0  # between two looks at what is to be written of uses


class Keys(Protocol):
    """Where the guard gets keys from."""

    uses: Uses

    def ring(self) -> KeyRing:
        """All keys, at most some seconds old while the database answers; incomplete where they were never read."""
        ...


class KeyKeeper:
    """The thread of a process that takes events all the time. Start it after a fork.

    While the database is away the last known keys hold, also those that were revoked meanwhile.
    """

    def __init__(self, *, poll_seconds: float = POLL_SECONDS, write_seconds: float = WRITE_SECONDS) -> None:
        self.uses = Uses()
        self._source = KeySource()
        self._poll_seconds = poll_seconds
        self._write_seconds = write_seconds
        self._written_at = time.monotonic()
        self._stopping = threading.Event()
        self._first = threading.Event()
        self._is_away = False
        self._thread: threading.Thread | None = None

    def ring(self) -> KeyRing:
        """The last known keys; never waits."""
        return self._source.ring

    def start(self, *, wait_seconds: float = 0.0) -> None:
        """Start the thread; wait for the first keys at most that long."""
        self._thread = threading.Thread(target=self._run, name="key-keeper", daemon=True)
        self._thread.start()
        self._first.wait(wait_seconds)

    def stop(self) -> None:
        """End the thread; what was used until now is written."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._turn(is_last=False)
            self._stopping.wait(self._poll_seconds)
        self._turn(is_last=True)
        connection.close()

    def _turn(self, *, is_last: bool) -> None:
        try:
            self._source.refresh()
            self._first.set()
            self._is_away = False
            if is_last or time.monotonic() - self._written_at >= self._write_seconds:
                self._written_at = time.monotonic()
                self.uses.write()
        except DatabaseError as error:
            if not self._is_away:
                log.warning("keys.database_away", extra={"reason": str(error)[:200]})
            self._is_away = True
            connection.close()
        except Exception:
            # A thread that ends would let revoked keys in for ever.
            log.exception("keys.failed")
            connection.close()


class KeysOnDemand:
    """For the web role, whose door is asked now and then: looked at by the thread that asks, at most once a second."""

    def __init__(self) -> None:
        self.uses = Uses()
        self._source = KeySource()
        self._lock = threading.Lock()
        self._looked_at = -POLL_SECONDS
        self._written_at = time.monotonic()

    def ring(self) -> KeyRing:
        """The keys as they are now; while the database is away, or another thread is looking, the last known ones."""
        if time.monotonic() - self._looked_at >= POLL_SECONDS and self._lock.acquire(
            blocking=not self._source.ring.is_complete
        ):
            try:
                self._look()
            except DatabaseError:
                log.warning("keys.database_away")
                connection.close_if_unusable_or_obsolete()
            finally:
                self._looked_at = time.monotonic()
                self._lock.release()
        return self._source.ring

    def _look(self) -> None:
        self._source.refresh()
        if time.monotonic() - self._written_at >= WRITE_SECONDS:
            self._written_at = time.monotonic()
            self.uses.write()
