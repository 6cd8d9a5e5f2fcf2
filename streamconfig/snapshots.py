"""Snapshots: all configuration and schemas of one moment, and the thread that keeps the newest one in a process."""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import DatabaseError, connection

from eventplatform.core import metrics, names
from eventplatform.core.errors import RetriableError
from eventplatform.core.streams import Stream
from registry import lookups as registry
from registry.schema.compiled import Schema
from registry.schema.schema_set import SchemaSet
from streamconfig.configuration import document
from streamconfig.configuration.stream_set import StreamSet
from streamconfig.models import ConfigurationState, Revision

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0  # the safety net below the wake-up by NOTIFY


class SnapshotMissingError(RetriableError):
    """This process has not read any configuration yet: its database has been away since it started."""

    code = "snapshot.missing"
    message = "The configuration could not be read yet."
    remedy = "Send it again after the time that Retry-After names."


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All configuration and compiled schemas of one moment. Immutable; a change makes a new one."""

    revision: int
    taken_at: datetime
    stream_set: StreamSet
    schemas: SchemaSet
    incarnation: uuid.UUID | None = field(default=None, repr=False)

    @property
    def streams(self) -> Mapping[str, Stream]:
        """Every stream with a name of its own, in configuration order; patterns are in `stream_set.entries`."""
        return self.stream_set.streams

    def find_stream(self, name: str) -> Stream | None:
        """The stream of that name: exact, else by the first pattern that matches."""
        return self.stream_set.find(name)

    def find_schema(self, schema_id: str) -> Schema | None:
        """The schema version of that id."""
        return self.schemas.get(schema_id)

    @property
    def tag(self) -> str:
        """Changes with what is published, and with the database that it was published to."""
        return f"{self.incarnation.hex[:8] if self.incarnation else 0}-{self.revision}"


class SnapshotSource:
    """Reads a snapshot anew where something changed. One thread at a time; `current` may be read by any."""

    def __init__(self) -> None:
        self.current: Snapshot | None = None
        self.confirmed_at = 0.0

    def refresh(self) -> Snapshot:
        """The snapshot that holds now.

        Raises:
            django.db.DatabaseError: the database is away; `current` stays as it is.
        """
        row = ConfigurationState.objects.filter(pk=1).values_list("incarnation", "revision").first()
        incarnation, revision = row or (None, 0)
        schemas = registry.schemas(is_fresh=True)
        known = self.current
        if known is None or (known.incarnation, known.revision) != (incarnation, revision):
            self.current = Snapshot(revision, datetime.now(UTC), _read(revision), schemas, incarnation)
            metrics.SNAPSHOT_REVISION.set(revision)
            log.info("snapshot.taken", extra={"revision": revision, "schemas": schemas.revision})
        elif known.schemas is not schemas:
            self.current = Snapshot(revision, datetime.now(UTC), known.stream_set, schemas, incarnation)
        self.confirmed_at = time.monotonic()
        metrics.SNAPSHOT_AGE.set(0)
        if self.current is None:
            raise AssertionError
        return self.current

    def age_seconds(self) -> float:
        """Since the database last confirmed that `current` holds."""
        return time.monotonic() - self.confirmed_at


def _read(revision: int) -> StreamSet:
    # One row is one moment: it holds the whole document, so nothing half published is ever seen.
    found = Revision.objects.filter(number=revision).first()
    return StreamSet(document.read(found.document) if found else None)


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
        """Until a wake-up, or a second long; psycopg's errors come through Django's wrapper as DatabaseError."""
        with connection.wrap_database_errors:
            for _ in connection.connection.notifies(timeout=POLL_SECONDS, stop_after=1):
                pass

    def _lose(self, error: Exception | None) -> None:
        if self._is_listening or error is None:
            log.warning("snapshot.database_away", extra={"reason": str(error or "")})
        self._is_listening = False
        connection.close()
        metrics.SNAPSHOT_AGE.set(self.age_seconds())
        self._stopping.wait(POLL_SECONDS)


_running: SnapshotKeeper | None = None


def running() -> SnapshotKeeper | None:
    """The keeper of this process, where one runs; a fork has none."""
    keeper = _running
    return keeper if keeper is not None and keeper.is_alive() else None
