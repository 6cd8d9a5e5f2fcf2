"""ClickHouse: a table per stream, columns from its schema; a row that is written twice is one row."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.mapping.delimited import NOTHING, line, moment
from connectors.options import OptionInvalidError, option
from connectors.sinks.base import Position, StoreUnavailableError, WriteBatch
from connectors.stores.clickhouse_client import Client
from connectors.stores.clickhouse_statements import Fact, Name, composed
from connectors.stores.clickhouse_tables import (
    DELETED_COLUMN,
    OWN_COLUMNS,
    VERSION_COLUMN,
    WORDS,
    ClickHouseTables,
)
from connectors.stores.own_positions import OwnPositions
from connectors.stores.table_rows import Lines, Newest, Version, blocks
from connectors.stores.table_sink import TableSink
from connectors.stores.tables import KEY_COLUMN, WRITTEN_META, Table
from eventplatform.broker.loop import FlushRule
from eventplatform.core.records import Record, TopicPartition

_BYTES_PER_FLUSH = 16 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_OF_KEYS = f" FROM {{table}} WHERE {KEY_COLUMN} IN ({{keys}}) GROUP BY {KEY_COLUMN}"
_COUNT_OLD = "SELECT count() FROM {table} FINAL WHERE coalesce(_timestamp, _ingested) < toDateTime64({limit}, 6, 'UTC')"
_DELETE_OLD = "DELETE FROM {table} WHERE coalesce(_timestamp, _ingested) < toDateTime64({limit}, 6, 'UTC')"
# Times as the delimited text has them; nothing is put together with other inserts behind our back.
_SETTINGS = "SETTINGS date_time_input_format = 'best_effort', async_insert = 0"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the server is."""

    url: str = option("Address of its HTTP interface, such as https://clickhouse.example.org:8443.", place="server")
    user: str = option("User, where it asks for one.", "")
    password: str = option("Password of the user.", "", secret=True)
    ca_file: str = option("File on the workers with the certificate authority to trust; empty: the system's.", "")


@dataclass(frozen=True, slots=True)
class Options:
    """How this connector writes."""

    database: str = option("Database for tables and canaries; made when it is not there.", "events")
    batch_rows: int = option("Most rows in one insert; ClickHouse likes few and large ones.", 20_000, minimum=1)
    batch_seconds: float = option("How long rows may wait for more of them.", 1.0, minimum=0.0)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.database):
            raise OptionInvalidError(pointer="/database", name="database", value=self.database, help="A plain name.")


