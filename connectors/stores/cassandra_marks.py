"""What stands beside the rows in Cassandra: canaries, and which partitions of time each table has, to delete old ones by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from cassandra.query import Statement

from connectors.sinks.base import Canary
from connectors.stores.cassandra_rows import Bucket
from connectors.stores.cassandra_session import Connection

_MARK = 'INSERT INTO {}."_canaries" (connector, stream, id_digest, event_id, sent_at, written_at) VALUES (?, ?, ?, ?, ?, ?)'
_MARKED = 'SELECT written_at FROM {}."_canaries" WHERE connector = ? AND stream = ? AND id_digest = ?'
_NOTE = 'INSERT INTO {}."_buckets" (table_name, bucket, topic, partition, stamp) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?'
_NOTED = 'SELECT bucket, topic, partition, stamp FROM {}."_buckets" WHERE table_name = ? AND bucket <= ?'
_FORGET = 'DELETE FROM {}."_buckets" USING TIMESTAMP ? WHERE table_name = ? AND bucket = ? AND topic = ? AND partition = ?'
_DELETE = 'DELETE FROM {}."{}" USING TIMESTAMP ? WHERE "_bucket" = ? AND "_topic" = ? AND "_partition" = ?'


class Canaries:
    """One connector's canaries; an id has no bound and a key has one, so they are known by a digest."""

    def __init__(self, connection: Connection, keyspace: str, connector: str) -> None:
        self._connection = connection
        self._connector = connector
        self._mark = connection.prepare(_MARK.format(keyspace))
        self._find = connection.prepare(_MARKED.format(keyspace))

    def marks(self, stream: str, canaries: Sequence[Canary]) -> Iterator[Statement]:
        """The statements that mark them."""
        now = datetime.now(UTC)
        for one in canaries:
            yield self._mark.bind((self._connector, stream, _digest(one.event_id), one.event_id, one.sent_at, now))

    def written_at(self, stream: str, event_id: str) -> datetime | None:
        found = self._connection.run(self._find, (self._connector, stream, _digest(event_id))).one()
        return found[0].replace(tzinfo=UTC) if found else None


class Buckets:
    """The partitions of time of a keyspace's tables, each with the timestamp of its newest row."""

    def __init__(self, connection: Connection, keyspace: str) -> None:
        self._connection = connection
        self._keyspace = keyspace
        self._note = connection.prepare(_NOTE.format(keyspace))
        self._find = connection.prepare(_NOTED.format(keyspace))
        self._forget = connection.prepare(_FORGET.format(keyspace))

    def notes(self, table: str, buckets: Mapping[Bucket, int]) -> Iterator[Statement]:
        """The statements that remember these."""
        for bucket, stamp in buckets.items():
            yield self._note.bind((table, bucket.start, bucket.topic, bucket.partition, stamp, stamp))

    def delete_ended(self, table: str, minutes: int, *, before: datetime) -> int:
        """Delete those that ended by then, with their rows; how many.

        No newer than the newest row known there: one that comes late is not hidden, and brings its bucket back.
        """
        delete = self._connection.prepare(_DELETE.format(self._keyspace, table))
        gone = 0
        for bucket, topic, partition, stamp in self._connection.run(self._find, (table, before - timedelta(minutes=minutes))):
            self._connection.run(delete, (stamp, bucket, topic, partition))
            self._connection.run(self._forget, (stamp, table, bucket, topic, partition))
            gone += 1
        return gone


def _digest(event_id: str) -> str:
    return hashlib.sha256(event_id.encode()).hexdigest()
