"""Cassandra: a table per stream, columns from its schema, rows by coordinates or by key, written again without harm."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from connectors.mapping.preview import Preview
from connectors.mapping.previewing import preview_table
from connectors.options import OptionInvalidError, option
from connectors.sinks.base import (
    FencedError,
    Position,
    Row,
    Sink,
    StoreUnavailableError,
    UpsertUnsupportedError,
    WriteBatch,
    Written,
)
from connectors.steering import Steering
from connectors.stores import cassandra_keyspace
from connectors.stores.cassandra_marks import Buckets, Canaries
from connectors.stores.cassandra_positions import Positions
from connectors.stores.cassandra_rows import Statements
from connectors.stores.cassandra_session import CONSISTENCIES, SERIAL_CONSISTENCIES, Connection
from connectors.stores.cassandra_stamps import stamps
from connectors.stores.cassandra_tables import APPENDED, META_TYPES, UPSERTED, WORDS, CasTable, Tables, key_text, table_name
from eventplatform.broker.loop import FlushRule
from eventplatform.core.records import TopicPartition

_BYTES_PER_FLUSH = 4 * 1024 * 1024
_KEYSPACE = re.compile(r"[a-z][a-z0-9_]{0,47}\Z")


@dataclass(frozen=True, slots=True)
class Target:
    """Where the cluster is."""

    hosts: tuple[str, ...] = option("Addresses of some nodes; the others are learned from them.")
    port: int = option("Port for CQL clients.", 9042, minimum=1)
    user: str = option("User, where the cluster asks for one.", "")
    password: str = option("Password of the user.", "", secret=True)
    local_dc: str = option("Data centre to talk to; empty: any node.", "")
    tls: bool = option("Speak TLS, and check the nodes' certificates.", False)
    ca_file: str = option("File with the authorities that sign the nodes' certificates; empty: the system's.", "")


@dataclass(frozen=True, slots=True)
class Options:
    """How this connector writes."""

    keyspace: str = option("Keyspace for tables, offsets and canaries; made when it is not there.", "events")
    replication_factor: int = option("Copies in each data centre, where the keyspace is made here.", 3, minimum=1)
    bucket_minutes: int = option(
        "Minutes of a topic's partition that lie in one Cassandra partition, for tables that are made from now on; keep those "
        "below 100 MB: at 100 rows a second of 1 KB, 10 minutes are 60 MB.",
        60,
        minimum=1,
    )
    consistency: str = option("How many copies must have a row.", "LOCAL_QUORUM", choices=CONSISTENCIES)
    serial_consistency: str = option(
        "Where the position is compared and set: SERIAL in all data centres; LOCAL_SERIAL is quicker, and right only while all "
        "workers write in one data centre.",
        "SERIAL",
        choices=SERIAL_CONSISTENCIES,
    )
    writes_at_once: int = option("Most writes under way at a time.", 16, minimum=1)
    batch_rows: int = option("Most rows before the position moves.", 1000, minimum=1)


class CassandraSink(Sink):
    """Rows first, the position by compare-and-set behind them; `_offsets`, `_canaries`, `_tables` stand beside the tables."""

    title = "Apache Cassandra"
    summary = "A table per stream, its columns from the schema; rows by coordinates in partitions of time, or by key."
    guarantee = (
        "Each record is one row, once: a batch that is written again after a crash writes the same keys with the same "
        "timestamps; the next offset moves by compare-and-set behind it."
    )
    target_type = Target
    options_type = Options

    def __init__(self, connector: str, target: Target, options: Options) -> None:
        if not _KEYSPACE.match(options.keyspace):
            raise OptionInvalidError(
                pointer="/keyspace", name="keyspace", value=repr(options.keyspace), help="Up to 48 of a-z, 0-9 and _."
            )
        self._connector = connector
        self._target = target
        self._options = options
        self._opened: _Opened | None = None
        self._statements: dict[str, Statements] = {}  # by the text of their INSERT

    @property
    def flush_rule(self) -> FlushRule:
        return FlushRule(rows=self._options.batch_rows, bytes=_BYTES_PER_FLUSH, age_seconds=0.0)

    def open(self) -> None:
        target, options = self._target, self._options
        connection = Connection(
            hosts=target.hosts,
            port=target.port,
            user=target.user,
            password=target.password,
            local_dc=target.local_dc,
            is_tls=target.tls,
            ca_file=target.ca_file,
            consistency=options.consistency,
            serial_consistency=options.serial_consistency,
        )
        try:
            cassandra_keyspace.ensure(connection, options.keyspace, options.replication_factor)
            self._opened = _Opened(
                connection,
                Positions(connection, options.keyspace, self._connector),
                Tables(connection, options.keyspace, bucket_minutes=options.bucket_minutes),
                Canaries(connection, options.keyspace, self._connector),
                Buckets(connection, options.keyspace),
            )
        except Exception:
            connection.close()
            raise

    def position(self, where: TopicPartition) -> Position | None:
        return self._store.positions.standing(where).position

    def prepare(self, stream: str, schema_id: str, document: Mapping[str, Any], steering: Steering) -> None:
        if steering.is_upsert and not steering.key:
            raise UpsertUnsupportedError(stream=stream, reason="no field was named as key")
        self._store.tables.prepare(stream, schema_id, document, steering)

    def preview(
        self, stream: str, schemas: Mapping[str, Mapping[str, Any]], rows: Sequence[Row], steering: Steering
    ) -> Preview:
        own = UPSERTED if steering.is_upsert else APPENDED
        return preview_table(
            f"{self._options.keyspace}.{table_name(stream, key_text(steering), ())}",
            schemas=schemas,
            rows=rows,
            steering=steering,
            words=WORDS,
            own_columns=[(name, META_TYPES[name]) for name in own],
        )

    def write(self, batch: WriteBatch) -> Written:
        store = self._store
        standing = store.positions.standing(batch.where)
        if standing.position != batch.expected:
            raise FencedError(where="/".join(map(str, batch.where)))
        after = store.positions.after(standing, batch.after)
        statements, discarded = list(store.canaries.marks(batch.stream, batch.canaries)), 0
        if batch.rows or batch.tombstones:
            table = store.tables.table(batch.stream, batch.steering)
            stamped = _stamped(batch, after.stamp)
            filled = self._of(table).fill(batch, stamped, after.generation)
            after = replace(after, stamp=max(stamped.values()))
            statements += [*filled.statements, *store.buckets.notes(table.name, filled.buckets)]
            discarded = filled.discarded
        store.connection.run_all(statements, at_once=self._options.writes_at_once)
        store.positions.advance(batch.where, standing, after)
        return Written(len(batch.rows), len(batch.canaries), discarded)

    def canary_written(self, stream: str, event_id: str) -> datetime | None:
        return self._store.canaries.written_at(stream, event_id)

    def expire(self, stream: str, *, before: datetime) -> int:
        """Of rows by coordinates, whole stretches of time; how many. Rows by key are forgotten by Cassandra itself."""
        found = self._store.tables.appended(stream)
        return self._store.buckets.delete_ended(*found, before=before) if found else 0

    def close(self) -> None:
        if self._opened is not None:
            self._opened.connection.close()
            self._opened = None
            self._statements.clear()

    @property
    def _store(self) -> _Opened:
        if self._opened is None:
            raise StoreUnavailableError(reason="the connection is not open")
        return self._opened

    def _of(self, table: CasTable) -> Statements:
        if table.insert not in self._statements:
            self._statements[table.insert] = Statements(self._store.connection, self._options.keyspace, table)
        statements = self._statements[table.insert]
        statements.table = table  # the same columns, perhaps with more schemas
        return statements


@dataclass(frozen=True, slots=True)
class _Opened:
    connection: Connection
    positions: Positions
    tables: Tables
    canaries: Canaries
    buckets: Buckets


def _stamped(batch: WriteBatch, after: int) -> dict[int, int]:
    records = sorted((*(row.record for row in batch.rows), *batch.tombstones), key=lambda one: one.offset)
    found = stamps((one.timestamp_ms for one in records), after=after, now_ms=time.time_ns() // 1_000_000)
    return dict(zip((one.offset for one in records), found, strict=True))
