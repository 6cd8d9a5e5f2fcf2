"""What the SQL sinks share: one transaction of the offset's step, the canaries and the rows; each says how."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, ClassVar

from connectors.mapping import keys
from connectors.mapping.columns import ColumnType, unique_name
from connectors.mapping.preview import Preview
from connectors.mapping.previewing import preview_table
from connectors.sinks.base import Row, Sink, StoreUnavailableError, WriteBatch, Written
from connectors.steering import Steering
from connectors.stores.table_rows import Lines, Newest, Version
from connectors.stores.tables import KEY_COLUMN, OWN_NAMES, Table, Tables, key_of
from eventplatform.core.errors import RejectedError


class RowsKnownError(Exception):
    """Some rows are in the table already, or the fast way could not take them all: to be written with care."""


class TableSink(Sink):
    """A sink into tables. `tables` is set while it is open."""

    ttl_by_expiry = True
    tables: Tables
    words: ClassVar[Mapping[ColumnType, str]]  # the store's names for what columns hold
    own_columns: ClassVar[Sequence[tuple[str, str]]] = ()  # ours in every table: name and type

    def prepare(self, stream: str, schema_id: str, document: Mapping[str, Any], steering: Steering) -> None:
        with self._errors():
            self.tables.prepare(stream, schema_id, document, steering)

    def preview(
        self, stream: str, schemas: Mapping[str, Mapping[str, Any]], rows: Sequence[Row], steering: Steering
    ) -> Preview:
        key = key_of(stream, steering)
        refused = {row.offset: error for row in rows if (error := _without(key, row))} if key else {}
        told = preview_table(
            self.place_of(unique_name(stream, stream, OWN_NAMES)),
            schemas=schemas,
            rows=[row for row in rows if row.offset not in refused],
            steering=steering,
            words=self.words,
            own_columns=(*self.own_columns, *([(KEY_COLUMN, self.words[ColumnType.TEXT])] if key else [])),
        )
        return replace(told, refused={**refused, **told.refused})

    def place_of(self, table: str) -> str:
        """The table's whole name, for people."""
        return table

    def write(self, batch: WriteBatch) -> Written:
        try:
            return self._write(batch, is_careful=False)
        except RowsKnownError:
            return self._write_with_care(batch)

    def _write_with_care(self, batch: WriteBatch) -> Written:
        try:
            return self._write(batch, is_careful=True)
        except RowsKnownError:
            raise StoreUnavailableError(reason="another writer put the same rows at the same time") from None

    def _write(self, batch: WriteBatch, *, is_careful: bool) -> Written:
        with self._errors(), self._transaction():
            generation = self._advance(batch)
            self._mark_canaries(batch)
            if not batch.rows and not batch.tombstones:
                return Written(0, len(batch.canaries))
            table = self.tables.table(batch.stream, batch.steering)
            if table is None and batch.rows:
                raise StoreUnavailableError(reason="the stream's table is not there")
            if table is None:  # tombstones of a stream that never had a row
                return Written(len(batch.tombstones), len(batch.canaries))
            lines = Lines(table, batch, generation)
            if table.key:
                self._replace(batch, table, lines, generation, is_careful=is_careful)
                count = len(batch.rows) + len(batch.tombstones)
            else:
                self._append(batch, table, lines, generation, is_careful=is_careful)
                count = lines.count
            return Written(count, len(batch.canaries), lines.discarded_values)

    def _append(self, batch: WriteBatch, table: Table, lines: Lines, generation: int, *, is_careful: bool) -> None:
        known = self._known_offsets(table, batch, generation) if is_careful else ()
        rows = [("", row) for row in batch.rows if row.offset not in known]
        if rows:
            self._insert(table, lines.of(rows), is_careful=is_careful)

    def _replace(self, batch: WriteBatch, table: Table, lines: Lines, generation: int, *, is_careful: bool) -> None:
        newest = Newest.of(batch, table.key)
        stored = self._stored(table, newest.keys)
        newest = newest.over(stored, generation)
        self._delete(table, [key for key in newest.keys if key in stored])
        if newest.rows:
            self._insert(table, lines.of(newest.rows.items()), is_careful=is_careful)

    @abstractmethod
    def _errors(self) -> AbstractContextManager[None]:
        """Turns the driver's errors into ours."""

    @abstractmethod
    def _transaction(self) -> AbstractContextManager[None]:
        """Commits at its end; rolls back on an error."""

    @abstractmethod
    def _advance(self, batch: WriteBatch) -> int:
        """Compare and set the position; the topic's generation.

        Raises:
            FencedError: the store holds another one than expected.
        """

    @abstractmethod
    def _mark_canaries(self, batch: WriteBatch) -> None:
        """Into `_canaries`, once each."""

    @abstractmethod
    def _insert(self, table: Table, lines: Iterator[str], *, is_careful: bool) -> None:
        """Put the lines into the table by the fastest way, or, careful, by one that says what is wrong with them.

        Raises:
            RowsKnownError: try it the careful way.
        """

    @abstractmethod
    def _known_offsets(self, table: Table, batch: WriteBatch, generation: int) -> Collection[int]:
        """Which of the batch's rows the table has already."""

    @abstractmethod
    def _stored(self, table: Table, keys: Collection[str]) -> Mapping[str, Version]:
        """Which record each of these rows came from; locked until the transaction ends."""

    @abstractmethod
    def _delete(self, table: Table, keys: Collection[str]) -> None:
        """Delete the rows of these keys."""


def _without(key: tuple[str, ...], row: Row) -> RejectedError | None:
    """Why the row has no such key."""
    try:
        keys.key_of(row.event, key)
    except RejectedError as error:
        return error
    return None
