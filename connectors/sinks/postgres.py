"""PostgreSQL: a table per stream, columns from its schema, rows and the next offset in one transaction."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from connectors.mapping.values import spread
from connectors.options import option
from connectors.sinks.base import (
    FencedError,
    Position,
    RecordRefusedError,
    Row,
    Sink,
    StoreUnavailableError,
    WriteBatch,
    Written,
)
from connectors.steering import Steering
from connectors.stores.postgres_tables import PgTable, Tables, digest_of
from eventplatform.broker.loop import FlushRule
from eventplatform.core.records import TopicPartition

_RECORD_AT_FAULT = ("22", "23", "54")  # SQLSTATE classes: data, constraints, program limits such as a row too big
_OWN_KEY = re.compile(r"_pkey\d*\Z")  # numbered where another relation has the plain name
_ROWS_PER_STEP = 10_000  # so that no statement holds locks for long
_EXPIRE = "DELETE FROM {0} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {0} WHERE coalesce(_timestamp, _ingested) < %s LIMIT %s))"
_BYTES_PER_FLUSH = 8 * 1024 * 1024
# A wedged slice must not hold its row lock for ever, and a locked table must not hold this slice.
_SESSION = "-c lock_timeout=5s -c statement_timeout=60s -c idle_in_transaction_session_timeout=15s -c timezone=UTC"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the database is."""

    url: str = option(
        "Connection URL without password, such as postgresql://writer@db.example.org/events; "
        "embedded:NAME is a database beside the platform's own.",
        place="database",
    )
    password: str = option("Password of the user in the URL.", "", secret=True)


@dataclass(frozen=True, slots=True)
class Options:
    """How this connector writes."""

    schema: str = option("Postgres schema for tables, offsets and canaries; made when it is not there.", "events")
    batch_rows: int = option("Most rows in one transaction.", 1000, minimum=1)


