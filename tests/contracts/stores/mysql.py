"""MySQL, or MariaDB, as the contract suite sees it."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pymysql
import pytest

from connectors.sinks import mysql
from connectors.sinks.base import Sink

MARKS: list[Any] = []  # MariaDB is a light server
COMMIT = "pymysql.connections:Connection.commit"


def make(request: pytest.FixtureRequest, _folder: Path) -> MySqlStore:
    return fresh(request.getfixturevalue("mariadb_server").port)


def fresh(port: int) -> MySqlStore:
    """A store in a new, empty database."""
    store = MySqlStore(port, f"fresh_{uuid.uuid4().hex[:12]}")
    with pymysql.connect(host="127.0.0.1", port=port, user="ep", password="ep") as connection:
        connection.query(f"CREATE DATABASE {store.database}")
    return store


class MySqlStore:
    def __init__(self, port: int, database: str) -> None:
        self.port = port
        self.database = database

    @property
    def target(self) -> mysql.Target:
        return mysql.Target("127.0.0.1", self.database, "ep", "ep", self.port)

    def sink(self, connector: str = "c1") -> Sink:
        return mysql.MySqlSink(connector, self.target, mysql.Options())

    def texts(self, stream: str) -> list[str]:
        name = stream.replace(".", "_").lower()
        return [str(row[0]) for row in self.query("SELECT test FROM {} ORDER BY _ingested, _offset", name)]

    def canaries(self) -> list[tuple[str, str]]:
        return [(row[0], row[1]) for row in self.query("SELECT stream, event_id FROM _canaries")]

    def query(self, text: str, *names: str) -> list[tuple[Any, ...]]:
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(text.format(*(f"`{name}`" for name in names)))
            return list(cursor.fetchall())

    def connect(self) -> pymysql.Connection[Any]:
        return pymysql.connect(
            host="127.0.0.1", port=self.port, user="ep", password="ep", database=self.database, autocommit=True
        )
