"""The tables of a ClickHouse database: rows that are written twice become one, since their place in the log orders them.

ClickHouse has no transactions and no locks: whoever makes or alters tables holds a lock of the platform's own database.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager

import orjson

from connectors.batches import Position
from connectors.mapping.columns import MAX_COLUMNS, META_COLUMNS, ColumnType
from connectors.stores.clickhouse_client import Client
from connectors.stores.clickhouse_statements import Fact, Name, composed
from connectors.stores.tables import KEY_COLUMN, Columns, Entry, Named, Table, Tables, key_from, key_text
from eventplatform.core.records import TopicPartition

WORDS = {
    ColumnType.TEXT: "Nullable(String)",
    ColumnType.INTEGER: "Nullable(Int64)",
    ColumnType.NUMBER: "Nullable(Float64)",
    ColumnType.BOOLEAN: "Nullable(Bool)",
    ColumnType.TIME: "Nullable(DateTime64(6, 'UTC'))",
    ColumnType.JSON: "Nullable(String)",
}
# Only those that can be empty: any other would silently hold zeros where an event has nothing.
_ALIKE = {kind: {word} for kind, word in WORDS.items()}
_MAX_USED = MAX_COLUMNS + len(META_COLUMNS)
VERSION_COLUMN, DELETED_COLUMN = "_version", "_deleted"
OWN_COLUMNS = (
    ("_topic", "LowCardinality(String)"),
    ("_partition", "Int32"),
    ("_offset", "Int64"),
    ("_generation", "Int16"),
    ("_timestamp", "Nullable(DateTime64(3, 'UTC'))"),
    ("_ingested", "DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')"),
    ("_schema", "LowCardinality(Nullable(String))"),
    ("_extra", "Nullable(String)"),
)
_APPENDED = "ENGINE = ReplacingMergeTree ORDER BY (_topic, _partition, _generation, _offset)"
_KEYED = f"ENGINE = ReplacingMergeTree({VERSION_COLUMN}, {DELETED_COLUMN}) ORDER BY {KEY_COLUMN}"
_NEWEST = "DEFAULT toUnixTimestamp64Micro(now64(6))"  # of lines that replace one another; only one writer at a time
_OWN = {
    "_canaries": """(connector String, stream String, event_id String, sent_at DateTime64(3, 'UTC'),
        written_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')) ENGINE = MergeTree ORDER BY (connector, stream, event_id)""",
    "_tables": f"""(stream String, name String, row_key Nullable(String), seen UInt64 {_NEWEST})
        ENGINE = ReplacingMergeTree(seen) ORDER BY stream""",
    "_columns": f"""(stream String, pointer String, name String, type String, is_gone UInt8, seen UInt64 {_NEWEST})
        ENGINE = ReplacingMergeTree(seen, is_gone) ORDER BY (stream, pointer)""",
    # A generation is one life of a topic: made anew, its offsets begin again, and must not be taken for those known.
    "_lives": """(topic String, incarnation String, cluster_id String, generation Int16)
        ENGINE = MergeTree ORDER BY (topic, incarnation, cluster_id)""",
}

Alone = Callable[[], AbstractContextManager[object]]


