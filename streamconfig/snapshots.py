"""Snapshots: all configuration and schemas of one moment, and the thread that keeps the newest one in a process."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.conf import settings
from django.db import DatabaseError, connection

from eventplatform.core import metrics, names
from eventplatform.core.errors import RetriableError
from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from registry import lookups as registry
from registry.schema.compiled import Schema
from registry.schema.schema_set import SchemaSet
from streamconfig import published
from streamconfig.configuration.document import Document
from streamconfig.configuration.scopes import Scope
from streamconfig.configuration.stream_set import StreamSet
from streamconfig.configuration.timeline import Timeline
from streamconfig.published import Published

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0  # the safety net below the wake-up by NOTIFY
_MAX_SCOPES = 100


class SnapshotMissingError(RetriableError):
    """This process has not read any configuration yet: its database has been away since it started."""

    code = "snapshot.missing"
    message = "The configuration could not be read yet."
    remedy = "Send it again after the time that Retry-After names."


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All configuration and compiled schemas of one moment. Immutable; a change or a boundary of time makes a new one."""

    revision: int
    taken_at: datetime
    stream_set: StreamSet
    schemas: SchemaSet
    incarnation: uuid.UUID | None = field(default=None, repr=False)
    schedule: int = 0
    timeline: Timeline = field(default_factory=Timeline, repr=False)
    valid_until: datetime | None = None  # when a window, a ramp or a scheduled change makes it another one
    expires_at: float = math.inf  # the same as Unix time
    _scoped: dict[Scope, StreamSet] = field(default_factory=dict, repr=False, compare=False)

    @property
    def streams(self) -> Mapping[str, Stream]:
        """Every stream with a name of its own, in configuration order; patterns are in `stream_set.entries`."""
        return self.stream_set.streams

    @property
    def every_stream(self) -> Iterable[Stream]:
        """Every stream, those that stand for a pattern of names too."""
        return (one.stream for one in self.stream_set.entries)

    @property
    def document(self) -> Document:
        """What is configured at this moment, without any site's overrides."""
        return self.timeline.document_at(self.taken_at)

    @property
    def services(self) -> Mapping[str, Service]:
        """Every service that is configured, or that a stream names."""
        return self.stream_set.services

    def find_stream(self, name: str) -> Stream | None:
        """The stream of that name: exact, else by the first pattern that matches."""
        return self.stream_set.find(name)

    def find_schema(self, schema_id: str) -> Schema | None:
        """The schema version of that id."""
        return self.schemas.get(schema_id)

    def scoped(self, scope: Scope | None) -> StreamSet:
        """The streams as a site has them; the last few sites are remembered."""
        if scope is None or not scope.site:
            return self.stream_set
        found = self._scoped.get(scope)
        if found is None:
            if len(self._scoped) >= _MAX_SCOPES:
                self._scoped.clear()
            found = StreamSet(
                self.document, at=self.taken_at, scope=scope, environment=settings.ENVIRONMENT, earlier=self.stream_set
            )
            self._scoped[scope] = found
        return found

    @property
    def tag(self) -> str:
        """Changes with what is published or scheduled, at each boundary of time, and with the database; alike everywhere."""
        boundary = "" if self.valid_until is None else f"-{round(self.expires_at * 1000):x}"
        return f"{self.incarnation.hex[:8] if self.incarnation else 0}-{self.revision}.{self.schedule}{boundary}"


class SnapshotSource:
    """Makes a snapshot anew where something was published or a boundary of time has passed. Any thread may ask."""

    def __init__(self) -> None:
        self.confirmed_at = 0.0
        self._current: Snapshot | None = None
        self._next: tuple[Snapshot, Snapshot] | None = None  # a snapshot, and the one that follows it
        self._published: Published | None = None
        self._lock = threading.Lock()

    @property
    def current(self) -> Snapshot | None:
        """The snapshot that holds now by what was read last; needs no database."""
        snapshot = self._current
        if snapshot is None or time.time() < snapshot.expires_at:
            return snapshot
        return self._advance()

    def refresh(self) -> Snapshot:
        """The snapshot that holds now.

        Raises:
            django.db.DatabaseError: the database is away; `current` goes on with what it has.
        """
        schemas = registry.schemas(is_fresh=True)
        known = self._published
        if known is None or published.state() != known.state:
            known = published.read(known)
        with self._lock:
            snapshot = self._current
            is_news = known is not self._published
            self._published = known
            if snapshot is None or is_news or snapshot.schemas is not schemas or snapshot.expires_at <= time.time():
                self._current = snapshot = _made(known, schemas, datetime.now(UTC), snapshot)
            if is_news:
                metrics.SNAPSHOT_REVISION.set(snapshot.revision)
                log.info("snapshot.taken", extra={"revision": snapshot.revision, "schemas": schemas.revision})
        self.confirmed_at = time.monotonic()
        metrics.SNAPSHOT_AGE.set(0)
        return snapshot

    def prepare(self) -> None:
        """Make the snapshot after the next boundary beforehand, where that is near: then it is there in no time."""
        snapshot, known = self._current, self._published
        if snapshot is None or known is None or snapshot.valid_until is None or self._follower(snapshot) is not None:
            return
        if snapshot.expires_at - time.time() < 2 * POLL_SECONDS:
            self._next = snapshot, _made(known, snapshot.schemas, snapshot.valid_until, snapshot)

    def wait_seconds(self) -> float:
        """How long a thread that keeps it may sleep: a second, or until the next boundary."""
        expires_at = self._current.expires_at if self._current else math.inf
        return min(POLL_SECONDS, max(0.001, expires_at - time.time()))

    def age_seconds(self) -> float:
        """Since the database last confirmed that `current` holds."""
        return time.monotonic() - self.confirmed_at

    def _advance(self) -> Snapshot | None:
        with self._lock:
            snapshot, now = self._current, time.time()
            if snapshot is None or self._published is None or now < snapshot.expires_at:
                return snapshot  # another thread was faster
            follower = self._follower(snapshot)
            if follower is None or follower.expires_at <= now:
                follower = _made(self._published, snapshot.schemas, datetime.now(UTC), snapshot)
            self._current = follower
            log.info("snapshot.boundary", extra={"revision": follower.revision, "tag": follower.tag})
            return follower

    def _follower(self, snapshot: Snapshot) -> Snapshot | None:
        prepared = self._next
        return prepared[1] if prepared is not None and prepared[0] is snapshot else None


