"""The newest events of all streams, read from the log in small, bounded bites and shared by all who look."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from eventplatform.broker.base import Log, Reader, partitions_of
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import Record, TopicPartition
from monitoring import canary, personal
from streamconfig.lookups import snapshot
from streamconfig.reading.lookups import is_kept_to_teams

_DEPTH = 50  # records looked at per partition
_MAX_BYTES = 256 * 1024
_REFRESH_SECONDS = 0.8  # however many people look, the log is asked this often at most
_READING_SECONDS = 1.0  # what isn't read by then comes with the next refresh
_KEPT = 200
_SUMMARY_LENGTH = 90


@dataclass(frozen=True, slots=True)
class TailEvent:
    """An event on the log as a row of the tail."""

    stream: str
    schema_id: str
    summary: str
    is_canary: bool
    received_at: datetime
    topic: str
    partition: int
    offset: int


class Tail:
    """Remembers each partition's newest records and reads on only where the end moved."""

    def __init__(self, event_log: Log) -> None:
        self._log = event_log
        self._lock = threading.Lock()
        self._reader: Reader | None = None
        self._ends: dict[TopicPartition, int] = {}
        self._events: tuple[TailEvent, ...] = ()
        self._looked_at = float("-inf")

    def newest(self, limit: int, *, with_canaries: bool = False) -> tuple[TailEvent, ...]:
        """At most `limit` events, newest first.

        Raises:
            PlatformError: the log is away, or what was to be read is gone.
        """
        with self._lock:
            if time.monotonic() - self._looked_at >= _REFRESH_SECONDS:
                self._refresh()
                self._looked_at = time.monotonic()
        events = (event for event in self._events if with_canaries or not event.is_canary)
        return tuple(event for event, _ in zip(events, range(limit), strict=False))

    def _refresh(self) -> None:
        topics = {topic for stream in snapshot().streams.values() for topic in stream.topics or (stream.name,)}
        ends = self._log.end_offsets(partitions_of(self._log.topics(topics)))
        moved = {where: end for where, end in ends.items() if end != self._ends.get(where, 0)}
        if not moved:
            return
        found = self._read(moved, self._log.first_offsets(moved.keys()))
        kept = {(event.topic, event.partition, event.offset): event for event in (*self._events, *found)}
        self._events = tuple(sorted(kept.values(), key=lambda event: event.received_at, reverse=True)[:_KEPT])

    def _read(self, ends: Mapping[TopicPartition, int], firsts: Mapping[TopicPartition, int]) -> list[TailEvent]:
        deadline = time.monotonic() + _READING_SECONDS
        reader = self._reader = self._reader or self._log.reader()
        found: list[TailEvent] = []
        try:
            for where, end in ends.items():
                if time.monotonic() > deadline:
                    break
                known = self._ends.get(where, 0)
                start = max(firsts.get(where, 0), end - _DEPTH, known if known <= end else 0)
                batch = reader.read(where, start, max_records=_DEPTH, max_bytes=_MAX_BYTES)
                found += [event_of(record) for record in batch.records]
                self._ends[where] = batch.next_offset
        except PlatformError:
            self._reader = None  # a broken connection is not used again
            reader.close()
            raise
        return found


def event_of(record: Record) -> TailEvent:
    """A row for `record`, whatever it holds."""
    event = parsed(record)
    meta = event.get("meta") if isinstance(event, dict) else None
    stream = meta.get("stream") if isinstance(meta, dict) else None
    stream = str(stream or record.topic)
    return TailEvent(
        stream=stream,
        schema_id=str(event.get("$schema", "")) if isinstance(event, dict) else "",
        # One for all who look.
        summary="kept to its teams" if is_kept_to_teams(stream) else _summary(personal.masked_content(event)),
        is_canary=canary.is_canary(event),
        received_at=datetime.fromtimestamp(record.timestamp_ms / 1000, UTC),
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
    )


def parsed(record: Record) -> Any:
    """The event in `record`; text where it is no JSON, None for a tombstone."""
    if record.value is None:
        return None
    try:
        return orjson.loads(record.value)
    except orjson.JSONDecodeError:
        return record.value.decode(errors="replace")


def record_at(event_log: Log, where: TopicPartition, offset: int) -> Record | None:
    """The record at these coordinates, or none where it is gone or never was."""
    reader = event_log.reader()
    try:
        batch = reader.read(where, offset, max_records=1)
    except PlatformError:
        return None
    finally:
        reader.close()
    return next((record for record in batch.records if record.offset == offset), None)


def _summary(event: Any) -> str:
    if isinstance(event, dict):
        event = {key: value for key, value in event.items() if key not in {"$schema", "meta", "dt"}}
    text = orjson.dumps(event).decode()
    return text if len(text) <= _SUMMARY_LENGTH else f"{text[:_SUMMARY_LENGTH]}…"
