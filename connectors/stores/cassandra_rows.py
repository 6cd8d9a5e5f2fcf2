"""From events to statements for Cassandra: values unset, never null; a timestamp each; a partition's rows together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from cassandra.query import UNSET_VALUE, BatchStatement, BatchType, BoundStatement, Statement

from connectors.mapping.keys import key_of, tombstone_key
from connectors.mapping.policies import Policies, shape_all
from connectors.sinks.base import RecordRefusedError, Row, WriteBatch
from connectors.stores.cassandra_session import Connection
from connectors.stores.cassandra_tables import CasTable
from eventplatform.core.records import Record

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = 253_402_300_799_999  # the end of year 9999
_LONGEST_KEY = 65_535  # bytes
_LONGEST_TTL = 20 * 365 * 86_400  # seconds; Cassandra's own bound
_BATCH_ROWS = 100
_BATCH_BYTES = 256 * 1024
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Bucket:
    """One partition of a table: a stretch of time of one partition of a topic."""

    start: datetime
    topic: str
    partition: int


@dataclass(slots=True)
class Filled:
    """What a batch becomes: statements, the newest timestamp in each bucket, values that a policy left out."""

    statements: list[Statement]
    buckets: dict[Bucket, int]
    discarded: int = 0


@dataclass(frozen=True, slots=True)
class _Placed:
    row: Row
    values: list[Any]
    bucket: Bucket | None
    discarded: int
    has_gaps: bool


class Statements:
    """The statements of one table."""

    def __init__(self, connection: Connection, keyspace: str, table: CasTable) -> None:
        self.table = table
        self._insert = connection.prepare(table.insert.format(keyspace))
        if table.is_upsert:
            delete = f'DELETE FROM {keyspace}."{table.name}" USING TIMESTAMP ? WHERE "_key" = ?'  # noqa: S608  # names are our own
            self._delete = connection.prepare(delete)

    def fill(self, batch: WriteBatch, stamps: dict[int, int], generation: int) -> Filled:
        """The statements of the batch's rows and tombstones; `stamps` are by offset.

        Raises:
            RowsRefusedError: these can't be stored.
        """
        policies, now = Policies.of(batch.steering), datetime.now(UTC)

        def place(row: Row) -> _Placed:
            record, event = row.record, row.event
            if record.value is None:
                return _Placed(row, [_key(tombstone_key(record, batch.steering.key))], None, 0, has_gaps=False)
            shaped = policies.shape(event, self.table.plan(event.get("$schema")), self.table.width)
            moment = _moment(record)
            bucket = None if self.table.is_upsert else Bucket(floor(moment, self.table.bucket_minutes), *_where(record))
            first = bucket.start if bucket else _key(key_of(event, batch.steering.key))
            own = [first, *_where(record), generation, record.offset, moment, now, event.get("$schema"), shaped.extra]
            values = [UNSET_VALUE if value is None else value for value in (*own, *shaped.values)]
            has_gaps = any(value is UNSET_VALUE for value in values)
            return _Placed(row, values, bucket, shaped.discarded, has_gaps)

        deleting = (Row(one, {}) for one in batch.tombstones)
        rows = sorted((*batch.rows, *deleting), key=lambda row: row.offset)
        placed = shape_all(rows, place)
        buckets = {one.bucket: stamps[one.row.offset] for one in placed if one.bucket}
        statements = list(
            self._upserts(placed, batch, stamps) if self.table.is_upsert else self._appends(placed, batch, stamps)
        )
        return Filled(statements, buckets, sum(one.discarded for one in placed))

    def _appends(self, placed: Sequence[_Placed], batch: WriteBatch, stamps: dict[int, int]) -> Iterator[Statement]:
        """Rows of one bucket travel together, as one write of one partition."""
        ttl = min(batch.steering.ttl_seconds, _LONGEST_TTL)
        together: dict[Bucket | None, list[_Placed]] = {}
        for one in placed:
            together.setdefault(one.bucket, []).append(one)
        for rows in together.values():
            for part in _parts(rows):
                yield _as_one([self._insert.bind([*one.values, stamps[one.row.offset], ttl]) for one in part])

    def _upserts(self, placed: Sequence[_Placed], batch: WriteBatch, stamps: dict[int, int]) -> Iterator[Statement]:
        """What the newer event leaves out must not stay: then the old row is deleted right before it."""
        for one in placed:
            stamp, key = stamps[one.row.offset], one.values[0]
            if one.row.record.value is None:
                yield self._delete.bind((stamp, key))
                continue
            insert = self._insert.bind([*one.values, stamp + 1, _ttl(one.row.record, batch)])
            yield _as_one([self._delete.bind((stamp, key)), insert]) if one.has_gaps else insert


def _as_one(statements: list[BoundStatement]) -> Statement:
    if len(statements) == 1:
        return statements[0]
    batch = BatchStatement(BatchType.UNLOGGED)  # of one partition: written at once or not at all
    batch.add_all(statements, [None] * len(statements))
    return batch


def _parts(rows: Sequence[_Placed]) -> Iterator[list[_Placed]]:
    part: list[_Placed] = []
    size = 0
    for one in rows:
        bytes_here = len(one.row.record.value or b"")
        if part and (len(part) >= _BATCH_ROWS or size + bytes_here > _BATCH_BYTES):
            yield part
            part, size = [], 0
        part.append(one)
        size += bytes_here
    if part:
        yield part


def _ttl(record: Record, batch: WriteBatch) -> int:
    """Rows by key are forgotten by Cassandra itself, after the stream's retention too; 0 keeps them."""
    ends = [batch.steering.ttl_seconds] if batch.steering.ttl_seconds else []
    if batch.steering.retention_days:
        age_seconds = datetime.now(UTC).timestamp() - record.timestamp_ms / 1000
        ends.append(max(round(batch.steering.retention_days * _DAY_SECONDS - age_seconds), 1))
    return min([*ends, _LONGEST_TTL]) if ends else 0


def _key(values: tuple[str, ...]) -> str:
    text = values[0] if len(values) == 1 else orjson.dumps(values).decode()
    if not 0 < len(text.encode()) <= _LONGEST_KEY:
        raise RecordRefusedError(reason="the key of its row is empty, or longer than 65,535 bytes")
    return text


def _where(record: Record) -> tuple[str, int]:
    return record.topic, record.partition


def _moment(record: Record) -> datetime:
    """The record's time; a producer may write any number there."""
    return _EPOCH + timedelta(milliseconds=min(max(record.timestamp_ms, 0), _LAST_MS))


def floor(moment: datetime, minutes: int) -> datetime:
    """The start of the stretch of so many minutes that the moment lies in."""
    width = timedelta(minutes=minutes)
    return _EPOCH + ((moment - _EPOCH) // width) * width
