"""Positions and canaries of connectors whose store can't hold them, in the platform's own Postgres.

One step of such a connector is: `advance` in a transaction of this database, with whatever else must become true in that
moment. Where the store itself is somewhere else, the step comes after the store's answer, so a crash in between writes the
same records again: the store must know them by their key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg

from connectors.sinks.base import Canary, FencedError, Position, StoreUnavailableError, WriteBatch
from eventplatform.core.records import TopicPartition

# A wedged slice must not hold its row lock for ever, and a locked row must not hold this slice.
_SESSION = "-c lock_timeout=5s -c statement_timeout=30s -c idle_in_transaction_session_timeout=15s -c timezone=UTC"

_READ = """
SELECT next_offset, incarnation, cluster_id FROM connector_positions WHERE (connector, topic, partition) = (%s, %s, %s)
"""
_BEGIN = """
INSERT INTO connector_positions (next_offset, incarnation, cluster_id, connector, topic, partition)
VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_ADVANCE = """
UPDATE connector_positions SET next_offset = %s, incarnation = %s, cluster_id = %s, written_at = now()
WHERE (connector, topic, partition) = (%s, %s, %s) AND (next_offset, incarnation, cluster_id) = (%s, %s, %s)
"""
_MARK = """
INSERT INTO connector_canaries (connector, stream, id_digest, event_id, sent_at) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
_MARKED = "SELECT written_at FROM connector_canaries WHERE (connector, stream, id_digest) = (%s, %s, %s)"


class OwnPositions:
    """One connector's positions and canaries, on one connection of its own."""

    def __init__(self, database_url: str, connector: str) -> None:
        self._url = database_url
        self._connector = connector
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None

    def open(self) -> None:
        """Connect; the tables are made by the platform's migrations."""
        with errors():
            self._connection = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=5,
                tcp_user_timeout=15_000,
                application_name=f"connector {self._connector}"[:63],
                options=_SESSION,
            )

    def close(self) -> None:
        """Let go of the connection; harmless when not open."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def position(self, where: TopicPartition) -> Position | None:
        """Where the connector stands; None where it never wrote."""
        with errors():
            found = self.database.execute(_READ, (self._connector, *where)).fetchone()
        return Position(*found) if found else None

    def require_expected(self, batch: WriteBatch) -> None:
        """Look before something is sent that can't be taken back.

        Raises:
            FencedError: somebody else moved on.
        """
        if self.position(batch.where) != batch.expected:
            raise FencedError(where=_named(batch.where))

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        """A transaction for `advance`, `mark_canaries` and whatever else must become true in the same moment."""
        with errors(), self.database.transaction():
            yield self.database

    def step(self, batch: WriteBatch) -> None:
        """`advance` and `mark_canaries` in a transaction of their own.

        Raises:
            FencedError: somebody else moved on; nothing was changed.
        """
        with self.transaction():
            self.advance(batch)
            self.mark_canaries(batch.stream, batch.canaries)

    def advance(self, batch: WriteBatch) -> None:
        """Inside `transaction`: move to `batch.after` if `batch.expected` is what is stored; the row stays locked till the end.

        Raises:
            FencedError: it is not.
        """
        new = (batch.after.next_offset, batch.after.incarnation, batch.after.cluster_id)
        key = (self._connector, *batch.where)
        if batch.expected is None:
            done = self.database.execute(_BEGIN, (*new, *key))
        else:
            old = (batch.expected.next_offset, batch.expected.incarnation, batch.expected.cluster_id)
            done = self.database.execute(_ADVANCE, (*new, *key, *old))
        if done.rowcount != 1:
            raise FencedError(where=_named(batch.where))

    def mark_canaries(self, stream: str, canaries: Iterable[Canary]) -> None:
        """Note that these were seen; those already noted keep their first moment."""
        with errors():
            for one in canaries:
                facts = (_digest(one.event_id), one.event_id, one.sent_at)
                self.database.execute(_MARK, (self._connector, stream, *facts))

    def canary_written(self, stream: str, event_id: str) -> datetime | None:
        """When the canary was noted; None if it was not."""
        with errors():
            found = self.database.execute(_MARKED, (self._connector, stream, _digest(event_id))).fetchone()
        return found[0] if found else None

    @property
    def database(self) -> psycopg.Connection[tuple[Any, ...]]:
        """The open connection, in autocommit outside of `transaction`."""
        if self._connection is None:
            raise StoreUnavailableError(reason="the platform's own database is not open")
        return self._connection


@contextmanager
def errors() -> Iterator[None]:
    """The platform's own database is away or busy: that is no record's fault, so everything is tried again."""
    try:
        yield
    except psycopg.Error as error:
        reason = (error.diag.message_primary or str(error)).strip().split("\n")[0].rstrip(".")
        raise StoreUnavailableError(reason=f"the platform's own database says: {reason}") from error


def _named(where: TopicPartition) -> str:
    return "/".join(map(str, where))


def _digest(event_id: str) -> str:
    return hashlib.sha256(event_id.encode()).hexdigest()
