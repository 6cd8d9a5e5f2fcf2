"""Stores that can be asked: their tables' columns and the rows of a query, read-only and ended after some seconds."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from connectors.explore.columns import Column
from connectors.explore.queries import Dialect, DruidDialect, PostgresDialect, Query, quoted
from connectors.mapping.columns import ColumnType
from connectors.sinks import druid, postgres
from connectors.sinks.base import StoreUnavailableError
from connectors.stores import druid_api, druid_columns
from eventplatform.core.errors import RetriableError

QUERY_SECONDS = 8.0  # for all queries of one question
_OWN = (Column("_topic", ColumnType.TEXT), Column("_schema", ColumnType.TEXT))
_COLUMNS = """
SELECT pointer, name, type FROM {}._columns JOIN pg_attribute ON attname = name
WHERE stream = %s AND attrelid = to_regclass(%s) AND NOT attisdropped
"""
_DRUID_TYPES = {
    "VARCHAR": ColumnType.TEXT,
    "BIGINT": ColumnType.INTEGER,
    "DOUBLE": ColumnType.NUMBER,
    "FLOAT": ColumnType.NUMBER,
}


class TooSlowError(RetriableError):
    """The store needs longer for the answer than a page may take."""

    code = "explore.too_slow"
    message = "The store did not answer within {seconds:g} seconds."
    remedy = "Ask for a shorter time, fewer parts or a filter; what needs longer is a job for a query tool."


class Source(ABC):
    """One connector's store, and in it the table of one stream."""

    dialect: Dialect
    kind: str
    place: str  # the database for other tools, without a password
    time_column: str

    def __init__(self) -> None:
        self._ends_at = time.monotonic() + QUERY_SECONDS

    @property
    def seconds_left(self) -> float:
        """What remains for queries.

        Raises:
            TooSlowError: nothing.
        """
        left = self._ends_at - time.monotonic()
        if left <= 0.05:  # noqa: PLR2004  # no query is that fast
            raise TooSlowError(seconds=QUERY_SECONDS)
        return left

    @property
    @abstractmethod
    def table(self) -> tuple[str, ...]:
        """The table's name, after its schema where it lies in one; empty: nothing was stored yet."""

    @abstractmethod
    def columns(self) -> tuple[Column, ...]:
        """The table's columns, as the store has them."""

    @abstractmethod
    def rows(self, query: Query) -> list[tuple[Any, ...]]:
        """What the query finds.

        Raises:
            TooSlowError: not in time. StoreUnavailableError: the store is away.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the store."""


class PostgresSource(Source):
    """A table of a Postgres, in a transaction that can only read."""

    kind = "postgres"
    dialect = PostgresDialect()
    time_column = "_timestamp"

    def __init__(self, stream: str, target: postgres.Target, options: postgres.Options) -> None:
        super().__init__()
        self._stream, self._schema = stream, options.schema
        self.place = target.url
        milliseconds = int(QUERY_SECONDS * 1000)
        session = f"-c default_transaction_read_only=on -c statement_timeout={milliseconds} -c lock_timeout=1s -c timezone=UTC"
        try:
            self._database = psycopg.connect(
                target.url,
                password=target.password or None,
                autocommit=True,
                connect_timeout=5,
                application_name="explore",
                options=session,
            )
        except psycopg.Error as error:
            raise StoreUnavailableError(reason=_reason(error)) from error

    @cached_property
    def table(self) -> tuple[str, ...]:
        if self._run("SELECT to_regclass(%s) IS NOT NULL", (quoted(self._schema, "_tables"),)) != [(True,)]:
            return ()
        tables = self.dialect.quoted(self._schema, "_tables")
        found = self._run(f"SELECT name FROM {tables} WHERE stream = %s", (self._stream,))  # noqa: S608  # the schema is quoted
        return (self._schema, str(found[0][0])) if found else ()

    def columns(self) -> tuple[Column, ...]:
        text = _COLUMNS.format(self.dialect.quoted(self._schema))
        found = self._run(text, (self._stream, quoted(*self.table)))
        return (*_OWN, *(Column(name, ColumnType(kind), _path(place)) for place, name, kind in found))

    def rows(self, query: Query) -> list[tuple[Any, ...]]:
        return self._run(query.text, query.parameters)[: query.rows]

    def close(self) -> None:
        self._database.close()

    def _run(self, text: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        try:
            with self._database.transaction():
                self._database.execute(f"SET LOCAL statement_timeout = {int(self.seconds_left * 1000):d}".encode())
                return self._database.execute(text.encode(), parameters).fetchall()
        except psycopg.errors.QueryCanceled as error:
            raise TooSlowError(seconds=QUERY_SECONDS) from error
        except psycopg.Error as error:
            raise StoreUnavailableError(reason=_reason(error)) from error


class DruidSource(Source):
    """A datasource of a Druid, asked by its SQL."""

    kind = "druid"
    dialect = DruidDialect()
    time_column = "__time"

    def __init__(self, stream: str, documents: druid_columns.Documents, target: druid.Target, options: druid.Options) -> None:
        super().__init__()
        self._documents = documents
        self._datasource = options.datasource_prefix + stream
        address = druid_api.Address(target.url, target.query_url, target.username, target.password, target.ca_file)
        self._druid = druid_api.Druid(address)
        self.place = _druid_place(target)

    @property
    def table(self) -> tuple[str, ...]:
        return (self._datasource,) if self._types else ()

    def columns(self) -> tuple[Column, ...]:
        """Those that a schema names: of any other nobody knows whether it tells of people."""
        named = druid_columns.columns(self._documents, {})
        paths = {one.name: one.path for one in _OWN} | {one.name: one.path for one in named}
        found = [(name, _DRUID_TYPES.get(kind)) for name, kind in self._types.items() if name in paths]
        return tuple(Column(name, kind, paths[name]) for name, kind in found if kind is not None)

    def rows(self, query: Query) -> list[tuple[Any, ...]]:
        parameters = [_typed(value) for value in query.parameters]
        try:
            found = self._druid.query(query.text, parameters, seconds=self.seconds_left, rows=query.rows)
        except druid_api.QueryTimeoutError as error:
            raise TooSlowError(seconds=QUERY_SECONDS) from error
        return [tuple(row.values()) for row in found]

    def close(self) -> None:
        self._druid.close()

    @cached_property
    def _types(self) -> Mapping[str, str]:
        query = "SELECT COLUMN_NAME, DATA_TYPE FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = 'druid' AND TABLE_NAME = ?"
        return dict(self.rows(Query(query, (self._datasource,), 5000)))


def _typed(value: Any) -> dict[str, Any]:
    kind = "VARCHAR" if isinstance(value, str) else "BIGINT" if isinstance(value, int) else "DOUBLE"
    return {"type": kind, "value": value}


def _path(pointer: str) -> tuple[str, ...]:
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def _druid_place(target: druid.Target) -> str:
    """As SQLAlchemy's dialect for Druid wants it."""
    parts = urlsplit(target.query_url or target.url)
    host = parts.netloc.rpartition("@")[2]
    user = f"{target.username}@" if target.username else ""
    return urlunsplit(("druid+https" if parts.scheme == "https" else "druid", user + host, "/druid/v2/sql/", "", ""))


def _reason(error: psycopg.Error) -> str:
    """The server's first line: its further lines quote values."""
    return (error.diag.message_primary or str(error)).strip().split("\n")[0].rstrip(".")
