"""The tables of a MySQL or MariaDB database."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

import pymysql

from connectors.mapping.columns import META_COLUMNS, ColumnType
from connectors.sinks.base import StoreUnavailableError
from connectors.stores.mysql_connection import LoadingConnection, fetch_all, fetch_one, run
from connectors.stores.mysql_errors import number_of
from connectors.stores.tables import KEY_COLUMN, Columns, Entry, Named, Table, Tables, key_from, key_text

WORDS = {
    ColumnType.TEXT: "MEDIUMTEXT",  # one type for all: a VARCHAR's bound would change with the schema's maxLength
    ColumnType.INTEGER: "BIGINT",
    ColumnType.NUMBER: "DOUBLE",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.TIME: "DATETIME(6)",
    ColumnType.JSON: "JSON",
}
_ALIKE = {
    ColumnType.TEXT: {"mediumtext", "longtext"},
    ColumnType.INTEGER: {"bigint"},
    ColumnType.NUMBER: {"double"},
    ColumnType.BOOLEAN: {"tinyint"},
    ColumnType.TIME: {"datetime"},
    ColumnType.JSON: {"json", "longtext"},  # MariaDB's JSON is one
}
# InnoDB wants half a page for a row with up to 40 bytes of each text inside it, and allows 1,017 columns; a share stays free
# for our own columns and a person's.
_ROOM = 7000
_BYTES_OF_TEXT = 42
_BYTES_OF_FIXED = 9
_FIXED = {"bigint", "int", "smallint", "tinyint", "double", "datetime"}
_AFTER = "ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
_ASCII = "CHARACTER SET ascii COLLATE ascii_bin"
_OWN = {
    "_offsets": f"""
        connector VARCHAR(150), topic VARCHAR(249) {_ASCII}, `partition` INT, next_offset BIGINT NOT NULL,
        incarnation VARCHAR(255) NOT NULL, cluster_id VARCHAR(255) NOT NULL, generation SMALLINT NOT NULL DEFAULT 0,
        written_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), PRIMARY KEY (connector, topic, `partition`)""",
    "_canaries": f"""
        connector VARCHAR(150), stream VARCHAR(249), id_digest CHAR(64) {_ASCII}, event_id MEDIUMTEXT NOT NULL,
        sent_at DATETIME(6) NOT NULL, written_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
        PRIMARY KEY (connector, stream, id_digest)""",
    "_tables": "stream VARCHAR(249) PRIMARY KEY, name VARCHAR(64) NOT NULL UNIQUE, row_key TEXT",
    "_columns": """
        stream VARCHAR(249), name VARCHAR(64), pointer MEDIUMTEXT NOT NULL, type VARCHAR(16) NOT NULL,
        PRIMARY KEY (stream, name)""",
}
# A generation is one life of a topic: made anew, its offsets begin again, and must not be taken for those known.
_META = f"""
_topic VARCHAR(249) {_ASCII} NOT NULL, _partition INT NOT NULL, _offset BIGINT NOT NULL, _generation SMALLINT NOT NULL,
_timestamp DATETIME(6), _ingested DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), _schema TEXT, _extra JSON"""
OWN_COLUMNS = tuple((name, kind) for name, _, kind in (part.strip().partition(" ") for part in _META.split(",")))
_APPENDED = "PRIMARY KEY (_topic, _partition, _generation, _offset)"
_KEYED = f"{KEY_COLUMN} CHAR(64) {_ASCII} PRIMARY KEY"
_LOCK_SECONDS = 10
_SMALL_ROWS = 100_000
_NOT_INSTANT = {1845, 1846, 4092}  # not for this change; or MySQL's 64 instant changes are used up


class MySqlTables(Tables):
    """The tables of the connection's database."""

    whole_room = _ROOM
    alike = _ALIKE

    def __init__(self, database: LoadingConnection) -> None:
        super().__init__()
        self._database = database

    def ensure_own(self) -> None:
        """Make our own tables, one worker at a time."""
        query = "SELECT count(*) FROM information_schema.tables WHERE table_schema = database() AND table_name IN %s"
        if (fetch_one(self._database, query, (tuple(_OWN),)) or (0,))[0] == len(_OWN):
            return
        with self._alone():
            for name, columns in _OWN.items():
                run(self._database, f"CREATE TABLE IF NOT EXISTS {name} ({columns}) {_AFTER}")

    def _cost(self, kind: ColumnType) -> int:
        return _BYTES_OF_TEXT if kind in (ColumnType.TEXT, ColumnType.JSON) else _BYTES_OF_FIXED

    def _room(self, table: str) -> int | None:
        if not self._exists(table):
            return None
        query = (
            "SELECT data_type FROM information_schema.columns WHERE table_schema = database() AND table_name = %s "
            "AND column_name NOT IN %s"
        )
        found = fetch_all(self._database, query, (table, (*META_COLUMNS, KEY_COLUMN)))
        return max(_ROOM - sum(_BYTES_OF_FIXED if kind in _FIXED else _BYTES_OF_TEXT for (kind,) in found), 0)

    def _exists(self, table: str) -> bool:
        query = "SELECT 1 FROM information_schema.tables WHERE table_schema = database() AND table_name = %s"
        return fetch_one(self._database, query, (table,)) is not None

    def _entry(self, stream: str) -> Entry | None:
        found = fetch_one(self._database, "SELECT name, row_key FROM _tables WHERE stream = %s", (stream,))
        return Entry(found[0], key_from(found[1])) if found else None

    def _taken(self) -> Collection[str]:
        query = (
            "SELECT table_name FROM information_schema.tables WHERE table_schema = database() UNION SELECT name FROM _tables"
        )
        return {name.lower() for (name,) in fetch_all(self._database, query)}

    def _columns(self, stream: str, table: str) -> Columns:
        query = (
            "SELECT pointer, name, type FROM _columns WHERE stream = %s AND name IN (SELECT column_name "
            "FROM information_schema.columns WHERE table_schema = database() AND table_name = %s) ORDER BY name"
        )
        return {place: (name, ColumnType(kind)) for place, name, kind in fetch_all(self._database, query, (stream, table))}

    def _types(self, table: str) -> Mapping[str, str]:
        query = (
            "SELECT column_name, if(coalesce(generation_expression, '') = '', data_type, 'generated') "
            "FROM information_schema.columns WHERE table_schema = database() AND table_name = %s"
        )
        return {str(name).lower(): str(kind).lower() for name, kind in fetch_all(self._database, query, (table,))}

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """By a lock of the server: DDL here commits at once, so no transaction could hold one over it.

        Each step is noted before it is done, and what is noted counts only once it is there: a crash in between is mended by
        the next worker.
        """
        (database,) = fetch_one(self._database, "SELECT database()") or ("",)
        name = "tables " + hashlib.sha256(str(database).encode()).hexdigest()[:40]  # locks are the server's, not the database's
        if (fetch_one(self._database, "SELECT GET_LOCK(%s, %s)", (name, _LOCK_SECONDS)) or (0,))[0] != 1:
            raise StoreUnavailableError(reason="another worker has been altering tables for some time")
        try:
            yield
        finally:
            if self._database.open:
                run(self._database, "DO RELEASE_LOCK(%s)", (name,))

    def _ease_expiry(self, table: str) -> None:
        """An index, which costs a fifth of the writing; only while the table is small, later on it is a person's to plan."""
        index = (
            "SELECT 1 FROM information_schema.statistics "
            "WHERE table_schema = database() AND table_name = %s AND index_name = '_by_time'"
        )
        rows = "SELECT table_rows FROM information_schema.tables WHERE table_schema = database() AND table_name = %s"
        if fetch_one(self._database, index, (table,)):
            return
        if int((fetch_one(self._database, rows, (table,)) or (0,))[0] or 0) < _SMALL_ROWS:
            with self._alone():
                run(self._database, f"CREATE INDEX _by_time ON {quoted(table)} (_timestamp) ALGORITHM=INPLACE LOCK=NONE")

    def _register(self, stream: str, entry: Entry) -> None:
        query = "INSERT INTO _tables (stream, name, row_key) VALUES (%s, %s, %s) ON DUPLICATE KEY UPDATE row_key = %s"
        key = key_text(entry.key)
        run(self._database, query, (stream, entry.name, key, key))

    def _create(self, stream: str, entry: Entry, columns: Sequence[Named]) -> None:
        self._note(stream, {}, columns)
        parts = [_META, *map(_defined, columns), _KEYED if entry.key else _APPENDED]
        run(self._database, f"CREATE TABLE {quoted(entry.name)} ({', '.join(parts)}) {_AFTER}")

    def _add(self, stream: str, table: Table, columns: Sequence[Named]) -> None:
        self._note(stream, table.columns, columns)
        alter = f"ALTER TABLE {quoted(table.name)} " + ", ".join(f"ADD COLUMN {_defined(one)}" for one in columns)
        try:
            run(self._database, alter + ", ALGORITHM=INSTANT")
        except pymysql.MySQLError as error:
            if number_of(error) not in _NOT_INSTANT:
                raise
            run(self._database, alter + ", ALGORITHM=INPLACE, LOCK=NONE")

    def _note(self, stream: str, known: Columns, columns: Sequence[Named]) -> None:
        kept = tuple(name for name, _ in known.values()) or ("",)
        run(self._database, "DELETE FROM _columns WHERE stream = %s AND name NOT IN %s", (stream, kept))
        for leaf, name in columns:
            values = (stream, name, leaf.pointer, leaf.type.value)
            run(self._database, "INSERT INTO _columns (stream, name, pointer, type) VALUES (%s, %s, %s, %s)", values)


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _defined(column: Named) -> str:
    leaf, name = column
    return f"{quoted(name)} {WORDS[leaf.type]}"
