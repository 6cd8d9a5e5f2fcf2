"""Where the reference's events arrive, by kind of store: a target for it, and a look into it. A new kind adds its function."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.stores import clickhouse, mysql
from tests.contracts.stores.postgres import PostgresStore

# By the event's `meta.id`: the reasons why something of it stands in `_extra`, by JSON pointer.
Arrived = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Arrival:
    """The options of a target of the kind, and what is in the store; events that stand there twice are told by `twice`."""

    options: dict[str, Any]
    look: Callable[[], Iterator[tuple[str, Any]]]  # id and `_extra` of every row

    def arrived(self) -> Arrived:
        """What is there.

        Raises:
            AssertionError: an event is there twice.
        """
        rows = list(self.look())
        found = {event_id: reasons(extra) for event_id, extra in rows}
        assert len(found) == len(rows)
        return found


def reasons(extra: Any) -> dict[str, str]:
    kept = json.loads(extra) if isinstance(extra, str) else extra or {}
    return {pointer: left["why"] for pointer, left in kept.items()}


def in_postgres(request: pytest.FixtureRequest, _folder: Path) -> Arrival:
    store = PostgresStore(request.getfixturevalue("postgres_url"))

    def look() -> Iterator[tuple[str, Any]]:
        for (name,) in store.query("SELECT name FROM events._tables"):
            yield from ((row[0], row[1]) for row in store.query("SELECT meta__id, _extra FROM events.{}", name))

    return Arrival({"url": store.url}, look)


def in_mysql(request: pytest.FixtureRequest, folder: Path) -> Arrival:
    store = mysql.make(request, folder)

    def look() -> Iterator[tuple[str, Any]]:
        for (name,) in store.query("SELECT name FROM _tables"):
            yield from ((row[0], row[1]) for row in store.query("SELECT meta__id, _extra FROM {}", name))

    server = {"host": "127.0.0.1", "port": store.port, "user": "ep", "password": "ep"}
    return Arrival({**server, "database": store.database}, look)


def in_clickhouse(request: pytest.FixtureRequest, folder: Path) -> Arrival:
    store = clickhouse.make(request, folder)
    store.database = "events"  # as connectors have it that say nothing

    def look() -> Iterator[tuple[str, Any]]:
        for (name,) in store.query("SELECT name FROM {} FINAL", "_tables"):
            yield from ((row[0], row[1]) for row in store.query("SELECT meta__id, _extra FROM {}", name))

    return Arrival({"url": store.url}, look)


def in_files(_request: pytest.FixtureRequest, folder: Path) -> Arrival:
    def look() -> Iterator[tuple[str, Any]]:
        for path in sorted((folder / "lake").rglob("*.jsonl")):
            for line in path.read_text().splitlines():
                yield json.loads(line)["meta"]["id"], None

    return Arrival({"root": str(folder / "lake")}, look)


ARRIVALS: dict[str, Callable[[pytest.FixtureRequest, Path], Arrival]] = {
    "postgres": in_postgres,
    "mysql": in_mysql,
    "clickhouse": in_clickhouse,
    "files": in_files,
}
