"""How the contract suite looks into each store; a new sink adds one class and its line in `STORES`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg import sql

from connectors.sinks import files, postgres
from connectors.sinks.base import Sink


class Store(Protocol):
    def sink(self, connector: str = "c1") -> Sink:
        """A new hand on the same store, not yet open."""

    def texts(self, stream: str) -> list[str]:
        """The field `test` of every data row."""

    def canaries(self) -> list[tuple[str, str]]:
        """Stream and id of every canary marked."""


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


class FilesStore:
    def __init__(self, root: Path) -> None:
        self.root = root

    def sink(self, connector: str = "c1") -> Sink:
        return files.FilesSink(connector, files.Target(str(self.root)), files.Options())

    def texts(self, stream: str) -> list[str]:
        found = sorted((self.root / stream).rglob("*.jsonl"), key=lambda path: path.name)
        return [json.loads(line)["test"] for path in found for line in path.read_text().splitlines()]

    def canaries(self) -> list[tuple[str, str]]:
        markers = [json.loads(path.read_text()) for path in (self.root / "_canaries").rglob("*.json")]
        return [(marker["stream"], marker["id"]) for marker in markers]

    def data_files(self) -> list[str]:
        return sorted(os.fspath(path.relative_to(self.root)) for path in self.root.rglob("*.jsonl"))


# Kind → makes its store from a fresh database's URL and a fresh folder.
STORES: dict[str, Callable[[str, Path], Store]] = {
    "postgres": lambda url, _folder: PostgresStore(url),
    "files": lambda _url, folder: FilesStore(folder),
}
