"""Outboxes over SQLAlchemy in a file and in Postgres, and a courier that does as it is told."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymysql
import pytest
from sqlalchemy import Engine, MetaData, Table, create_engine, event

from eventclient.outbox.entries import Entry
from eventclient.outbox.fates import SENT, Fate
from eventclient.outbox.sqlalchemy import SqlStore, outbox_table, publish


@dataclass
class Outbox:
    """An engine, its table, and what tests do to them."""

    engine: Engine
    table: Table

    @property
    def store(self) -> SqlStore:
        return SqlStore(self.engine, self.table)

    def write(self, *numbers: int, key: str = "") -> None:
        with self.engine.begin() as connection:
            for number in numbers:
                publish(connection, "test.event", {"n": number}, table=self.table, key=key)

    def rows(self) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(self.table.select().order_by(self.table.c.id)))


@dataclass
class ToldCourier:
    """Notes what it is given; `answer` says the fate of each number."""

    answer: Callable[[int], Fate] = lambda _number: SENT
    batches: list[list[int]] = field(default_factory=list)

    def deliver(self, entries: Sequence[Entry]) -> Sequence[Fate]:
        numbers = [json.loads(entry.body)["n"] for entry in entries]
        self.batches.append(numbers)
        return [self.answer(number) for number in numbers]

    @property
    def sent(self) -> list[int]:
        return [number for batch in self.batches for number in batch]


def an_outbox(url: str) -> Outbox:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _wait_for_writers(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA busy_timeout=20000")

    metadata = MetaData()
    table = outbox_table(metadata)
    metadata.create_all(engine)
    return Outbox(engine, table)


@pytest.fixture
def in_file(tmp_path: Path) -> Iterator[Outbox]:
    made = an_outbox(f"sqlite:///{tmp_path / 'outbox.db'}")
    yield made
    made.engine.dispose()


DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow), pytest.param("mysql", marks=pytest.mark.slow)]


@pytest.fixture(params=DATABASES)
def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Outbox]:
    """One on each kind of database."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url").replace("postgresql://", "postgresql+psycopg://")
    elif request.param == "mysql":
        port = request.getfixturevalue("mariadb_server").port
        url = f"mysql+pymysql://ep:ep@127.0.0.1:{port}/{mysql_database(port)}"
    else:
        url = f"sqlite:///{tmp_path / 'outbox.db'}"
    made = an_outbox(url)
    yield made
    made.engine.dispose()


def mysql_database(port: int) -> str:
    name = f"outbox_{uuid.uuid4().hex[:12]}"
    with pymysql.connect(host="127.0.0.1", port=port, user="ep", password="ep") as connection:
        connection.cursor().execute(f"CREATE DATABASE {name}")
    return name
