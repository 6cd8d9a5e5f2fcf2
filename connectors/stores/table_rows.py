"""The rows of a batch on their way into a table: as delimited lines, and, by key, only the newest of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from connectors.mapping.delimited import NOTHING, line, moment
from connectors.mapping.keys import Key, digest, key_of, tombstone_key
from connectors.mapping.policies import Policies
from connectors.sinks.base import Row, RowsRefusedError, WriteBatch
from connectors.stores.tables import Table
from eventplatform.core.errors import RejectedError
from eventplatform.core.records import Record

_BLOCK_CHARACTERS = 64 * 1024  # small enough that the server works while we make the next one


@dataclass(frozen=True, slots=True)
class Version:
    """Which record a stored row came from."""

    topic: str
    partition: int
    generation: int
    offset: int
    timestamp: datetime | None

    def is_older_than(self, record: Record, generation: int) -> bool:
        """In one partition offsets decide; between partitions, whose offsets can't be compared, the records' time."""
        if (self.topic, self.partition) == (record.topic, record.partition):
            return (self.generation, self.offset) < (generation, record.offset)
        if self.timestamp is None:
            return True
        stored = self.timestamp if self.timestamp.tzinfo else self.timestamp.replace(tzinfo=UTC)
        return stored.timestamp() * 1000 <= record.timestamp_ms


class Lines:
    """Rows as lines of text, made while the store reads them, so that both work at once."""

    def __init__(self, table: Table, batch: WriteBatch, generation: int) -> None:
        self.discarded_values = 0
        self.count = 0
        self._table = table
        self._policies = Policies.of(batch.steering)
        self._where = (batch.where.topic, str(batch.where.partition))
        self._generation = str(generation)
        self._take(None)

    def of(self, rows: Iterable[tuple[str, Row]]) -> Iterator[str]:
        """A line for each row; with its key, which counts where the table has one.

        Raises:
            RowsRefusedError: at the end, with every row that a policy refuses or drops.
        """
        refused: dict[int, RejectedError] = {}
        for key, row in rows:
            try:
                text = self._line(row, key)
            except RejectedError as error:
                refused[row.offset] = error
                continue
            self.count += 1
            yield text
        if refused:
            raise RowsRefusedError(refused)

    def _line(self, row: Row, key: str) -> str:
        record, schema_id = row.record, row.event.get("$schema")
        if schema_id != self._schema_id:
            self._take(schema_id)
        extra, values = NOTHING, [NOTHING] * self._table.width
        if not self._read(row.event, values):
            shaped = self._policies.shape(row.event, self._plan, self._table.width, NOTHING)
            self.discarded_values += shaped.discarded
            extra, values = NOTHING if shaped.extra is None else shaped.extra, shaped.values
        own = [*self._where, str(record.offset), self._generation, moment(record.timestamp_ms), self._schema, extra]
        if self._table.key:
            own.append(key)
        return line(own + values)

    def _take(self, schema_id: Any) -> None:
        """Look up the schema; most events have the same as the one before."""
        self._schema_id = schema_id
        self._plan = self._table.plan(schema_id)
        self._read = self._table.reader(schema_id)
        self._schema = NOTHING if schema_id is None else str(schema_id).replace("\0", "")


def blocks(lines: Iterator[str]) -> Iterator[bytes]:
    """The lines with their ends, in pieces for the wire."""
    waiting: list[str] = []
    size = 0
    for text in lines:
        waiting.append(text)
        size += len(text)
        if size >= _BLOCK_CHARACTERS:
            yield ("\n".join(waiting) + "\n").encode()
            waiting, size = [], 0
    if waiting:
        yield ("\n".join(waiting) + "\n").encode()


_Spoken = tuple[int, "Row | Record", "partial[Key]"]


@dataclass(frozen=True, slots=True)
class Newest:
    """A batch by key: the newest row of each, or the tombstone that came after it."""

    rows: Mapping[str, Row]
    gone: Mapping[str, Record]

    @classmethod
    def of(cls, batch: WriteBatch, key: tuple[str, ...]) -> Newest:
        """The last word on each key.

        Raises:
            RowsRefusedError: rows without the key's fields, tombstones that name no row.
        """
        found: list[_Spoken] = [(row.offset, row, partial(key_of, row.event, key)) for row in batch.rows]
        found += [(one.offset, one, partial(tombstone_key, one, key)) for one in batch.tombstones]
        last: dict[str, Row | Record] = {}
        refused: dict[int, RejectedError] = {}
        for offset, one, key_for in sorted(found, key=lambda each: each[0]):
            try:
                last[digest(key_for())] = one
            except RejectedError as error:
                refused[offset] = error
        if refused:
            raise RowsRefusedError(refused)
        rows = {key_digest: one for key_digest, one in last.items() if isinstance(one, Row)}
        return cls(rows, {key_digest: one for key_digest, one in last.items() if isinstance(one, Record)})

    def over(self, stored: Mapping[str, Version], generation: int) -> Newest:
        """Without what the store has a newer word on."""

        def is_news(key: str, record: Record) -> bool:
            return key not in stored or stored[key].is_older_than(record, generation)

        return Newest(
            {key: row for key, row in self.rows.items() if is_news(key, row.record)},
            {key: record for key, record in self.gone.items() if is_news(key, record)},
        )

    @property
    def keys(self) -> Collection[str]:
        return (*self.rows, *self.gone)
