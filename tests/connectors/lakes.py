"""Lakes for tests: batches of events, and blobs that end a run, or let a reader look, at any change they are asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from connectors.sinks.base import Position, Row, WriteBatch
from connectors.steering import NO_STEERING, Steering
from connectors.stores.lake_blobs import Blob, BlobStore
from connectors.stores.lake_closing import Closer
from connectors.stores.lake_reading import read_hour
from connectors.stores.lake_sink import LakeSink
from eventplatform.core.records import Record, TopicPartition

STREAM = "s"
WHERE = TopicPartition(STREAM, 0)
HOUR = datetime(2026, 11, 25, 9, tzinfo=UTC)
LATER = HOUR + timedelta(hours=1, minutes=10)


class Killed(BaseException):
    """The process ends here, as far as a test can."""


class WatchedBlobs(BlobStore):
    """Calls `watch` before each change of what lies below."""

    def __init__(self, below: BlobStore, watch: Callable[[], None] = lambda: None) -> None:
        self.below = below
        self.watch = watch

    def open(self) -> None:
        self.below.open()

    def close(self) -> None:
        self.below.close()

    def create_if_absent(self, key: str, content: bytes) -> bool:
        self.watch()
        return self.below.create_if_absent(key, content)

    def write(self, key: str, content: bytes) -> None:
        self.watch()
        self.below.write(key, content)

    def read(self, key: str) -> bytes | None:
        return self.below.read(key)

    def files(self, folder: str, *, after: str = "") -> Iterator[Blob]:
        return self.below.files(folder, after=after)

    def folders(self, folder: str) -> Iterator[str]:
        return self.below.folders(folder)

    def move(self, source: str, target: str) -> None:
        self.watch()
        self.below.move(source, target)

    def delete(self, key: str) -> None:
        self.watch()
        self.below.delete(key)

    def delete_folder(self, folder: str) -> None:
        self.watch()
        self.below.delete_folder(folder)

    def address(self, key: str) -> str:
        return self.below.address(key)

    def exists(self, key: str) -> bool:
        return self.below.exists(key)


def use_blobs(sink: LakeSink, blobs: BlobStore) -> None:
    """Have the sink write through these."""
    sink.blobs = blobs
    sink.manifests._blobs = blobs
    sink.schemas._blobs = blobs


def at(offset: int) -> Position:
    return Position(offset, "i", "c")


def row(offset: int, moment: Any = HOUR, **fields: Any) -> Row:
    text = moment.isoformat() if isinstance(moment, datetime) else moment
    event = {"$schema": "/t/1.0.0", "meta": {"dt": text}, "test": f"t{offset}", **fields}
    return Row(Record(*WHERE, offset, 1_700_000_000_000, None, orjson.dumps(event)), event)


def write(sink: LakeSink, *rows: Row, where: TopicPartition = WHERE, steering: Steering = NO_STEERING) -> None:
    """One flush of these, from where the lake stands."""
    batch = WriteBatch(where.topic, where, sink.position(where), at(rows[-1].offset + 1), rows, steering=steering)
    sink.write(batch)


def close_hours(sink: LakeSink, now: datetime, *, reached: datetime | None = None) -> list[str]:
    """One run over the stream's hours, as if the log had been stored up to `reached`; what was closed, with its revision."""
    until = reached or now
    closed = Closer(sink, STREAM, [WHERE], lambda _stored, moment: moment <= until).run(now)
    return [f"{one.hour:%dT%H} r{one.revision} {one.rows}" for one in closed]


def texts(sink: LakeSink, hour: datetime = HOUR) -> list[str]:
    """What a careful reader sees of an hour."""
    contents = read_hour(sink.blobs, STREAM, hour).values()
    return sorted(json.loads(line)["test"] for content in contents for line in content.splitlines())