class PostgresSink(Sink):
    """Rows by COPY; `_offsets`, `_canaries`, `_tables` and `_columns` stand beside the tables."""

    title = "PostgreSQL"
    guarantee = "Exactly once: rows and the next offset are written in one transaction."
    target_type = Target
    options_type = Options

    def __init__(self, connector: str, target: Target, options: Options) -> None:
        self._connector = connector
        self._target = target
        self._options = options
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self._tables = Tables(options.schema)

    @property
    def flush_rule(self) -> FlushRule:
        return FlushRule(rows=self._options.batch_rows, bytes=_BYTES_PER_FLUSH, age_seconds=0.0)

    def open(self) -> None:
        with _errors():
            self._connection = psycopg.connect(
                self._target.url,
                password=self._target.password or None,
                autocommit=True,
                connect_timeout=5,
                tcp_user_timeout=15_000,
                application_name=f"connector {self._connector}"[:63],
                options=_SESSION,
            )
            self._tables.ensure_own(self._db)

    def position(self, where: TopicPartition) -> Position | None:
        query = self._sql(
            "SELECT next_offset, incarnation, cluster_id FROM {}._offsets WHERE (connector, topic, partition) = (%s, %s, %s)"
        )
        with _errors():
            found = self._db.execute(query, (self._connector, *where)).fetchone()
        return Position(*found) if found else None

    def prepare(self, stream: str, schema_id: str, document: Mapping[str, Any], steering: Steering) -> None:  # noqa: ARG002  # policies come with the tables
        with _errors():
            self._tables.prepare(self._db, stream, schema_id, document)

    def write(self, batch: WriteBatch) -> Written:
        try:
            return self._write(batch, is_repeat=False)
        except _RowsKnownError:
            return self._write(batch, is_repeat=True)

    def canary_written(self, stream: str, event_id: str) -> datetime | None:
        query = self._sql(
            "SELECT written_at FROM {}._canaries WHERE (connector, stream, id_digest) = (%s, %s, %s)",
        )
        with _errors():
            found = self._db.execute(query, (self._connector, stream, digest_of(event_id))).fetchone()
        return found[0] if found else None

    def expire(self, stream: str, *, before: datetime) -> int:
        with _errors():
            table = self._tables.find(self._db, stream)
            if table is None:
                return 0
            step = sql.SQL(_EXPIRE).format(table)
            gone = 0
            while done := self._db.execute(step, (before, _ROWS_PER_STEP)).rowcount:
                gone += done
        return gone

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _db(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._connection is None:
            raise StoreUnavailableError(reason="the connection is not open")
        return self._connection

    def _sql(self, text: str) -> sql.Composed:
        return sql.SQL(text).format(sql.Identifier(self._options.schema))

    def _write(self, batch: WriteBatch, *, is_repeat: bool) -> Written:
        with _errors(), self._db.transaction():
            generation = self._advance(batch)
            self._mark_canaries(batch)
            rows = self._insert(batch, generation, is_repeat=is_repeat) if batch.rows else 0
        return Written(rows, len(batch.canaries))

    def _advance(self, batch: WriteBatch) -> int:
        """Compare and set; the row's lock makes a second writer wait here, and find itself fenced. The topic's generation."""
        new = (batch.after.next_offset, batch.after.incarnation, batch.after.cluster_id)
        key = (self._connector, *batch.where)
        if batch.expected is None:
            query = self._sql(
                "INSERT INTO {}._offsets (next_offset, incarnation, cluster_id, connector, topic, partition) "
                "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING generation"
            )
            done = self._db.execute(query, (*new, *key))
        else:
            query = self._sql(
                "UPDATE {}._offsets SET next_offset = %s, incarnation = %s, cluster_id = %s, written_at = now(), "
                "generation = generation + %s WHERE (connector, topic, partition) = (%s, %s, %s) "
                "AND (next_offset, incarnation, cluster_id) = (%s, %s, %s) RETURNING generation"
            )
            old = (batch.expected.next_offset, batch.expected.incarnation, batch.expected.cluster_id)
            done = self._db.execute(query, (*new, int(new[1:] != old[1:]), *key, *old))
        found = done.fetchone()
        if found is None:
            raise FencedError(where="/".join(map(str, batch.where)))
        return int(found[0])

    def _mark_canaries(self, batch: WriteBatch) -> None:
        query = self._sql(
            "INSERT INTO {}._canaries (connector, stream, event_id, id_digest, sent_at) VALUES (%s, %s, %s, %s, %s) "
            "ON CONFLICT DO NOTHING"
        )
        for canary in batch.canaries:
            facts = (canary.event_id, digest_of(canary.event_id), canary.sent_at)
            self._db.execute(query, (self._connector, batch.stream, *facts))

    def _insert(self, batch: WriteBatch, generation: int, *, is_repeat: bool) -> int:
        """COPY into the table; rows that are there already (records read again on purpose) go by a table aside."""
        table = self._tables.table(batch.stream)
        columns = sql.SQL(", ").join(map(sql.Identifier, table.copied_columns))
        into: sql.Composable = table.identifier
        if is_repeat:
            into = sql.Identifier("pg_temp", "_aside")
            aside = "CREATE TEMP TABLE _aside ON COMMIT DROP AS SELECT {} FROM {} LIMIT 0"
            self._db.execute(sql.SQL(aside).format(columns, table.identifier))
        with self._db.cursor() as cursor:
            with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(into, columns)) as copy:
                for row in batch.rows:
                    copy.write_row(_row(row, generation, table))
            if is_repeat:
                move = "INSERT INTO {} ({}) SELECT {} FROM {} ON CONFLICT DO NOTHING"
                cursor.execute(sql.SQL(move).format(table.identifier, columns, columns, into))
            return cursor.rowcount


class _RowsKnownError(Exception):
    """Rows of these coordinates are in the table already."""


def _row(row: Row, generation: int, table: PgTable) -> list[Any]:
    record = row.record
    schema_id = row.event.get("$schema")
    values, extra = spread(row.event, table.plan(schema_id), table.width)
    where = (record.topic, record.partition, record.offset, generation)
    return [*where, _moment(record.timestamp_ms), schema_id, extra, *values]


def _moment(timestamp_ms: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None  # a producer may write any number into a record's timestamp


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        if _OWN_KEY.search(error.diag.constraint_name or ""):
            raise _RowsKnownError from error
        raise RecordRefusedError(reason=_reason(error)) from error
    except psycopg.Error as error:
        if (error.sqlstate or "").startswith(_RECORD_AT_FAULT):
            raise RecordRefusedError(reason=_reason(error)) from error
        raise StoreUnavailableError(reason=_reason(error)) from error


def _reason(error: psycopg.Error) -> str:
    """The server's first line: its further lines quote the record."""
    return (error.diag.message_primary or str(error)).strip().split("\n")[0].rstrip(".")
