"""The tables of a Cassandra keyspace: made and widened from JSON Schemas, by one worker at a time."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson

from connectors.mapping.columns import ColumnType, Leaf, column_names, leaves, unique_name
from connectors.mapping.values import Plan, plan
from connectors.sinks.base import StoreUnavailableError
from connectors.steering import Steering
from connectors.stores.cassandra_keyspace import locked, tables_there
from connectors.stores.cassandra_session import Connection

WORDS = {
    ColumnType.TEXT: "text",
    ColumnType.INTEGER: "bigint",
    ColumnType.NUMBER: "double",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.TIME: "timestamp",
    ColumnType.JSON: "text",
}
# Rows by coordinates lie in partitions that end: of a stretch of time. Rows by key lie alone.
APPENDED = ("_bucket", "_topic", "_partition", "_generation", "_offset", "_timestamp", "_ingested", "_schema", "_extra")
UPSERTED = ("_key", "_topic", "_partition", "_generation", "_offset", "_timestamp", "_ingested", "_schema", "_extra")
META_TYPES = {
    "_bucket": "timestamp",
    "_key": "text",
    "_topic": "text",
    "_partition": "int",
    "_generation": "int",
    "_offset": "bigint",
    "_timestamp": "timestamp",
    "_ingested": "timestamp",
    "_schema": "text",
    "_extra": "text",
}
_PRIMARY_KEYS = {APPENDED: '("_bucket", "_topic", "_partition"), "_generation", "_offset"', UPSERTED: '"_key"'}
_LONGEST_NAME = 48  # of a table


class CasTable:
    """A stream's table: its columns as the database has them, and how events of each schema spread over them."""

    def __init__(
        self, name: str, columns: Mapping[str, tuple[str, ColumnType]], *, is_upsert: bool, bucket_minutes: int
    ) -> None:
        self.name = name
        self.columns = columns  # by JSON pointer
        self.width = len(columns)
        self.own_columns = UPSERTED if is_upsert else APPENDED
        self.is_upsert = is_upsert
        self.bucket_minutes = bucket_minutes
        self._plans: dict[object, Plan] = {}

    def learn(self, schema_id: str, wanted: Sequence[Leaf]) -> bool:
        """Plan for events of this schema; False where it has fields without a column."""
        index_of = {place: index for index, place in enumerate(self.columns)}
        types = {place: kind for place, (_, kind) in self.columns.items()}
        self._plans[schema_id] = plan((leaf for leaf in wanted if leaf.pointer in index_of), index_of, types)
        return all(leaf.pointer in index_of for leaf in wanted)

    def plan(self, schema_id: object) -> Plan:
        """How an event of this schema is spread; of one never prepared, all goes to `_extra`."""
        return self._plans.get(schema_id, {})

    @property
    def insert(self) -> str:
        """The statement that puts a row there, with a place for the keyspace."""
        names = [f'"{name}"' for name in (*self.own_columns, *(name for name, _ in self.columns.values()))]
        places = ", ".join("?" * len(names))
        return f'INSERT INTO {{}}."{self.name}" ({", ".join(names)}) VALUES ({places}) USING TIMESTAMP ? AND TTL ?'  # noqa: S608  # names are our own


