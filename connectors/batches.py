"""What goes into a store at once, and where that lies in the event log."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from connectors.steering import NO_STEERING, Steering
from eventplatform.core.records import Record, TopicPartition


@dataclass(frozen=True, slots=True)
class Position:
    """Where a connector stands in a partition: the next offset to read, of which log."""

    next_offset: int
    incarnation: str
    cluster_id: str


@dataclass(frozen=True, slots=True)
class Row:
    """One event to store, and the record that carried it."""

    record: Record
    event: Mapping[str, Any]

    @property
    def offset(self) -> int:
        """The record's offset."""
        return self.record.offset


@dataclass(frozen=True, slots=True)
class Canary:
    """A synthetic event to mark as seen."""

    offset: int
    event_id: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class WriteBatch:
    """What one transaction puts into the store: all between the `expected` position and the one `after` it.

    `expected` is None where the store holds none yet. `rows` are in offset order; they may be empty. `tombstones` are
    records without a value (offset and key), only under `steering.is_upsert`; a store without rows by key ignores them.
    """

    stream: str
    where: TopicPartition
    expected: Position | None
    after: Position
    rows: Sequence[Row]
    canaries: Sequence[Canary] = ()
    steering: Steering = NO_STEERING
    tombstones: Sequence[Record] = ()

    @property
    def size(self) -> int:
        """How many rows, tombstones and canaries it has."""
        return len(self.rows) + len(self.canaries) + len(self.tombstones)

    @property
    def offsets(self) -> tuple[int, ...]:
        """The offsets of its rows, tombstones and canaries, in order."""
        every: tuple[Row | Canary | Record, ...] = (*self.rows, *self.canaries, *self.tombstones)
        return tuple(sorted(one.offset for one in every))

    def halves(self) -> tuple[WriteBatch, WriteBatch]:
        """The same as two batches of about as many rows and canaries, to be written one after the other."""
        offsets = self.offsets
        cut = replace(self.after, next_offset=offsets[len(offsets) // 2])
        first, second = self._only(lambda one: one < cut.next_offset), self._only(lambda one: one >= cut.next_offset)
        return replace(first, after=cut), replace(second, expected=cut)

    def emptied(self) -> WriteBatch:
        """Only the step to the next offset."""
        return replace(self, rows=(), canaries=(), tombstones=())

    def without(self, offsets: Collection[int]) -> WriteBatch:
        """The same without these rows and tombstones; the step stays as wide."""
        return replace(
            self,
            rows=tuple(row for row in self.rows if row.offset not in offsets),
            tombstones=tuple(one for one in self.tombstones if one.offset not in offsets),
        )

    def _only(self, wanted: Callable[[int], bool]) -> WriteBatch:
        return replace(
            self,
            rows=tuple(row for row in self.rows if wanted(row.offset)),
            canaries=tuple(one for one in self.canaries if wanted(one.offset)),
            tombstones=tuple(one for one in self.tombstones if wanted(one.offset)),
        )


@dataclass(frozen=True, slots=True)
class Written:
    """What a `write` put into the store; `discarded_values` are those that a policy left out of their rows."""

    rows: int
    canaries: int
    discarded_values: int = 0


def owner_of(name: str) -> str:
    """The connector that a position's name belongs to: back-fills of `rows` keep theirs as `rows~7`."""
    return name.partition("~")[0]
