"""Stores with tables, seen alike, and what is written into them; for the tests of what all SQL sinks share."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import orjson
import pytest

from connectors.sinks.base import (
    Position,
    Row,
    Sink,
    WriteBatch,
    Written,
)
from connectors.sinks.mysql import MySqlSink, Options
from connectors.steering import Steering
from eventplatform.core.records import Record, TopicPartition
from tests.contracts.stores import clickhouse, mysql
from tests.contracts.stores.postgres import PostgresStore

WHERE = TopicPartition("t", 0)
APPEND = Steering()
BY_ID = Steering(is_upsert=True, key=("/page/id",))
NOW_MS = int(datetime(2026, 11, 25, 9, 30, tzinfo=UTC).timestamp() * 1000)
SCHEMA: dict[str, Any] = {
    "properties": {
        "$schema": {"type": "string"},
        "test": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "n": {"type": "integer"},
        "x": {"type": "number"},
        "is": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "page": {"type": "object", "properties": {"id": {"type": "integer"}}},
    }
}


class Store(Protocol):
    prefix: str
    knows_rows: bool  # what stands there already is told from what is new

    def quoted(self, name: str) -> str: ...

    def may_be_null(self, kind: str) -> str: ...

    def rename(self, table: str, new: str) -> None: ...

    def sink(self, connector: str = "c1") -> Sink: ...

    def rows(self, columns: str, table: str = "s", order: str = "_offset") -> list[tuple[Any, ...]]: ...

    def query(self, text: str, *names: str) -> list[tuple[Any, ...]]: ...


class InPostgres(PostgresStore):
    prefix = "events."
    knows_rows = True

    def quoted(self, name: str) -> str:
        return f'"{name}"'

    def may_be_null(self, kind: str) -> str:
        return kind

    def rename(self, table: str, new: str) -> None:
        self.query(f"ALTER TABLE {self.prefix}{table} RENAME TO {new}")

    def rows(self, columns: str, table: str = "s", order: str = "_offset") -> list[tuple[Any, ...]]:
        return self.query(f"SELECT {columns} FROM events.{{}} ORDER BY {order}", table)  # noqa: S608  # the test's own words


class InMySql(mysql.MySqlStore):
    prefix = ""
    knows_rows = True

    def quoted(self, name: str) -> str:
        return f"`{name}`"

    def may_be_null(self, kind: str) -> str:
        return kind

    def rename(self, table: str, new: str) -> None:
        self.query(f"ALTER TABLE {self.prefix}{table} RENAME TO {new}")

    def rows(self, columns: str, table: str = "s", order: str = "_offset") -> list[tuple[Any, ...]]:
        return self.query(f"SELECT {columns} FROM {{}} ORDER BY {order}", table)  # noqa: S608  # likewise


class InMySqlByInsert(InMySql):
    """Where the server allows no LOAD DATA."""

    def sink(self, connector: str = "c1") -> Sink:
        return MySqlSink(connector, self.target, Options(load_data=False))


class InClickHouse(clickhouse.ClickHouseStore):
    knows_rows = False

    def __init__(self, url: str, database_url: str) -> None:
        super().__init__(url, database_url)
        self.prefix = f"{self.database}."

    def quoted(self, name: str) -> str:
        return f"`{name}`"

    def may_be_null(self, kind: str) -> str:
        return f"Nullable({kind})"

    def rename(self, table: str, new: str) -> None:
        self.query(f"RENAME TABLE {self.prefix}{table} TO {self.prefix}{new}")

    def rows(self, columns: str, table: str = "s", order: str = "_offset") -> list[tuple[Any, ...]]:
        if table == "_offsets":
            return self.own_rows(f"SELECT {columns} FROM connector_positions ORDER BY {order}")  # noqa: S608  # likewise
        return self.query(f"SELECT {columns} FROM {{}} FINAL ORDER BY {order}", table)  # noqa: S608  # likewise


IN_CLICKHOUSE = pytest.param("clickhouse", marks=pytest.mark.services)


def fresh(kind: str, request: pytest.FixtureRequest) -> Store:
    if kind == "clickhouse":
        made = clickhouse.make(request, Path())
        return InClickHouse(made.url, made.database_url)
    if kind == "postgres":
        return InPostgres(request.getfixturevalue("postgres_url"))
    database = mysql.fresh(request.getfixturevalue("mariadb_server").port)
    return (InMySql if kind == "mysql" else InMySqlByInsert)(database.port, database.database)


def record(
    offset: int, event: dict[str, Any] | None, *, key: bytes | None = None, at: int = NOW_MS, partition: int = 0
) -> Record:
    return Record("t", partition, offset, at, key, None if event is None else orjson.dumps(event))


def row(offset: int, event: dict[str, Any], schema_id: str = "/s/1.0.0", **facts: Any) -> Row:
    event = {"$schema": schema_id, **event}
    return Row(record(offset, event, **facts), event)


def write(
    store: Store,
    events: list[dict[str, Any]],
    *,
    stream: str = "s",
    start: int = 0,
    schema: dict[str, Any] = SCHEMA,
    schema_id: str = "/s/1.0.0",
    steering: Steering = APPEND,
) -> Written:
    rows = [row(start + number, event, schema_id) for number, event in enumerate(events)]
    with store.sink() as sink:
        sink.prepare(stream, schema_id, schema, steering)
        return put(sink, rows, start + len(rows), stream=stream, steering=steering)


def put(
    sink: Sink,
    rows: list[Row],
    after: int,
    *,
    stream: str = "s",
    steering: Steering = APPEND,
    tombstones: list[Record] | None = None,
    where: TopicPartition = WHERE,
) -> Written:
    new = Position(after, "i", "c")
    batch = WriteBatch(stream, where, sink.position(where), new, rows, (), steering, tombstones or [])
    return sink.write(batch)


def parsed(extra: Any) -> Any:
    return json.loads(extra) if isinstance(extra, str) else extra
