"""The tables of a Postgres schema: found, made and widened from JSON Schemas, and remembered by this connection."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from connectors.mapping.columns import MAX_COLUMNS, META_COLUMNS, ColumnType, Leaf, column_names, leaves, unique_name
from connectors.mapping.values import Plan, plan

Database = psycopg.Connection[tuple[Any, ...]]

_WORDS = {
    ColumnType.TEXT: "text",
    ColumnType.INTEGER: "bigint",
    ColumnType.NUMBER: "double precision",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.TIME: "timestamptz",
    ColumnType.JSON: "jsonb",
}
_MAX_USED = MAX_COLUMNS + len(META_COLUMNS)
_COPIED_META = tuple(name for name in META_COLUMNS if name != "_ingested")  # the database's own clock fills that one
_OWN_NAMES = ("_offsets", "_canaries", "_canaries_once", "_tables", "_columns")
# An event's id has no bound and a key has one: canaries are known by a digest. A store made before gets it by ALTER.
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
"""
# A generation is one life of a topic: made anew, its offsets begin again, and must not be taken for those known.
_NEW_TABLE = """
CREATE TABLE {} (
    _topic text, _partition integer, _offset bigint, _generation smallint, _timestamp timestamptz,
    _ingested timestamptz NOT NULL DEFAULT now(), _schema text, _extra jsonb,
    PRIMARY KEY (_topic, _partition, _generation, _offset)
)
"""


class PgTable:
    """One stream's table: its columns as the database has them, and how events of each schema spread over them."""

    def __init__(self, schema: str, name: str, columns: Mapping[str, tuple[str, ColumnType]], *, is_full: bool) -> None:
        self._is_full = is_full
        self.identifier = sql.Identifier(schema, name)
        self.columns = columns  # by JSON pointer
        self.width = len(columns)
        self.copied_columns = (*_COPIED_META, *(name for name, _ in columns.values()))
        self._plans: dict[object, Plan] = {}

    def learn(self, schema_id: str, wanted: tuple[Leaf, ...]) -> bool:
        """Plan for events of this schema; False where a column is still missing that the table has room for."""
        if not self._is_full and any(leaf.pointer not in self.columns for leaf in wanted):
            return False
        index_of = {place: index for index, place in enumerate(self.columns)}
        types = {place: kind for place, (_, kind) in self.columns.items()}
        self._plans[schema_id] = plan((leaf for leaf in wanted if leaf.pointer in index_of), index_of, types)
        return True

    def knows(self, schema_id: object) -> bool:
        return schema_id in self._plans

    def plan(self, schema_id: object) -> Plan:
        """How an event of this schema is spread; with a schema never prepared, all of it goes to `_extra`."""
        return self._plans.get(schema_id, {})


