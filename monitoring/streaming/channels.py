"""Clients that want the same of the same partitions: an event is judged, cut and written once for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import orjson

from eventplatform.core.records import TopicPartition
from monitoring.streaming import filters, rendering
from monitoring.streaming.entries import Entry, View
from monitoring.streaming.filters import Filter
from monitoring.streaming.paths import Path, Selection
from monitoring.streaming.positions import Position, part_of_id
from monitoring.streaming.rendering import Format

if TYPE_CHECKING:
    from monitoring.streaming.client import Client

_PIECE_BYTES = 64 * 1024  # one write; what a slow client loses at once


@dataclass(frozen=True, slots=True)
class Wish:
    """What clients of one channel have in common."""

    partitions: tuple[TopicPartition, ...]
    format: Format = "sse"
    filters: tuple[Filter, ...] = ()
    fields: tuple[Path, ...] = ()
    with_canaries: bool = False
    view: View = "clean"


class Reading(NamedTuple):
    """What was read of a partition: its events, and where to go on."""

    where: TopicPartition
    offset: int
    entries: Sequence[Entry]
    next_offset: int
    timestamp_ms: int  # of the last record


@dataclass(slots=True)
class Piece:
    """Some events as bytes, framed as a chunk; `event_id` is the last one's."""

    framed: bytes
    count: int
    event_id: bytes

    @property
    def body(self) -> bytes:
        """Without the frame, for HTTP/1.0."""
        return self.framed[self.framed.index(b"\r\n") + 2 : -2]


class Positions:
    """A position in each partition, and the id that they make, of which only what moved is written anew."""

    def __init__(self, positions: Mapping[TopicPartition, Position], logs: Mapping[TopicPartition, str]) -> None:
        self._positions = dict(positions)
        self._logs = logs
        self._parts = {where: part_of_id(where, at, logs[where]) for where, at in positions.items()}
        self._id: bytes | None = None

    def __getitem__(self, where: TopicPartition) -> Position:
        return self._positions[where]

    def items(self) -> Iterable[tuple[TopicPartition, Position]]:
        """Every partition with its position."""
        return self._positions.items()

    def move(self, where: TopicPartition, offset: int, timestamp_ms: int) -> None:
        """Go on in a partition."""
        self._positions[where] = position = Position(offset, timestamp_ms)
        self._parts[where] = part_of_id(where, position, self._logs[where])
        self._id = None

    @property
    def id(self) -> bytes:
        """The id of an event that was sent last."""
        if self._id is None:
            self._id = b"[" + b",".join(self._parts.values()) + b"]"
        return self._id


class Writer:
    """Turns entries into what clients with one wish get."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self._selection = Selection(wish.fields) if wish.fields else None

    def write(self, readings: Iterable[Reading], positions: Positions) -> list[Piece]:
        """The pieces to send for these readings; `positions` is moved behind them."""
        pieces: list[Piece] = []
        parts: list[bytes] = []
        size = 0
        for reading in readings:
            for entry in reading.entries:
                data = self._data(entry)
                if data is None:
                    continue
                positions.move(reading.where, entry.record.offset + 1, entry.record.timestamp_ms)
                parts.append(rendering.event(self.wish.format, data, positions.id))
                size += len(parts[-1])
                if size >= _PIECE_BYTES:
                    pieces.append(_piece(parts, positions.id))
                    parts, size = [], 0
            positions.move(reading.where, reading.next_offset, reading.timestamp_ms)
        if parts:
            pieces.append(_piece(parts, positions.id))
        return pieces

    def _data(self, entry: Entry) -> bytes | None:
        if entry.is_canary and not self.wish.with_canaries:
            return None
        event = entry.view(self.wish.view)
        # By what the client may see: else a filter would tell what is hidden.
        if event is None or not filters.matches(self.wish.filters, event):
            return None
        return orjson.dumps(event if self._selection is None else self._selection.of(event))


def _piece(parts: Sequence[bytes], event_id: bytes) -> Piece:
    return Piece(rendering.chunk(b"".join(parts)), len(parts), event_id)


@dataclass(eq=False, slots=True)
class Channel:
    """The clients of one wish that have what has come, and get what comes."""

    writer: Writer
    positions: Positions
    clients: set[Client] = field(default_factory=set)

    def give(self, readings: Sequence[Reading]) -> None:
        """Write these readings once, for all."""
        pieces = self.writer.write(readings, self.positions)
        for client in tuple(self.clients) if pieces else ():
            for piece in pieces:
                client.take(piece)