class Tables:
    """The tables of one keyspace."""

    def __init__(self, connection: Connection, keyspace: str, *, bucket_minutes: int) -> None:
        self._connection = connection
        self._keyspace = keyspace
        self._bucket_minutes = bucket_minutes
        self._known: dict[tuple[str, str], CasTable] = {}
        self._leaves: dict[tuple[str, str], dict[str, tuple[Leaf, ...]]] = {}

    def table(self, stream: str, steering: Steering) -> CasTable:
        """The table prepared for the stream."""
        return self._known[stream, key_text(steering)]

    def appended(self, stream: str) -> tuple[str, int] | None:
        """Name and bucket of the stream's table of rows by coordinates, where one was made."""
        found = self._row(stream, "")
        return (found[0], found[1]) if found else None

    def prepare(self, stream: str, schema_id: str, document: Mapping[str, Any], steering: Steering) -> None:
        """Make or widen the stream's table so that it takes events of this schema; remembered afterwards."""
        key = key_text(steering)
        known = self._leaves.setdefault((stream, key), {})
        if schema_id in known and (stream, key) in self._known:
            return
        known[schema_id] = wanted = leaves(document)
        table = self._read(stream, key)
        has_all = table is not None and all(leaf.pointer in table.columns for leaf in wanted)
        if table is None or (not has_all and steering.columns == "evolve"):
            with locked(self._connection, self._keyspace):
                self._widen(stream, key, wanted, may_alter=steering.columns == "evolve")
            table = self._read(stream, key)
        if table is None:
            raise StoreUnavailableError(reason="the table that was made is not there")

    def _read(self, stream: str, key: str) -> CasTable | None:
        """The table as it stands, with the plans of all schemas known here."""
        found = self._row(stream, key)
        there = self._columns_there(found[0]) if found else set()
        if found is None or not there:
            self._known.pop((stream, key), None)
            return None
        columns = {place: facts for place, facts in self._columns(found[0]).items() if facts[0] in there}
        table = CasTable(found[0], columns, is_upsert=bool(key), bucket_minutes=found[1])
        for schema_id, wanted in self._leaves[stream, key].items():
            table.learn(schema_id, wanted)
        self._known[stream, key] = table
        return table

    def _widen(self, stream: str, key: str, wanted: Sequence[Leaf], *, may_alter: bool) -> None:
        name = self._ensure_row(stream, key)
        there = self._columns_there(name)
        if there and not may_alter:
            return
        columns = {place: facts for place, facts in self._columns(name).items() if facts[0] in there}
        taken = {f"column {column}": column for column in there | self._dropped(name) | {"_bucket", "_key"}}
        missing = [leaf for leaf in wanted if leaf.pointer not in columns]
        new = column_names(missing, {place: column for place, (column, _) in columns.items()} | taken)
        added = [(leaf, new[leaf.pointer]) for leaf in missing]
        note = self._cql('INSERT INTO {}."_columns" (table_name, pointer, name, type) VALUES (%s, %s, %s, %s)')
        for leaf, column in added:  # before the table has them: what is only noted is noted again
            self._connection.run(note, (name, leaf.pointer, column, leaf.type.value))
        columns_text = [f'"{column}" {WORDS[leaf.type]}' for leaf, column in added]
        if not there:
            own = UPSERTED if key else APPENDED
            parts = [
                *(f'"{column}" {META_TYPES[column]}' for column in own),
                *columns_text,
                f"PRIMARY KEY ({_PRIMARY_KEYS[own]})",
            ]
            self._connection.define(f"CREATE TABLE IF NOT EXISTS {self._full(name)} ({', '.join(parts)})")
        elif added:
            self._connection.define(f"ALTER TABLE {self._full(name)} ADD IF NOT EXISTS ({', '.join(columns_text)})")

    def _ensure_row(self, stream: str, key: str) -> str:
        """The name of the table, given once."""
        found = self._row(stream, key)
        if found is not None:
            return str(found[0])
        named = self._connection.run(self._cql('SELECT name FROM {}."_tables"'))
        name = table_name(stream, key, {one for (one,) in named} | tables_there(self._connection, self._keyspace))
        note = self._cql('INSERT INTO {}."_tables" (stream, key, name, bucket_minutes) VALUES (%s, %s, %s, %s)')
        self._connection.run(note, (stream, key, name, self._bucket_minutes))
        return name

    def _row(self, stream: str, key: str) -> tuple[str, int] | None:
        query = self._cql('SELECT name, bucket_minutes FROM {}."_tables" WHERE stream = %s AND key = %s')
        found: tuple[str, int] | None = self._connection.run(query, (stream, key)).one()
        return found

    def _columns(self, table: str) -> dict[str, tuple[str, ColumnType]]:
        query = self._cql('SELECT pointer, name, type FROM {}."_columns" WHERE table_name = %s')
        return {place: (name, ColumnType(kind)) for place, name, kind in self._connection.run(query, (table,))}

    def _columns_there(self, table: str) -> set[str]:
        """The names that the table has: a person may have dropped some, or all of it."""
        query = "SELECT column_name FROM system_schema.columns WHERE keyspace_name = %s AND table_name = %s"
        return {name for (name,) in self._connection.run(query, (self._keyspace, table))}

    def _dropped(self, table: str) -> set[str]:
        """Names of columns that the table once had: under them Cassandra hides whatever is older than their end."""
        query = "SELECT column_name FROM system_schema.dropped_columns WHERE keyspace_name = %s AND table_name = %s"
        return {name for (name,) in self._connection.run(query, (self._keyspace, table))}

    def _full(self, name: str) -> str:
        return f'{self._keyspace}."{name}"'

    def _cql(self, text: str) -> str:
        return text.replace("{}", self._keyspace)


def table_name(stream: str, key: str, used: Collection[str]) -> str:
    """The table of a stream's rows by coordinates (`key` is empty) or by these fields; 48 letters are the most there."""
    by = "_by_" + "_".join(one.rsplit("/", 1)[-1] for one in orjson.loads(key)) if key else ""
    name = unique_name(stream + by, stream + key, used)
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME - 9]}_{uuid.uuid5(uuid.NAMESPACE_URL, stream + key).hex[:8]}"


def key_text(steering: Steering) -> str:
    """What names a table besides its stream: empty for rows by coordinates, else the fields of their key."""
    return orjson.dumps(steering.key).decode() if steering.is_upsert else ""
