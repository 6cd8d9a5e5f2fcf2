"""What becomes of a row in another topic: its key, its bytes, and a header that says where it came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Self

import orjson

from connectors.mapping.keys import Key, key_of, tombstone_key
from connectors.sinks.base import Position, RecordRefusedError, Row, RowDiscardedError, WriteBatch
from eventplatform.core.names import HEADER_MIRRORED_FROM
from eventplatform.core.records import Headers, NewRecord, Record

Encode = Callable[[Row], bytes]


class Origin(NamedTuple):
    """A place in some cluster's log, as the header of a mirrored record tells it."""

    cluster_id: str
    topic: str
    incarnation: str
    partition: int
    offset: int

    def as_header(self) -> bytes:
        return "/".join(map(str, self)).encode()

    @classmethod
    def of(cls, value: bytes) -> Self | None:
        """What `as_header` wrote; None for anything else."""
        cluster_id, *rest = value.decode("utf-8", "replace").split("/")
        try:
            topic, incarnation, partition, offset = rest
            return cls(cluster_id, topic, incarnation, int(partition), int(offset))
        except ValueError:
            return None


def origins(record: Record) -> list[Origin]:
    """All places that the record was mirrored from, the nearest last."""
    found = [Origin.of(value) for name, value in record.headers if name == HEADER_MIRRORED_FROM]
    return [origin for origin in found if origin is not None]


class Mirroring:
    """How the rows of one batch are written to `topic` of the cluster `cluster_id`."""

    def __init__(self, batch: WriteBatch, topic: str, cluster_id: str, *, keeps_partition: bool) -> None:
        self._after: Position = batch.after
        self._pointers = batch.steering.key
        self._is_upsert = batch.steering.is_upsert
        self._topic = topic
        self._cluster_id = cluster_id
        self._partition = batch.where.partition if keeps_partition else None

    def row(self, row: Row, encode: Encode) -> NewRecord:
        """The row as a record.

        Raises:
            RejectedError: it lacks its key, or can't be encoded. RowDiscardedError: it came from there.
        """
        if any((one.cluster_id, one.topic) == (self._cluster_id, self._topic) for one in origins(row.record)):
            raise RowDiscardedError(reason="it was mirrored from the topic that it would go to")
        key = _encoded(key_of(row.event, self._pointers)) if self._pointers else row.record.key
        if key is None and self._is_upsert:
            raise RecordRefusedError(reason="it has no key, so that nothing could replace it")
        return self._new(row.record, encode(row), key)

    def tombstone(self, record: Record) -> NewRecord:
        """A record without a value goes on as one."""
        key = _encoded(tombstone_key(record, self._pointers)) if self._pointers else record.key
        return self._new(record, None, key)

    def _new(self, record: Record, value: bytes | None, key: bytes | None) -> NewRecord:
        origin = Origin(self._after.cluster_id, record.topic, self._after.incarnation, record.partition, record.offset)
        headers: Headers = (*record.headers, (HEADER_MIRRORED_FROM, origin.as_header()))
        return NewRecord(self._topic, value, key, headers, record.timestamp_ms, self._partition)


def as_it_is(row: Row) -> bytes:
    """The record's own bytes."""
    return row.record.value or b""


def as_json(row: Row) -> bytes:
    """The event, its personal data treated as the connector is told."""
    return orjson.dumps(row.event)


def _encoded(key: Key) -> bytes:
    """One field as its text, several as a JSON list."""
    return key[0].encode() if len(key) == 1 else orjson.dumps(list(key))


def position_key(connector: str, topic: str, partition: int) -> bytes:
    return f"{connector}/{topic}/{partition}".encode()


def dump(position: Position) -> bytes:
    """A position as the value of its key."""
    return orjson.dumps(position)


def load(value: bytes | None) -> Position | None:
    """What `dump` wrote."""
    if value is None:
        return None
    found: dict[str, Any] = orjson.loads(value)
    return Position(**found)
