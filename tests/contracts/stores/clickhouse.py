"""ClickHouse as the contract suite sees it."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from connectors.sinks import clickhouse
from connectors.sinks.base import Sink, Surroundings
from tests.own_tables import with_own_tables

MARKS: list[Any] = [pytest.mark.services]
COMMIT = "connectors.stores.own_positions:OwnPositions.step"


def make(request: pytest.FixtureRequest, _folder: Path) -> ClickHouseStore:
    address = f"http://{request.getfixturevalue('clickhouse_server').address}"
    return ClickHouseStore(address, with_own_tables(request.getfixturevalue("postgres_url")))


class ClickHouseStore:
    def __init__(self, url: str, database_url: str) -> None:
        self.url = url
        self.database_url = database_url
        self.database = f"t{uuid.uuid4().hex[:12]}"

    def sink(self, connector: str = "c1", **options: Any) -> Sink:
        chosen = clickhouse.Options(database=self.database, batch_seconds=0.0, **options)
        sink = clickhouse.ClickHouseSink(connector, clickhouse.Target(self.url), chosen)
        sink.around = Surroundings(database_url=self.database_url)
        return sink

    def texts(self, stream: str) -> list[str]:
        name = stream.replace(".", "_").lower()
        return [test for (test,) in self.query("SELECT test FROM {} FINAL ORDER BY _generation, _offset", name)]

    def canaries(self) -> list[tuple[str, str]]:
        return [(stream, known) for stream, known in self.query("SELECT DISTINCT stream, event_id FROM {}", "_canaries")]

    def query(self, text: str, *names: str) -> list[tuple[Any, ...]]:
        """What the server answers, `{}` being tables of this database; nothing where there are none."""
        statement = text.format(*(f"{self.database}.`{name}`" for name in names))
        is_question = statement.startswith("SELECT")
        named = f"{statement} FORMAT JSONCompactEachRowWithNamesAndTypes" if is_question else statement
        answer = httpx.post(self.url, content=named, timeout=30, verify=False)  # noqa: S501  # plain http
        if "Code: 60." in answer.text or "Code: 81." in answer.text:  # no such table, no such database
            return []
        assert answer.is_success, answer.text
        _, kinds, *rows = [json.loads(line) for line in answer.text.splitlines()] if is_question else ([], [])
        return [tuple(_value(value, kind) for value, kind in zip(row, kinds, strict=True)) for row in rows]

    def own_rows(self, text: str) -> list[tuple[Any, ...]]:
        """What the platform's own database answers."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(text).fetchall()


def _value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if "Int" in kind:
        return int(value)
    return datetime.fromisoformat(value) if "DateTime" in kind else value
