"""PostgreSQL: a table per stream, columns from its schema, rows and the next offset in one transaction."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from connectors.options import option
from connectors.sinks.base import (
    FencedError,
    Position,
    RecordRefusedError,
    StoreUnavailableError,
    WriteBatch,
    owner_of,
)
from connectors.stores.postgres_tables import OWN_COLUMNS, WORDS, PostgresTables, digest_of
from connectors.stores.table_rows import Version, blocks
from connectors.stores.table_sink import RowsKnownError, TableSink
from connectors.stores.tables import Table
from eventplatform.broker.loop import FlushRule
from eventplatform.core.records import TopicPartition

_OF_DATA, _RAISED = "22", "P0001"
_RECORD_AT_FAULT = (_OF_DATA, "23", "54", _RAISED)  # SQLSTATE: data, constraints, limits such as a row too big, triggers
_VALUE = re.compile(r'["“„«»].*["“”«»]', re.DOTALL)  # as servers of any language quote it
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


class PostgresSink(TableSink):
    """Rows by COPY; `_offsets`, `_canaries`, `_tables` and `_columns` stand beside the tables."""

    title = "PostgreSQL"
    summary = "A table for each stream, its columns from the schema; appended, or one row for each key."
    guarantee = "Exactly once: rows and the next offset are written in one transaction."
    target_type = Target
    options_type = Options
    words = WORDS
    own_columns = OWN_COLUMNS

    def __init__(self, connector: str, target: Target, options: Options) -> None:
        self._connector = connector
        self._target = target
        self._options = options
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None

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
            self.tables = PostgresTables(self._options.schema, self._connection)
            self.tables.ensure_own()

    def position(self, where: TopicPartition) -> Position | None:
        query = self._sql(
            "SELECT next_offset, incarnation, cluster_id FROM {}._offsets WHERE (connector, topic, partition) = (%s, %s, %s)"
        )
        with _errors():
            found = self._db.execute(query, (self._connector, *where)).fetchone()
        return Position(*found) if found else None

    def place_of(self, table: str) -> str:
        return f"{self._options.schema}.{table}"

    def canary_written(self, stream: str, event_id: str) -> datetime | None:
        query = self._sql(
            "SELECT written_at FROM {}._canaries WHERE (connector, stream, id_digest) = (%s, %s, %s)",
        )
        with _errors():
            found = self._db.execute(query, (self._connector, stream, digest_of(event_id))).fetchone()
        return found[0] if found else None

    def expire(self, stream: str, *, before: datetime) -> int:
        with _errors():
            table = self.tables.find(stream)
            if table is None:
                return 0
            step = sql.SQL(_EXPIRE).format(self._table(table))
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

    def _table(self, name: str) -> sql.Identifier:
        return sql.Identifier(self._options.schema, name)

    def _errors(self) -> AbstractContextManager[None]:
        return _errors()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._db.transaction():
            yield

    def _advance(self, batch: WriteBatch) -> int:
        """Compare and set; the row's lock makes a second writer wait here, and find itself fenced. The topic's generation."""
        new = (batch.after.next_offset, batch.after.incarnation, batch.after.cluster_id)
        key = (self._connector, *batch.where)
        if batch.expected is None:
            query = self._sql(
                "INSERT INTO {0}._offsets (next_offset, incarnation, cluster_id, connector, topic, partition, generation) "
                "VALUES (%s, %s, %s, %s, %s, %s, coalesce((SELECT generation FROM {0}._offsets "
                "WHERE (connector, topic, partition) = (%s, %s, %s)), 0)) ON CONFLICT DO NOTHING RETURNING generation"
            )
            done = self._db.execute(query, (*new, *key, owner_of(self._connector), *batch.where))
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

    def _insert(self, table: Table, lines: Iterator[str], *, is_careful: bool) -> None:  # noqa: ARG002  # COPY is careful enough
        columns = sql.SQL(", ").join(map(sql.Identifier, table.written_columns))
        into = sql.SQL("COPY {} ({}) FROM STDIN").format(self._table(table.name), columns)
        with self._db.cursor() as cursor, cursor.copy(into) as copy:
            for block in blocks(lines):
                copy.write(block)

    def _known_offsets(self, table: Table, batch: WriteBatch, generation: int) -> Collection[int]:
        query = sql.SQL(
            "SELECT _offset FROM {} WHERE (_topic, _partition, _generation) = (%s, %s, %s) AND _offset BETWEEN %s AND %s"
        ).format(self._table(table.name))
        ends = (batch.rows[0].offset, batch.rows[-1].offset) if batch.rows else (0, -1)
        return {offset for (offset,) in self._db.execute(query, (*batch.where, generation, *ends))}

    def _stored(self, table: Table, keys: Collection[str]) -> Mapping[str, Version]:
        query = sql.SQL(
            "SELECT _key, _topic, _partition, _generation, _offset, _timestamp FROM {} "
            "WHERE _key = ANY (%s) ORDER BY _key FOR UPDATE"
        ).format(self._table(table.name))
        return {key: Version(*facts) for key, *facts in self._db.execute(query, (list(keys),))}

    def _delete(self, table: Table, keys: Collection[str]) -> None:
        if keys:
            self._db.execute(sql.SQL("DELETE FROM {} WHERE _key = ANY (%s)").format(self._table(table.name)), (list(keys),))


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        if _OWN_KEY.search(error.diag.constraint_name or ""):
            raise RowsKnownError from error
        raise RecordRefusedError(reason=_reason(error)) from None
    except psycopg.Error as error:
        if (error.sqlstate or "").startswith(_RECORD_AT_FAULT):
            raise RecordRefusedError(reason=_reason(error)) from None
        raise StoreUnavailableError(reason=_reason(error)) from error


def _reason(error: psycopg.Error) -> str:
    """The server's first line: its further lines quote the record. So may the first one about a value, or of a trigger."""
    if error.sqlstate == _RAISED:
        return "a trigger refused it"
    said = error.diag.message_primary or str(error)
    if (error.sqlstate or "").startswith(_OF_DATA):
        said = _VALUE.sub("…", said)
    return said.strip().split("\n")[0].rstrip(".")