class Tables:
    """The tables of one Postgres schema."""

    def __init__(self, schema: str) -> None:
        self._schema = schema
        self._known: dict[str, PgTable] = {}
        self._documents: dict[str, dict[str, tuple[Leaf, ...]]] = {}

    def table(self, stream: str) -> PgTable:
        return self._known[stream]

    def find(self, database: Database, stream: str) -> sql.Identifier | None:
        """The stream's table, where one was made."""
        found = database.execute(self._sql("SELECT name FROM {}._tables WHERE stream = %s"), (stream,)).fetchone()
        return sql.Identifier(self._schema, found[0]) if found else None

    def ensure_own(self, database: Database) -> None:
        """Make the schema and our own tables, one worker at a time."""
        newest = "SELECT FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = 'id_digest'"
        if database.execute(newest, (f"{_quoted(self._schema)}._canaries",)).fetchone() is not None:
            return
        with database.transaction():
            self._lock(database)
            database.execute(sql.SQL(_OWN).format(sql.Identifier(self._schema)))

    def prepare(self, database: Database, stream: str, schema_id: str, document: Mapping[str, Any]) -> None:
        """Make or widen the stream's table so that it takes events of this schema; remembered afterwards."""
        if stream in self._known and self._known[stream].knows(schema_id):
            return
        wanted = leaves(document)
        self._documents.setdefault(stream, {})[schema_id] = wanted
        self._read(database, stream)
        if stream not in self._known or not self._known[stream].knows(schema_id):
            self._widen(database, stream, wanted)
            self._read(database, stream)

    def _read(self, database: Database, stream: str) -> None:
        found = database.execute(self._sql("SELECT name FROM {}._tables WHERE stream = %s"), (stream,)).fetchone()
        used = self._used(database, found[0]) if found else None
        if found is None or used is None:
            self._known.pop(stream, None)
            return
        table = PgTable(self._schema, found[0], self._columns(database, stream, found[0]), is_full=used >= _MAX_USED)
        for schema_id, wanted in self._documents[stream].items():
            table.learn(schema_id, wanted)
        self._known[stream] = table

    def _columns(self, database: Database, stream: str, table: str) -> dict[str, tuple[str, ColumnType]]:
        """By JSON pointer, those that the table has: a person may have dropped some."""
        query = self._sql(
            "SELECT pointer, name, type FROM {}._columns JOIN pg_attribute ON attname = name "
            "WHERE stream = %s AND attrelid = to_regclass(%s) AND NOT attisdropped ORDER BY name"
        )
        found = database.execute(query, (stream, self._full_name(table)))
        return {place: (name, ColumnType(kind)) for place, name, kind in found}

    def _used(self, database: Database, table: str) -> int | None:
        """How many columns the table had in its life, which is what Postgres counts; None without a table."""
        query = "SELECT relnatts FROM pg_class WHERE oid = to_regclass(%s)"
        found = database.execute(query, (self._full_name(table),)).fetchone()
        return int(found[0]) if found else None

    def _widen(self, database: Database, stream: str, wanted: tuple[Leaf, ...]) -> None:
        with database.transaction():
            # Adding a column waits for every reader of the table, and everybody waits behind it: give up early, try again.
            database.execute("SET LOCAL lock_timeout = '2s'")
            self._lock(database)
            table = self._ensure_table(database, stream)
            columns = self._columns(database, stream, table)
            self._forget_others(database, stream, columns)
            room = max(_MAX_USED - (self._used(database, table) or 0), 0)
            missing = [leaf for leaf in wanted if leaf.pointer not in columns][:room]
            new = column_names(missing, {place: name for place, (name, _) in columns.items()})
            if missing:
                self._add_columns(database, stream, table, [(leaf, new[leaf.pointer]) for leaf in missing])

    def _ensure_table(self, database: Database, stream: str) -> str:
        """The stream's table, made where it isn't there: for the first time, or because a person dropped it."""
        rows = database.execute(self._sql("SELECT stream, name FROM {}._tables")).fetchall()
        names: dict[str, str] = dict(rows)
        if stream not in names:
            names[stream] = unique_name(stream, stream, {*names.values(), *_OWN_NAMES, *self._relations(database)})
            database.execute(self._sql("INSERT INTO {}._tables VALUES (%s, %s)"), (stream, names[stream]))
        if self._used(database, names[stream]) is None:
            database.execute(sql.SQL(_NEW_TABLE).format(sql.Identifier(self._schema, names[stream])))
        return names[stream]

    def _relations(self, database: Database) -> set[str]:
        """Names that tables, views, indexes and types of the schema have taken, whoever made them."""
        query = (
            "SELECT relname FROM pg_class WHERE relnamespace = %(schema)s::regnamespace "
            "UNION SELECT typname FROM pg_type WHERE typnamespace = %(schema)s::regnamespace"
        )
        return {name for (name,) in database.execute(query, {"schema": _quoted(self._schema)})}

    def _forget_others(self, database: Database, stream: str, columns: Mapping[str, object]) -> None:
        query = self._sql("DELETE FROM {}._columns WHERE stream = %s AND pointer <> ALL (%s)")
        database.execute(query, (stream, list(columns)))

    def _add_columns(self, database: Database, stream: str, table: str, added: list[tuple[Leaf, str]]) -> None:
        parts = [sql.SQL("ADD COLUMN {} ").format(sql.Identifier(name)) + sql.SQL(_WORDS[leaf.type]) for leaf, name in added]
        alter = sql.SQL("ALTER TABLE {} ").format(sql.Identifier(self._schema, table))
        database.execute(alter + sql.SQL(", ").join(parts))
        query = self._sql("INSERT INTO {}._columns VALUES (%s, %s, %s, %s)")
        with database.cursor() as cursor:
            cursor.executemany(query, [(stream, leaf.pointer, name, leaf.type.value) for leaf, name in added])

    def _full_name(self, table: str) -> str:
        return f"{_quoted(self._schema)}.{_quoted(table)}"

    def _lock(self, database: Database) -> None:
        database.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"connector tables of {self._schema}",))

    def _sql(self, text: str) -> sql.Composed:
        return sql.SQL(text).format(sql.Identifier(self._schema))


def digest_of(event_id: str) -> str:
    """By what a canary is known; the same as `_OWN` computes for those stored before."""
    return hashlib.sha256(event_id.encode()).hexdigest()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