class ClickHouseTables(Tables):
    """The tables of one database."""

    whole_room = MAX_COLUMNS
    alike = _ALIKE
    reserved = (VERSION_COLUMN, DELETED_COLUMN)

    def __init__(self, database: str, client: Client, alone: Alone) -> None:
        super().__init__()
        self._database = database
        self._client = client
        self._lock = alone
        self._lives: dict[tuple[str, str, str], int] = {}

    def full_name(self, table: str) -> Name:
        return Name(self._database, table)

    def ensure_own(self) -> None:
        """Make the database and our own tables."""
        there = self._rows("SELECT name FROM system.tables WHERE database = {database} AND name IN ({names})", names=_OWN)
        if len(there) == len(_OWN):
            return
        with self._alone():
            self._client.run(f"CREATE DATABASE IF NOT EXISTS {Name(self._database)}")
            for name, parts in _OWN.items():
                self._client.run(f"CREATE TABLE IF NOT EXISTS {self.full_name(name)} {parts}")

    def generation(self, where: TopicPartition, after: Position) -> int:
        """Which life of its topic a position belongs to: a number that every writer finds alike."""
        life = (where.topic, after.incarnation, after.cluster_id)
        if life not in self._lives:
            known = self._known_life(life)
            if known is None:
                with self._alone():
                    known = self._known_life(life)
                    if known is None:
                        lives = self._rows("SELECT 1 FROM {of} WHERE topic = {topic}", of="_lives", topic=where.topic)
                        known = len(lives)
                        self._put("_lives", "topic, incarnation, cluster_id, generation", [[*life, known]])
            self._lives[life] = known
        return self._lives[life]

    def _known_life(self, life: tuple[str, str, str]) -> int | None:
        query = "SELECT generation FROM {of} WHERE (topic, incarnation, cluster_id) = ({life}) LIMIT 1"
        found = self._rows(query, of="_lives", life=life)
        return int(found[0][0]) if found else None

    def _cost(self, kind: ColumnType) -> int:  # noqa: ARG002  # one is as good as another
        return 1

    def _room(self, table: str) -> int | None:
        types = self._types(table)
        return max(_MAX_USED - len(types), 0) if types else None

    def _entry(self, stream: str) -> Entry | None:
        found = self._rows("SELECT name, row_key FROM {of} FINAL WHERE stream = {stream}", of="_tables", stream=stream)
        return Entry(found[0][0], key_from(found[0][1])) if found else None

    def _taken(self) -> Collection[str]:
        tables = self._rows("SELECT name FROM system.tables WHERE database = {database}")
        known = self._rows("SELECT name FROM {of} FINAL", of="_tables")
        return {name for (name,) in (*tables, *known)}

    def _columns(self, stream: str, table: str) -> Columns:
        there = self._types(table)
        return {place: (name, ColumnType(kind)) for place, name, kind in self._noted(stream) if name in there}

    def _noted(self, stream: str) -> list[list[str]]:
        query = "SELECT pointer, name, type FROM {of} FINAL WHERE stream = {stream} ORDER BY name"
        return self._rows(query, of="_columns", stream=stream)

    def _types(self, table: str) -> Mapping[str, str]:
        query = (
            "SELECT name, if(default_kind IN ('MATERIALIZED', 'ALIAS'), 'generated', type) FROM system.columns "
            "WHERE database = {database} AND table = {table}"
        )
        return {str(name): str(kind) for name, kind in self._rows(query, table=table)}

    def _alone(self) -> AbstractContextManager[None]:
        return self._lock()  # type: ignore[return-value]  # what it yields is nobody's business

    def _ease_expiry(self, table: str) -> None:
        """Parts know the least and greatest of their columns."""

    def _register(self, stream: str, entry: Entry) -> None:
        self._put("_tables", "stream, name, row_key", [[stream, entry.name, key_text(entry.key)]])

    def _create(self, stream: str, entry: Entry, columns: Sequence[Named]) -> None:
        keyed = [(KEY_COLUMN, "String"), (VERSION_COLUMN, "UInt64"), (DELETED_COLUMN, "UInt8")] if entry.key else []
        named = [(name, WORDS[leaf.type]) for leaf, name in columns]
        parts = ", ".join(f"{Name(name)} {kind}" for name, kind in (*OWN_COLUMNS, *keyed, *named))
        self._client.run(f"CREATE TABLE {self.full_name(entry.name)} ({parts}) {_KEYED if entry.key else _APPENDED}")
        self._note(stream, {}, columns)

    def _add(self, stream: str, table: Table, columns: Sequence[Named]) -> None:
        parts = ", ".join(f"ADD COLUMN IF NOT EXISTS {Name(name)} {WORDS[leaf.type]}" for leaf, name in columns)
        self._client.run(f"ALTER TABLE {self.full_name(table.name)} {parts}")
        self._note(stream, table.columns, columns)

    def _note(self, stream: str, known: Columns, columns: Sequence[Named]) -> None:
        gone = [[stream, *facts, 1] for facts in self._noted(stream) if facts[0] not in known]
        if gone:
            self._put("_columns", "stream, pointer, name, type, is_gone", gone)
        lines = [[stream, leaf.pointer, name, leaf.type.value, 0] for leaf, name in columns]
        self._put("_columns", "stream, pointer, name, type, is_gone", lines)

    def _rows(self, query: str, *, of: str = "", **facts: Fact) -> list[list[str]]:
        """The answer; `of` is a table of ours."""
        return self._client.rows(composed(query, of=self.full_name(of), database=self._database, **facts))

    def _put(self, table: str, columns: str, lines: Sequence[Sequence[object]]) -> None:
        into = f"INSERT INTO {self.full_name(table)} ({columns}) FORMAT JSONCompactEachRow"
        self._client.run(into, [orjson.dumps(line) + b"\n" for line in lines])
