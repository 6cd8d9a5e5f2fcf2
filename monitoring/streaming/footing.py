"""What a process of the role `stream` stands on: configuration, log, accounts; none needs to be there at its start."""

from __future__ import annotations

import contextlib
import threading
from typing import Any, Protocol

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from eventplatform import exposition
from eventplatform.broker import open_log
from eventplatform.broker.base import Log
from eventplatform.core.pii_values import Hashing
from eventplatform.core.schemas import CompiledSchema
from eventplatform.eventlog import event_log
from eventplatform.guard.client_addresses import Proxies
from monitoring import services
from monitoring.streaming import life
from monitoring.streaming.callers import caller_of
from monitoring.streaming.offers import Caller, Offers, offers
from streamconfig.snapshots import Snapshot, SnapshotKeeper, SnapshotMissingError

_FIRST_SNAPSHOT_SECONDS = 10.0
_LATE_SECONDS = 60.0


class Footing(Protocol):
    """As the service sees it; `caller` may wait, `log` too where it is first opened."""

    hashing: Hashing
    proxies: Proxies
    home: str

    def offers(self) -> Offers:
        """Which streams are given out now; the same object until that changes."""
        ...

    def find_schema(self, schema_id: str) -> CompiledSchema | None:
        """The schema version of that id."""
        ...

    def caller(self, authorization: str, cookie: str) -> Caller:
        """Who asks."""
        ...

    def log(self) -> Log:
        """The event log."""
        ...

    def asked_log(self) -> Log:
        """The same, for questions that newcomers ask: a slow one must not hold up those who read."""
        ...

    def tell(self, words: str, *, is_well: bool) -> None:
        """Leave a sign of life."""
        ...

    def readiness(self) -> tuple[bool, dict[str, Any]]:
        """Whether there is a configuration, and what to say about it."""
        ...

    def metrics(self) -> bytes:
        """All metrics of the role."""
        ...


class ProcessFooting:
    """The footing of a real process; start it after Django is set up."""

    def __init__(self) -> None:
        self.hashing = Hashing(settings.PII_HASH_KEY.encode(), is_daily=settings.PII_HASH_DAILY)
        self.proxies = Proxies(settings.INTAKE_TRUSTED_PROXIES, settings.INTAKE_CLIENT_ADDRESS_HEADER.lower())
        self.home = settings.PUBLIC_URL
        self._keeper = SnapshotKeeper()
        self._opening = threading.Lock()
        self._asked_log: Log | None = None
        self._made: tuple[Snapshot, Offers] | None = None

    def start(self) -> None:
        """Follow the configuration."""
        self._keeper.start(wait_seconds=_FIRST_SNAPSHOT_SECONDS)

    def stop(self) -> None:
        """Let go; nobody shall miss a process that was stopped."""
        with contextlib.suppress(DatabaseError):
            close_old_connections()
            services.stop_beating(role=life.ROLE)
        self._keeper.stop()

    def offers(self) -> Offers:
        snapshot = self._snapshot()
        if self._made is None or self._made[0] is not snapshot:
            closed = frozenset({settings.REJECTED_TOPIC})
            made = offers(
                snapshot.streams.values(), snapshot.services.values(), default=settings.STREAM_OUT_ACCESS, closed=closed
            )
            self._made = snapshot, made
        return self._made[1]

    def find_schema(self, schema_id: str) -> CompiledSchema | None:
        return self._snapshot().find_schema(schema_id)

    def caller(self, authorization: str, cookie: str) -> Caller:
        close_old_connections()  # no request begins or ends here that would
        return caller_of(authorization, cookie)

    def log(self) -> Log:
        return event_log()

    def asked_log(self) -> Log:
        with self._opening:
            if self._asked_log is None:
                self._asked_log = open_log(settings.EVENT_LOG_URL, settings.KAFKA_SECURITY)
            return self._asked_log

    def tell(self, words: str, *, is_well: bool) -> None:
        with contextlib.suppress(DatabaseError):  # that is told by others
            close_old_connections()
            services.beat(role=life.ROLE, now=timezone.now(), is_well=is_well, detail=words)

    def readiness(self) -> tuple[bool, dict[str, Any]]:
        snapshot = self._keeper.current
        if snapshot is None:
            return False, {"status": "unavailable", "configuration": "not read yet"}
        age = self._keeper.age_seconds()
        state = "late" if age > _LATE_SECONDS else "ok"  # told, no more: the last good configuration serves
        told = {"revision": snapshot.revision, "age_seconds": round(age, 3), "state": state}
        return True, {"status": "ok", "configuration": told}

    def metrics(self) -> bytes:
        return exposition.scrape(settings.ROLE)

    def _snapshot(self) -> Snapshot:
        snapshot = self._keeper.current
        if snapshot is None:
            raise SnapshotMissingError
        return snapshot
