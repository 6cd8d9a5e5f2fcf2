"""MySQL and MariaDB: a table per stream, columns from its schema, rows and the next offset in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pymysql

from connectors.options import option
from connectors.sinks.base import FencedError, Position, StoreUnavailableError, WriteBatch, owner_of
from connectors.stores.mysql_connection import LoadingConnection, connect, fetch_all, fetch_one, run, tls_context
from connectors.stores.mysql_errors import DUPLICATE, NO_LOADING, errors, is_known_row, number_of
from connectors.stores.mysql_statements import inserts, loading
from connectors.stores.mysql_tables import OWN_COLUMNS, WORDS, MySqlTables, quoted
from connectors.stores.table_rows import Version, blocks
from connectors.stores.table_sink import RowsKnownError, TableSink
from connectors.stores.tables import Table
from eventplatform.broker.loop import FlushRule
from eventplatform.core.records import TopicPartition

_ROWS_PER_STEP = 10_000  # so that no statement holds locks for long
_EXPIRE = "DELETE FROM {} WHERE _timestamp < %s OR (_timestamp IS NULL AND _ingested < %s) LIMIT %s"
_BYTES_PER_FLUSH = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Target:
    """Where the database is."""

    host: str = option("Host of the server.")
    database: str = option("Database for tables, offsets and canaries; it must exist.")
    user: str = option("User with SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER and INDEX on the database.")
    password: str = option("The user's password.", "", secret=True)
    port: int = option("Port of the server.", 3306, minimum=1)
    tls: str = option(
        "off: not encrypted. required: encrypted, whoever answers. verified: and the server's certificate is checked.",
        "off",
        choices=("off", "required", "verified"),
    )
    tls_authorities: str = option("PEM file of the authorities to trust; empty: those of this machine.", "")


@dataclass(frozen=True, slots=True)
class Options:
    """How this connector writes."""

    batch_rows: int = option("Most rows in one transaction.", 1000, minimum=1)
    load_data: bool = option("Write by LOAD DATA LOCAL where the server allows it (local_infile): the fastest way.", True)


class MySqlSink(TableSink):
    """Rows by LOAD DATA or INSERT; `_offsets`, `_canaries`, `_tables` and `_columns` stand beside the tables."""

    title = "MySQL and MariaDB"
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
        self._connection: LoadingConnection | None = None
        self._largest_statement = 0
        self._may_load = False

    @property
    def flush_rule(self) -> FlushRule:
        return FlushRule(rows=self._options.batch_rows, bytes=_BYTES_PER_FLUSH, age_seconds=0.0)

    def open(self) -> None:
        target = self._target
        with errors():
            self._connection = connect(
                host=target.host,
                port=target.port,
                user=target.user,
                password=target.password,
                database=target.database,
                name=f"connector {self._connector}",
                tls=tls_context(target.tls, target.tls_authorities),
            )
            packet, may_load = fetch_one(self._db, "SELECT @@max_allowed_packet, @@local_infile") or (0, 0)
            self._largest_statement = int(packet)
            self._may_load = bool(may_load) and self._options.load_data
            self.tables = MySqlTables(self._db)
            self.tables.ensure_own()

    def position(self, where: TopicPartition) -> Position | None:
        query = (
            "SELECT next_offset, incarnation, cluster_id FROM _offsets WHERE connector = %s AND topic = %s AND `partition` = %s"
        )
        with errors():
            found = fetch_one(self._db, query, (self._connector, *where))
        return Position(*found) if found else None

    def canary_written(self, stream: str, event_id: str) -> datetime | None:
        query = "SELECT written_at FROM _canaries WHERE connector = %s AND stream = %s AND id_digest = %s"
        with errors():
            found = fetch_one(self._db, query, (self._connector, stream, _digest_of(event_id)))
        return found[0].replace(tzinfo=UTC) if found else None

    def expire(self, stream: str, *, before: datetime) -> int:
        moment = _in_utc(before)
        with errors():
            table = self.tables.find(stream)
            if table is None:
                return 0
            gone = 0
            while done := run(self._db, _EXPIRE.format(quoted(table)), (moment, moment, _ROWS_PER_STEP)):
                gone += done
        return gone

    def close(self) -> None:
        if self._connection is not None:
            if self._connection.open:
                self._connection.close()
            self._connection = None

    @property
    def _db(self) -> LoadingConnection:
        if self._connection is None:
            raise StoreUnavailableError(reason="the connection is not open")
        return self._connection

    def _errors(self) -> AbstractContextManager[None]:
        return errors()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.begin()
        try:
            yield
            self._db.commit()
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        try:
            self._db.rollback()
        except (pymysql.MySQLError, OSError):
            self.close()  # which rolls back as well

    def _advance(self, batch: WriteBatch) -> int:
        """Compare and set; the row's lock makes a second writer wait here, and find itself fenced. The topic's generation."""
        new = (batch.after.next_offset, batch.after.incarnation, batch.after.cluster_id)
        key = (self._connector, *batch.where)
        if batch.expected is None:
            query = (
                "INSERT INTO _offsets (next_offset, incarnation, cluster_id, connector, topic, `partition`, generation) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s)"
            )
            generation = self._first_generation(batch.where)
            try:
                run(self._db, query, (*new, *key, generation))
            except pymysql.MySQLError as error:
                if number_of(error) != DUPLICATE:
                    raise
                raise FencedError(where="/".join(map(str, batch.where))) from None
            return generation
        query = (
            "UPDATE _offsets SET next_offset = %s, incarnation = %s, cluster_id = %s, written_at = now(6), "
            "generation = last_insert_id(generation + %s) WHERE connector = %s AND topic = %s AND `partition` = %s "
            "AND next_offset = %s AND incarnation = %s AND cluster_id = %s"
        )
        old = (batch.expected.next_offset, batch.expected.incarnation, batch.expected.cluster_id)
        if run(self._db, query, (*new, int(new[1:] != old[1:]), *key, *old)) != 1:
            raise FencedError(where="/".join(map(str, batch.where)))
        return int(self._db.insert_id())  # type: ignore[no-untyped-call]  # the stubs know no types of it

    def _first_generation(self, where: TopicPartition) -> int:
        """A back-fill's rows meet those of its connector; read apart from the insert, whose locks would meet another's."""
        if owner_of(self._connector) == self._connector:
            return 0
        query = "SELECT generation FROM _offsets WHERE connector = %s AND topic = %s AND `partition` = %s"
        found = fetch_one(self._db, query, (owner_of(self._connector), *where))
        return int(found[0]) if found else 0

    def _mark_canaries(self, batch: WriteBatch) -> None:
        query = (
            "INSERT INTO _canaries (connector, stream, event_id, id_digest, sent_at) VALUES (%s, %s, %s, %s, %s) "
            "ON DUPLICATE KEY UPDATE stream = stream"
        )
        for canary in batch.canaries:
            facts = (canary.event_id, _digest_of(canary.event_id), _in_utc(canary.sent_at))
            run(self._db, query, (self._connector, batch.stream, *facts))

    def _insert(self, table: Table, lines: Iterator[str], *, is_careful: bool) -> None:
        try:
            if is_careful or not self._may_load:
                for statement in inserts(quoted(table.name), table.written_columns, lines, self._largest_statement):
                    self._db.query(statement)
            else:
                self._load(table, lines)
        except pymysql.MySQLError as error:
            if number_of(error) in NO_LOADING:
                self._may_load = False
            elif is_careful or not is_known_row(error):
                raise
            raise RowsKnownError from error

    def _load(self, table: Table, lines: Iterator[str]) -> None:
        counted = _Counted(lines)
        taken, warnings = self._db.load(loading(quoted(table.name), table.written_columns), blocks(iter(counted)))
        if warnings or taken != counted.number:  # LOAD DATA LOCAL bends and skips what INSERT refuses
            raise RowsKnownError

    def _known_offsets(self, table: Table, batch: WriteBatch, generation: int) -> Collection[int]:
        query = (
            f"SELECT _offset FROM {quoted(table.name)} "  # noqa: S608  # a name of ours, quoted
            "WHERE _topic = %s AND _partition = %s AND _generation = %s AND _offset BETWEEN %s AND %s"
        )
        ends = (batch.rows[0].offset, batch.rows[-1].offset) if batch.rows else (0, -1)
        return {offset for (offset,) in fetch_all(self._db, query, (*batch.where, generation, *ends))}

    def _stored(self, table: Table, keys: Collection[str]) -> Mapping[str, Version]:
        query = (
            "SELECT _key, _topic, _partition, _generation, _offset, _timestamp "  # noqa: S608  # likewise
            f"FROM {quoted(table.name)} WHERE _key IN %s ORDER BY _key FOR UPDATE"
        )
        return {key: Version(*facts) for key, *facts in fetch_all(self._db, query, (tuple(keys),))}

    def _delete(self, table: Table, keys: Collection[str]) -> None:
        if keys:
            run(self._db, f"DELETE FROM {quoted(table.name)} WHERE _key IN %s", (tuple(keys),))  # noqa: S608  # likewise


class _Counted:
    """Lines, and how many of them went by."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.number = 0
        self._lines = lines

    def __iter__(self) -> Iterator[str]:
        for text in self._lines:
            self.number += 1
            yield text


def _digest_of(event_id: str) -> str:
    """By what a canary is known: its id has no bound, and a key has one."""
    return hashlib.sha256(event_id.encode()).hexdigest()


def _in_utc(moment: datetime) -> datetime:
    """As DATETIME takes it, whatever zone the moment was told in."""
    return moment.astimezone(UTC).replace(tzinfo=None)
