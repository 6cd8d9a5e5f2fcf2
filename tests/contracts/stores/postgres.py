"""Postgres as the contract suite sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from connectors.sinks import postgres
from connectors.sinks.base import Sink

MARKS: list[Any] = []
COMMIT = "psycopg.transaction:Transaction.__exit__"


def make(request: pytest.FixtureRequest, _folder: Path) -> PostgresStore:
    return PostgresStore(request.getfixturevalue("postgres_url"))


class PostgresStore:
    def __init__(self, url: str) -> None:
        self.url = url

    def sink(self, connector: str = "c1") -> Sink:
        return postgres.PostgresSink(connector, postgres.Target(self.url), postgres.Options())

    def texts(self, stream: str) -> list[str]:
        return [str(row[0]) for row in self.query("SELECT test FROM events.{}", stream.replace(".", "_").lower())]

    def canaries(self) -> list[tuple[str, str]]:
        return [(row[0], row[1]) for row in self.query("SELECT stream, event_id FROM events._canaries")]

    def query(self, text: str, *names: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            query = sql.SQL(text).format(*map(sql.Identifier, names))
            cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description else []