class ClickHouseSink(TableSink):
    """Rows by INSERT into ReplacingMergeTree tables; `_canaries`, `_tables`, `_columns`, `_lives` stand beside them."""

    title = "ClickHouse"
    summary = "A table for each stream, its columns from the schema; appended, or one row for each key."
    guarantee = (
        "Exactly once for queries with FINAL: a row is known by its place in the log, and the next offset moves by "
        "compare-and-set only after all rows are there. What a crash wrote twice is one row there at once, elsewhere once "
        "ClickHouse merges it."
    )
    target_type = Target
    options_type = Options
    words = WORDS
    own_columns = OWN_COLUMNS
    tables: ClickHouseTables

    def __init__(self, connector: str, target: Target, options: Options) -> None:
        self._connector = connector
        self._target = target
        self._options = options
        self._opened: tuple[Client, OwnPositions] | None = None
        self._begun: WriteBatch | None = None

    @property
    def flush_rule(self) -> FlushRule:
        return FlushRule(rows=self._options.batch_rows, bytes=_BYTES_PER_FLUSH, age_seconds=float(self._options.batch_seconds))

    def open(self) -> None:
        client = Client(self._target.url, self._target.user, self._target.password, self._target.ca_file)
        self._opened = client, OwnPositions(self.around.database_url, self._connector)
        self._positions.open()
        self.tables = ClickHouseTables(self._options.database, client, self._alone)
        self.tables.ensure_own()

    def position(self, where: TopicPartition) -> Position | None:
        return self._positions.position(where)

    def place_of(self, table: str) -> str:
        return f"{self._options.database}.{table}"

    def canary_written(self, stream: str, event_id: str) -> datetime | None:
        query = "SELECT min(written_at), count() FROM {table} WHERE (connector, stream, event_id) = ({known})"
        known = (self._connector, stream, event_id)
        ((written_at, count),) = self._rows(query, table=self.tables.full_name("_canaries"), known=known)
        return datetime.fromisoformat(written_at).replace(tzinfo=UTC) if int(count) else None

    def expire(self, stream: str, *, before: datetime) -> int:
        table = self.tables.find(stream)
        if table is None:
            return 0
        limit = before.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        facts: dict[str, Fact] = {"table": self.tables.full_name(table), "limit": limit}
        gone = int(self._rows(_COUNT_OLD, **facts)[0][0])
        if gone:
            self._client.run(composed(_DELETE_OLD, **facts))
        return gone

    def close(self) -> None:
        if self._opened is not None:
            for one in self._opened:
                one.close()
            self._opened = None

    @property
    def _client(self) -> Client:
        if self._opened is None:
            raise StoreUnavailableError(reason="the connection is not open")
        return self._opened[0]

    @property
    def _positions(self) -> OwnPositions:
        if self._opened is None:
            raise StoreUnavailableError(reason="the connection is not open")
        return self._opened[1]

    def _rows(self, query: str, **facts: Fact) -> list[list[Any]]:
        return self._client.rows(composed(query, **facts))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._positions.transaction() as database:
            key = f"clickhouse tables of {self._target.url} {self._options.database}"
            database.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))
            yield

    def _errors(self) -> AbstractContextManager[None]:
        return nullcontext()  # the client's errors are ours already

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Rows first, the step last: a crash in between writes the same rows again, which is no second row."""
        yield
        begun, self._begun = self._begun, None
        if begun is not None:
            self._positions.step(begun)

    def _advance(self, batch: WriteBatch) -> int:
        """Only looks: the step is the last that happens, and compares again."""
        self._positions.require_expected(batch)
        self._begun = batch
        return self.tables.generation(batch.where, batch.after)

    def _mark_canaries(self, batch: WriteBatch) -> None:
        """Into the store too: only there they prove the whole path."""
        if batch.canaries:
            table = self.tables.full_name("_canaries")
            into = f"INSERT INTO {table} (connector, stream, event_id, sent_at) {_SETTINGS}"
            facts = [(self._connector, batch.stream, one.event_id, one.sent_at) for one in batch.canaries]
            self._client.run(f"{into} FORMAT JSONCompactEachRow", [orjson.dumps(one) + b"\n" for one in facts])

    def _insert(self, table: Table, lines: Iterator[str], *, is_careful: bool) -> None:  # noqa: ARG002  # one way is all there is
        self._put(table, table.written_columns, lines)

    def _put(self, table: Table, columns: Collection[str], lines: Iterator[str]) -> None:
        names = ", ".join(str(Name(column)) for column in columns)
        into = f"INSERT INTO {self.tables.full_name(table.name)} ({names}) {_SETTINGS} FORMAT TabSeparated"
        if data := list(blocks(lines)):
            self._client.run(into, data)

    def _known_offsets(self, table: Table, batch: WriteBatch, generation: int) -> Collection[int]:  # noqa: ARG002  # the contract's
        return ()  # writing a row again changes nothing

    def _replace(self, batch: WriteBatch, table: Table, lines: Lines, generation: int, *, is_careful: bool) -> None:  # noqa: ARG002  # likewise
        """Each row with a version above that of the row which it replaces; what is deleted stays as a mark."""
        wanted = Newest.of(batch, table.key)
        known = self._versions(table, wanted.keys)
        newest = wanted.over({key: version for key, (version, _) in known.items()}, generation)

        def version(key: str, record: Record) -> str:
            return str(max(record.offset, known[key][1] if key in known else 0) + 1)

        made = [f"{text}\t{version(key, row.record)}" for (key, row), text in _paired(newest, lines)]
        self._put(table, (*table.written_columns, VERSION_COLUMN), iter(made))
        own = (*WRITTEN_META, KEY_COLUMN, VERSION_COLUMN, DELETED_COLUMN)
        self._put(table, own, (_mark(one, key, generation, version(key, one)) for key, one in newest.gone.items()))

    def _versions(self, table: Table, keys: Collection[str]) -> Mapping[str, tuple[Version, int]]:
        """What each key's newest row, or mark of a deletion, came from, and its version."""
        if not keys:
            return {}
        newest = "argMax(tuple(_topic, _partition, _generation, _offset, toUnixTimestamp64Milli(_timestamp)), _version)"
        query = f"SELECT {KEY_COLUMN}, {newest}, max({VERSION_COLUMN})" + _OF_KEYS
        found = self._rows(query, table=self.tables.full_name(table.name), keys=keys)
        return {key: (_version(*facts), int(version)) for key, facts, version in found}

    def _stored(self, table: Table, keys: Collection[str]) -> Mapping[str, Version]:
        return {key: version for key, (version, _) in self._versions(table, keys).items()}

    def _delete(self, table: Table, keys: Collection[str]) -> None:
        """Nothing is deleted by itself: a newer row, or a mark, takes its place."""


def _paired(newest: Newest, lines: Lines) -> Iterator[Any]:
    """Keys and rows with their lines; all lines are made first, since a row that is refused has none."""
    rows = list(newest.rows.items())
    return zip(rows, list(lines.of(rows)), strict=True)


def _mark(record: Record, key: str, generation: int, version: str) -> str:
    where = [record.topic, str(record.partition), str(record.offset), str(generation), moment(record.timestamp_ms)]
    return line([*where, NOTHING, NOTHING, key, version, "1"])


def _version(topic: str, partition: int, generation: int, offset: int | str, milliseconds: int | str | None) -> Version:
    at = None if milliseconds is None else datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    return Version(topic, int(partition), int(generation), int(offset), at)
