"""The tables of a Postgres schema."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from connectors.mapping.columns import MAX_COLUMNS, META_COLUMNS, ColumnType
from connectors.stores.tables import KEY_COLUMN, Columns, Entry, Named, Table, Tables, key_from, key_text

Database = psycopg.Connection[tuple[Any, ...]]

WORDS = {
    ColumnType.TEXT: "text",
    ColumnType.INTEGER: "bigint",
    ColumnType.NUMBER: "double precision",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.TIME: "timestamptz",
    ColumnType.JSON: "jsonb",
}
_ALIKE = {kind: {word} for kind, word in WORDS.items()} | {ColumnType.TIME: {"timestamp with time zone"}}
_MAX_USED = MAX_COLUMNS + len(META_COLUMNS)
# An event's id has no bound and a key has one: canaries are known by a digest. A store made before gets what is new by ALTER.
_OWN = """
CREATE SCHEMA IF NOT EXISTS {0};
CREATE TABLE IF NOT EXISTS {0}._offsets (
    connector text, topic text, partition integer, next_offset bigint NOT NULL, incarnation text NOT NULL,
    cluster_id text NOT NULL, generation smallint NOT NULL DEFAULT 0, written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (connector, topic, partition)
);
CREATE TABLE IF NOT EXISTS {0}._canaries (
    connector text, stream text, event_id text, sent_at timestamptz NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
ALTER TABLE {0}._canaries ADD COLUMN IF NOT EXISTS id_digest text;
ALTER TABLE {0}._canaries DROP CONSTRAINT IF EXISTS _canaries_pkey;
UPDATE {0}._canaries SET id_digest = encode(sha256(convert_to(event_id, 'UTF8')), 'hex') WHERE id_digest IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS _canaries_once ON {0}._canaries (connector, stream, id_digest);
CREATE TABLE IF NOT EXISTS {0}._tables (stream text PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS {0}._columns (
    stream text, pointer text, name text NOT NULL, type text NOT NULL, PRIMARY KEY (stream, pointer), UNIQUE (stream, name)
);
ALTER TABLE {0}._tables ADD COLUMN IF NOT EXISTS row_key text;
"""
# A generation is one life of a topic: made anew, its offsets begin again, and must not be taken for those known.
_META = """
_topic text, _partition integer, _offset bigint, _generation smallint, _timestamp timestamptz,
_ingested timestamptz NOT NULL DEFAULT now(), _schema text, _extra jsonb
"""
OWN_COLUMNS = tuple((name, kind) for name, _, kind in (part.strip().partition(" ") for part in _META.split(",")))
_APPENDED = ", PRIMARY KEY (_topic, _partition, _generation, _offset)"
_KEYED = f", {KEY_COLUMN} text PRIMARY KEY"
# Where rows lie about in the order of their time, this index takes next to nothing, and finds the old ones.
_OLD_FIRST = "CREATE INDEX ON {} USING brin ((coalesce(_timestamp, _ingested)))"


class PostgresTables(Tables):
    """The tables of one schema."""

    whole_room = MAX_COLUMNS
    alike = _ALIKE

    def __init__(self, schema: str, database: Database) -> None:
        super().__init__()
        self._schema = schema
        self._database = database

    def identifier(self, table: str) -> sql.Identifier:
        return sql.Identifier(self._schema, table)

    def ensure_own(self) -> None:
        """Make the schema and our own tables, one worker at a time."""
        # Canaries are asked for too: dropped by hand, their table would hold up all data, and holds nothing that is missed.
        newest = (
            "SELECT FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = 'row_key' AND to_regclass(%s) IS NOT NULL"
        )
        if self._database.execute(newest, (self._full_name("_tables"), self._full_name("_canaries"))).fetchone() is not None:
            return
        with self._database.transaction():
            self._lock()
            self._database.execute(sql.SQL(_OWN).format(sql.Identifier(self._schema)))

    def _cost(self, kind: ColumnType) -> int:  # noqa: ARG002  # one is as good as another
        return 1

    def _room(self, table: str) -> int | None:
        """By the columns that the table had in its life, which is what Postgres counts."""
        query = "SELECT relnatts FROM pg_class WHERE oid = to_regclass(%s)"
        found = self._database.execute(query, (self._full_name(table),)).fetchone()
        return max(_MAX_USED - int(found[0]), 0) if found else None

    def _entry(self, stream: str) -> Entry | None:
        query = self._sql("SELECT name, row_key FROM {}._tables WHERE stream = %s")
        found = self._database.execute(query, (stream,)).fetchone()
        return Entry(found[0], key_from(found[1])) if found else None

    def _taken(self) -> Collection[str]:
        query = (
            "SELECT relname FROM pg_class WHERE relnamespace = %(schema)s::regnamespace "
            "UNION SELECT typname FROM pg_type WHERE typnamespace = %(schema)s::regnamespace "
        )
        found = self._database.execute(query, {"schema": _quoted(self._schema)}).fetchall()
        known = self._database.execute(self._sql("SELECT name FROM {}._tables")).fetchall()
        return {name for (name,) in (*found, *known)}

    def _columns(self, stream: str, table: str) -> Columns:
        query = self._sql(
            "SELECT pointer, name, type FROM {}._columns JOIN pg_attribute ON attname = name "
            "WHERE stream = %s AND attrelid = to_regclass(%s) AND NOT attisdropped ORDER BY name"
        )
        found = self._database.execute(query, (stream, self._full_name(table)))
        return {place: (name, ColumnType(kind)) for place, name, kind in found}

    def _types(self, table: str) -> Mapping[str, str]:
        query = (
            "SELECT attname, CASE WHEN attgenerated = '' THEN format_type(atttypid, NULL) ELSE 'generated' END "
            "FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped"
        )
        return dict(self._database.execute(query, (self._full_name(table),)).fetchall())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._database.transaction():
            # Adding a column waits for every reader of the table, and everybody waits behind it: give up early, try again.
            self._database.execute("SET LOCAL lock_timeout = '2s'")
            self._lock()
            yield

    def _ease_expiry(self, table: str) -> None:
        """Its index was made with the table."""

    def _register(self, stream: str, entry: Entry) -> None:
        query = (
            "INSERT INTO {}._tables (stream, name, row_key) VALUES (%s, %s, %s) ON CONFLICT (stream) DO UPDATE SET row_key = %s"
        )
        key = key_text(entry.key)
        self._database.execute(self._sql(query), (stream, entry.name, key, key))

    def _create(self, stream: str, entry: Entry, columns: Sequence[Named]) -> None:
        parts = [
            sql.SQL(_META),
            *(sql.SQL(", ") + _defined(one) for one in columns),
            sql.SQL(_KEYED if entry.key else _APPENDED),
        ]
        table = self.identifier(entry.name)
        self._database.execute(sql.SQL("CREATE TABLE {} (").format(table) + sql.SQL("").join(parts) + sql.SQL(")"))
        self._database.execute(sql.SQL(_OLD_FIRST).format(table))
        self._note(stream, {}, columns)

    def _add(self, stream: str, table: Table, columns: Sequence[Named]) -> None:
        parts = [sql.SQL("ADD COLUMN ") + _defined(one) for one in columns]
        alter = sql.SQL("ALTER TABLE {} ").format(self.identifier(table.name))
        self._database.execute(alter + sql.SQL(", ").join(parts))
        self._note(stream, table.columns, columns)

    def _note(self, stream: str, known: Columns, columns: Sequence[Named]) -> None:
        query = self._sql("DELETE FROM {}._columns WHERE stream = %s AND pointer <> ALL (%s)")
        self._database.execute(query, (stream, list(known)))
        query = self._sql("INSERT INTO {}._columns VALUES (%s, %s, %s, %s)")
        with self._database.cursor() as cursor:
            cursor.executemany(query, [(stream, leaf.pointer, name, leaf.type.value) for leaf, name in columns])

    def _full_name(self, table: str) -> str:
        return f"{_quoted(self._schema)}.{_quoted(table)}"

    def _lock(self) -> None:
        query = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
        self._database.execute(query, (f"connector tables of {self._schema}",))

    def _sql(self, text: str) -> sql.Composed:
        return sql.SQL(text).format(sql.Identifier(self._schema))


def digest_of(event_id: str) -> str:
    """By what a canary is known; the same as `_OWN` computes for those stored before."""
    return hashlib.sha256(event_id.encode()).hexdigest()


def _defined(column: Named) -> sql.Composable:
    leaf, name = column
    return sql.Identifier(name) + sql.SQL(f" {WORDS[leaf.type]}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