def _made(known: Published, schemas: SchemaSet, at: datetime, earlier: Snapshot | None) -> Snapshot:
    document = known.timeline.document_at(at)
    streams = StreamSet(
        document, at=at, environment=settings.ENVIRONMENT, earlier=earlier.stream_set if earlier is not None else None
    )
    boundaries = [one for one in (streams.valid_until, known.timeline.next_boundary(at)) if one is not None]
    valid_until = min(boundaries, default=None)
    incarnation, revision, schedule = known.state
    return Snapshot(
        revision=revision,
        taken_at=at,
        stream_set=streams,
        schemas=schemas,
        incarnation=incarnation,
        schedule=schedule,
        timeline=known.timeline,
        valid_until=valid_until,
        expires_at=math.inf if valid_until is None else valid_until.timestamp(),
    )


class SnapshotKeeper:
    """Keeps the process's snapshot: a thread that listens for wake-ups and asks once a second besides.

    While the database is away the last good snapshot serves, and its age grows. Start it after a fork.
    """

    def __init__(self) -> None:
        self._source = SnapshotSource()
        self._stopping = threading.Event()
        self._first = threading.Event()
        self._thread: threading.Thread | None = None
        self._pid = 0
        self._is_listening = False

    def start(self, *, wait_seconds: float = 0.0) -> None:
        """Start the thread; wait for the first snapshot at most that long."""
        global _running  # noqa: PLW0603  # one keeper per process is the point
        self._pid = os.getpid()
        self._source.confirmed_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="snapshot-keeper", daemon=True)
        self._thread.start()
        _running = self
        self._first.wait(wait_seconds)

    def stop(self) -> None:
        """End the thread."""
        global _running  # noqa: PLW0603  # see `start`
        self._stopping.set()
        if _running is self:
            _running = None
        if self._thread is not None:
            self._thread.join(timeout=10)

    def age_seconds(self) -> float:
        """Since the snapshot was last confirmed by the database; since the start where there is none yet."""
        return self._source.age_seconds()

    def is_alive(self) -> bool:
        """True in the process that started it, while its thread runs."""
        return self._pid == os.getpid() and self._thread is not None and self._thread.is_alive()

    @property
    def current(self) -> Snapshot | None:
        """The last good snapshot, or none yet; never waits, so an event loop may ask."""
        return self._source.current

    def snapshot(self) -> Snapshot:
        """The last good snapshot.

        Raises:
            SnapshotMissingError: none could be read since the start.
        """
        current = self._source.current
        if current is None:
            self._first.wait(POLL_SECONDS)
            current = self._source.current
        if current is None:
            raise SnapshotMissingError
        return current

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
                self._source.refresh()
                self._first.set()
                metrics.SNAPSHOT_CONFIRMED.set_to_current_time()
                self._wait_for_news()
            except DatabaseError as error:
                self._lose(error)
            except Exception:
                # A thread that ends would leave the process with a configuration that never changes again.
                log.exception("snapshot.failed")
                self._lose(None)
        connection.close()

    def _listen(self) -> None:
        """Listen before the first look, so that no change falls between the two."""
        if not self._is_listening:
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {names.SNAPSHOT_CHANNEL}")
            self._is_listening = True

    def _wait_for_news(self) -> None:
        """Until a wake-up, a boundary, or a second long; psycopg's errors come through Django's wrapper as DatabaseError."""
        self._source.prepare()
        with connection.wrap_database_errors:
            for _ in connection.connection.notifies(timeout=self._source.wait_seconds(), stop_after=1):
                pass

    def _lose(self, error: Exception | None) -> None:
        if self._is_listening or error is None:
            log.warning("snapshot.database_away", extra={"reason": str(error or "")})
        self._is_listening = False
        connection.close()
        metrics.SNAPSHOT_AGE.set(self.age_seconds())
        self._source.prepare()
        self._stopping.wait(self._source.wait_seconds())


_running: SnapshotKeeper | None = None


def running() -> SnapshotKeeper | None:
    """The keeper of this process, where one runs; a fork has none."""
    keeper = _running
    return keeper if keeper is not None and keeper.is_alive() else None
