"""Asks a question: starts the engine's process, reads the log for it, and takes its answer, or ends it when time is up."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from eventplatform.broker.base import Log
from eventplatform.core import error_events
from eventplatform.core.records import Record
from eventplatform.core.streams import Stream
from monitoring.realtime import frames, reading, shapes
from monitoring.realtime.errors import StatementRefusedError, StreamUnknownError, TooManyStreamsError
from monitoring.realtime.loading import CHOSEN
from monitoring.realtime.process import Engine
from streamconfig.snapshots import Snapshot

LONGEST_SQL = 20_000
MOST_STREAMS = 5
MOST_MINUTES = 60
_ANSWER_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked; `streams` are those that the table `events` stands for."""

    sql: str
    streams: tuple[str, ...] = ()
    minutes: int = 10
    with_canaries: bool = False
    max_rows: int = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows, and what they were made of: nothing is missing from `reading.begin_ms` on."""

    columns: tuple[tuple[str, str], ...]
    rows: list[list[Any]]
    is_cut: bool
    streams: tuple[str, ...]
    reading: reading.Reading
    canaries: int
    unreadable: int
    tombstones: int
    seconds: float
    cpu_seconds: float  # of the engine's process, as is its peak of memory
    peak_mb: int
    closed: int = 0  # refused events of streams that are kept to others

    @property
    def is_complete(self) -> bool:
        """Whether all records of the minutes asked for were read."""
        return not self.reading.left_out


Allow = Callable[[Sequence[Stream]], None]  # raises where somebody may not read one of them


def ask(
    question: Question,
    log: Log,
    config: Snapshot,
    *,
    may_see: bool,
    allow: Allow = lambda _: None,
    closed: Collection[str] = (),
) -> Answer:
    """The answer; personal data is masked before DuckDB sees it, unless `may_see`.

    `closed` are streams that may not be read: what error streams hold of their events is left out too.

    Raises:
        PlatformError: the question can't be answered, or the log is away.
    """
    if len(question.sql) > LONGEST_SQL or "\0" in question.sql:
        raise StatementRefusedError(reason=f"The question is longer than {LONGEST_SQL} characters, or holds a null character.")
    with Engine() as engine:
        engine.send(_limits(question))
        told = engine.line()
        streams = _streams(question, told, config)
        allow(streams)
        topics = {topic: number for number, one in enumerate(streams) for topic in one.topics or (one.name,)}
        engine.send(_plan(question, streams, list(topics.items()), told, config, may_see=may_see))
        end_ms = time.time_ns() // 1_000_000
        sender = _Sender(engine, {topic: place for place, topic in enumerate(topics)}, frozenset(closed))
        found = reading.read(
            log, topics, begin_ms=end_ms - question.minutes * 60_000, end_ms=end_ms, bounds=_bounds(), take=sender.take
        )  # fmt: skip
        engine.write(frames.framed(b""))
        engine.send(_documents(engine.line()["schemas"], config))
        engine.send({"begin": found.begin_ms, "end": found.end_ms})
        answer = engine.line()
    return Answer(
        columns=tuple((name, kind) for name, kind in answer["columns"]),
        rows=answer["rows"],
        is_cut=answer["is_cut"],
        streams=tuple(one.name for one in streams),
        reading=found,
        canaries=answer["canaries"],
        unreadable=answer["unreadable"],
        tombstones=sender.tombstones,
        closed=sender.closed,
        seconds=answer["seconds"],
        cpu_seconds=answer["cpu_seconds"],
        peak_mb=answer["peak_mb"],
    )


def shape_of_stream(stream: Stream, config: Snapshot) -> shapes.Shape:
    """The columns of a stream: the fields of its newest schema."""
    schema = config.schemas.latest(stream.schema_title) if stream.schema_title else None
    return shapes.NOTHING if schema is None else shapes.shape_of(schema.document)


class _Sender:
    """Packs records for the engine."""

    def __init__(self, engine: Engine, places: Mapping[str, int], closed: frozenset[str]) -> None:
        self._engine, self._places, self._closed = engine, places, closed
        self.tombstones = self.closed = 0

    def take(self, records: Sequence[Record]) -> None:
        if self._closed:
            open_ones = [one for one in records if not self._is_of_a_closed_stream(one)]
            self.closed += len(records) - len(open_ones)
            records = open_ones
        packed = [
            frames.pack(frames.Packed(self._places[one.topic], one.partition, one.offset, one.timestamp_ms, one.value))
            for one in records
            if one.value is not None
        ]
        self.tombstones += len(records) - len(packed)
        if packed:
            self._engine.write(frames.framed(b"".join(packed)))

    def _is_of_a_closed_stream(self, record: Record) -> bool:
        """A refused event of theirs: an error stream is read by more people than the stream whose event it holds."""
        if b'"raw_event"' not in (record.value or b""):
            return False
        told = error_events.read(record)
        return told is not None and told.stream in self._closed


def _limits(question: Question) -> dict[str, Any]:
    limits = {
        "memory_mb": settings.SQL_MEMORY_MB,
        "seconds": settings.SQL_ANSWER_SECONDS,
        "rows": question.max_rows,
        "bytes": _ANSWER_BYTES,
    }
    return {"sql": question.sql, "limits": limits}


def _bounds() -> reading.Bounds:
    return reading.Bounds(settings.SQL_MAX_RECORDS, settings.SQL_MAX_MB * 1024 * 1024, settings.SQL_READ_SECONDS)


def _streams(question: Question, told: Mapping[str, Any], config: Snapshot) -> list[Stream]:
    """The streams that the question reads."""
    known = config.streams
    names = dict.fromkeys(told["tables"])
    for name in told["hidden"]:
        if name in known:
            names[name] = None
    if CHOSEN in names and CHOSEN not in known and question.streams:
        del names[CHOSEN]
        names.update(dict.fromkeys(question.streams))
    if len(names) > MOST_STREAMS:
        raise TooManyStreamsError(count=len(names), most=MOST_STREAMS)
    return [_stream(name, known) for name in names]


def _stream(name: str, known: Mapping[str, Stream]) -> Stream:
    if name in known:
        return known[name]
    alike = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"There are {', '.join(alike)}." if alike else "Choose one from the list."
    if name == CHOSEN:
        hint = "Choose streams: the table events stands for them."
    raise StreamUnknownError(name=name[:249], hint=hint)


def _plan(
    question: Question,
    streams: Sequence[Stream],
    places: Sequence[tuple[str, int]],
    told: Mapping[str, Any],
    config: Snapshot,
    *,
    may_see: bool,
) -> dict[str, Any]:
    return {
        "streams": [_table(stream, config) for stream in streams],
        "places": [(number, topic) for topic, number in places],
        "documents": {} if may_see else _documents(_ids(streams, config), config),
        "chosen": list(question.streams) if CHOSEN in told["tables"] else [],
        "masks": not may_see,
        "with_canaries": question.with_canaries,
        "wants_event": told["wants_event"],
    }


def _table(stream: Stream, config: Snapshot) -> dict[str, Any]:
    shape = shape_of_stream(stream, config)
    return {
        "name": stream.name,
        "read_as": shape.sql(time="TIMESTAMPTZ") if shape.fields else "",
        "kept_as": shape.sql() if shape.fields else "",
        "columns": [(name, one.sql()) for name, one in shape.fields],
    }


def _ids(streams: Sequence[Stream], config: Snapshot) -> list[str]:
    """The schemas that events of these streams usually name; the engine asks for others that it meets."""
    return [one for stream in streams if stream.schema_title for one in config.schemas.ids(stream.schema_title)]


def _documents(ids: Sequence[str], config: Snapshot) -> dict[str, Mapping[str, Any] | None]:
    found = {one: config.find_schema(one) for one in ids}
    return {one: None if schema is None else schema.document for one, schema in found.items()}
