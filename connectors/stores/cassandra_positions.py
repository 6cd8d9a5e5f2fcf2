"""Positions in Cassandra, moved by compare-and-set, and the timestamps that go with them."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from connectors.sinks.base import FencedError, Position
from connectors.stores.cassandra_session import Connection
from connectors.stores.cassandra_stamps import moved
from eventplatform.core.records import TopicPartition

_READ = (
    'SELECT next_offset, incarnation, cluster_id, generation, stamp FROM {}."_offsets" '
    "WHERE connector = ? AND topic = ? AND partition = ?"
)
_FIRST = (
    'INSERT INTO {}."_offsets" (next_offset, incarnation, cluster_id, generation, stamp, written_at, '
    "connector, topic, partition) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS"
)
_NEXT = (
    'UPDATE {}."_offsets" SET next_offset = ?, incarnation = ?, cluster_id = ?, generation = ?, stamp = ?, written_at = ? '
    "WHERE connector = ? AND topic = ? AND partition = ? IF next_offset = ? AND incarnation = ? AND cluster_id = ?"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A position, the topic's generation (its offsets begin again when it is made anew), and the last write's timestamp."""

    position: Position | None
    generation: int = 0
    stamp: int = 0


class Positions:
    """One connector's positions in a keyspace."""

    def __init__(self, connection: Connection, keyspace: str, connector: str) -> None:
        self._connection = connection
        self._connector = connector
        self._read = connection.prepare(_READ.format(keyspace))
        self._first = connection.prepare(_FIRST.format(keyspace))
        self._next = connection.prepare(_NEXT.format(keyspace))

    def standing(self, where: TopicPartition) -> Standing:
        """What the store holds."""
        found = self._connection.read_newest(self._read, (self._connector, *where))
        if found is None:
            return Standing(None)
        next_offset, incarnation, cluster_id, generation, stamp = found
        return Standing(Position(next_offset, incarnation, cluster_id), generation, stamp)

    def after(self, standing: Standing, after: Position) -> Standing:
        """What shall stand next, before the rows in between are stamped."""
        old = standing.position
        if old is None:
            return replace(standing, position=after)
        is_same_log = (old.incarnation, old.cluster_id) == (after.incarnation, after.cluster_id)
        if is_same_log and after.next_offset >= old.next_offset:
            return replace(standing, position=after)
        stamp = moved(standing.stamp, now_ms=time.time_ns() // 1_000_000)
        return Standing(after, standing.generation + int(not is_same_log), stamp)

    def advance(self, where: TopicPartition, standing: Standing, after: Standing) -> None:
        """Compare and set.

        Raises:
            FencedError: another one stands there.
        """
        assert after.position is not None  # noqa: S101  # nobody moves to nowhere
        new = after.position
        values = (new.next_offset, new.incarnation, new.cluster_id, after.generation, after.stamp, datetime.now(UTC))
        key = (self._connector, *where)
        if standing.position is None:
            done = self._connection.run(self._first, (*values, *key))
        else:
            old = standing.position
            done = self._connection.run(self._next, (*values, *key, old.next_offset, old.incarnation, old.cluster_id))
        if not done.was_applied:
            raise FencedError(where="/".join(map(str, where)))
