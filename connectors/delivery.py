"""Delivers records of one partition into a sink: rows and canaries apart, a refused record alone set aside."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.sinks.base import (
    Canary,
    Position,
    Row,
    RowDiscardedError,
    RowsRefusedError,
    Sink,
    WriteBatch,
    Written,
)
from connectors.steering import Steering
from eventplatform.broker.dead_letters import DeadLetter
from eventplatform.core import metrics
from eventplatform.core.errors import RejectedError, RetriableError
from eventplatform.core.names import CANARY_DOMAIN, HEADER_REPLAYED_FOR, HEADER_REQUEST_ID
from eventplatform.core.privacy import Cleaner, Signals
from eventplatform.core.records import Record, TopicPartition
from eventplatform.core.schemas import CompiledSchema

log = logging.getLogger(__name__)

# A schema published this moment may reach a worker's snapshot a little later than the intake's.
_SCHEMA_MAY_BE_NEW_SECONDS = 10.0
_LONGEST_SCHEMA = 200
# What a sink's code raises over a value it didn't expect; whatever else it raises has to do with the world.
_CRASHES = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
_MOST_TOLD = 20  # dead letters of a slice that have a log line of their own; the table has all of them
_MOST_CRASHES = 10  # of one slice; beyond it no record is at fault, but the sink

FindSchema = Callable[[str], CompiledSchema | None]
SetAside = Callable[[Sequence[DeadLetter]], object]
PlanCleaning = Callable[[Mapping[str, Any]], Cleaner | None]  # by the schema's document; None: nothing to clean


def _cleans_nothing(_document: Mapping[str, Any]) -> Cleaner | None:
    return None


class NotAnEventError(RejectedError):
    """The record's bytes are no event at all."""

    code = "record.not_an_event"
    message = "The record is no JSON object: {reason}."
    remedy = "Find out who writes to this topic past the intake; mend and replay the record, or discard it."


class SchemaOfRecordUnknownError(RejectedError):
    """No repository has the schema that the event names."""

    code = "record.schema_unknown"
    message = "The event names the schema {schema}, which no repository has."
    remedy = "Import that schema version, then replay the dead letter."


class SchemaNotSeenYetError(RetriableError):
    """The schema is unknown here, but the record is so young that the schema may be on its way."""

    code = "connector.schema_awaited"
    message = "The schema {schema} of a new record is not known here yet."
    remedy = "It is tried again by itself."


class RecordCrashesSinkError(RejectedError):
    """The sink's own code fails on the record, in a way that nobody foresaw."""

    code = "record.crashes_sink"
    message = "The record makes the sink fail: {reason}."
    remedy = "Tell the developers of the sink; once it is mended, replay the dead letter."


@dataclass(frozen=True, slots=True)
class Source:
    """Where the records come from: the stream, its partition, and which log that is."""

    stream: str
    where: TopicPartition
    incarnation: str
    cluster_id: str

    def position(self, next_offset: int) -> Position:
        return Position(next_offset, self.incarnation, self.cluster_id)


class Delivery:
    """One slice's way from records to the store, as the loop's handler; remembers the position that the store holds."""

    def __init__(
        self,
        *,
        connector: str,
        sink: Sink,
        source: Source,
        stored: Position | None,
        find_schema: FindSchema,
        set_aside: SetAside,
        steering: Steering | None = None,
        plan_cleaning: PlanCleaning = _cleans_nothing,
    ) -> None:
        self.stored = stored
        self.rows = 0
        self.set_aside = 0  # dead letters
        self.read_at: datetime | None = None  # when the newest record of what was written came
        self._steering = steering or Steering()
        self._plan_cleaning = plan_cleaning
        self._connector = connector
        self._sink = sink
        self._source = source
        self._find_schema = find_schema
        self._set_aside = set_aside
        self._prepared: dict[str, Cleaner | None] = {}  # schemas that the store knows, each with what cleans its events
        self._waiting: list[Record] = []
        self._crashes = 0

    @property
    def is_empty(self) -> bool:
        """True where no record waits for the flush."""
        return not self._waiting

    def handle(self, records: Sequence[Record]) -> None:
        """Keep the records until the flush."""
        self._waiting.extend(records)

    def flush(self, next_offset: int) -> None:
        """Write what waits and move the stored position to `next_offset`; what is refused goes to the dead letters first."""
        records, self._waiting = self._waiting, []
        batch, refused = self._sort(records, next_offset)
        for record, error in refused:
            self._put_aside(record, error)
        self._count("skipped", len(records) - batch.size - len(refused))
        self._write(batch, {record.offset: record for record in records})
        self.read_at = records[-1].moment if records else self.read_at

    def _sort(self, records: Sequence[Record], next_offset: int) -> tuple[WriteBatch, list[tuple[Record, RejectedError]]]:
        rows: list[Row] = []
        canaries: list[Canary] = []
        tombstones: list[Record] = []
        refused: list[tuple[Record, RejectedError]] = []
        for record in records:
            if record.value is None:
                if self._steering.is_upsert and record.key is not None:
                    tombstones.append(record)
                continue  # an appending store has nothing to delete by it
            if record.headers and self._is_for_another(record):
                continue
            try:
                event = _event(record.value)
                canary = as_canary(record, event)
                if canary is None:
                    rows.append(self._row(record, event))
                else:
                    canaries.append(canary)
            except RejectedError as error:
                refused.append((record, error))
        where, after = self._source.where, self._source.position(next_offset)
        batch = WriteBatch(self._source.stream, where, self.stored, after, rows, canaries, self._steering, tombstones)
        return batch, refused

    def _row(self, record: Record, event: dict[str, Any]) -> Row:
        """The event as a row, its personal data treated as the connector is told, the store ready for its schema."""
        cleaner = self._prepare(record, event)
        if cleaner is not None:
            cleaner.clean(event, signals=Signals(record.timestamp_ms))
        return Row(record, event)

    def _is_for_another(self, record: Record) -> bool:
        """True for a replayed record that another connector had refused: this one has it already."""
        wanted = record.header(HEADER_REPLAYED_FOR)
        return wanted is not None and wanted != self._connector.encode()

    def _prepare(self, record: Record, event: Mapping[str, Any]) -> Cleaner | None:
        """Have the store ready for the event's schema before the first such event; what cleans events of that schema."""
        schema_id = str(event.get("$schema"))
        if schema_id in self._prepared:
            return self._prepared[schema_id]
        schema = self._find_schema(schema_id)
        if schema is None:
            if self._sink.needs_schema or self._steering.privacy:  # without its marks nobody knows what must not be stored
                age_seconds = abs(datetime.now(UTC).timestamp() - record.timestamp_ms / 1000)  # it may say any time to come
                unknown = SchemaNotSeenYetError if age_seconds < _SCHEMA_MAY_BE_NEW_SECONDS else SchemaOfRecordUnknownError
                raise unknown(schema=schema_id, pointer="/$schema")
            return None
        if self._sink.needs_schema:
            self._sink.prepare(self._source.stream, schema_id, schema.document, self._steering)
        self._prepared[schema_id] = self._plan_cleaning(schema.document)
        return self._prepared[schema_id]

    def _write(self, batch: WriteBatch, records: Mapping[int, Record]) -> None:
        """Write the batch without what the store refuses; where it can't say which, halve until it stands alone."""
        try:
            self._note(batch, self._tried(replace(batch, expected=self.stored)))
        except RowsRefusedError as error:
            for offset, reason in error.refused.items():
                self._leave_out(records[offset], reason)
            self._write(batch.without(error.refused), records)
        except RejectedError as error:
            if not batch.offsets:
                raise
            if len(batch.offsets) > 1:
                for half in batch.halves():
                    self._write(half, records)
                return
            self._leave_out(records[batch.offsets[0]], error)
            self._note(batch, self._sink.write(replace(batch.emptied(), expected=self.stored)))

    def _tried(self, batch: WriteBatch) -> Written:
        """Write; where the sink's own code fails, some record is at fault, as long as that is rare."""
        try:
            return self._sink.write(batch)
        except _CRASHES as error:
            if self._crashes >= _MOST_CRASHES or not batch.offsets:
                raise
            raise RecordCrashesSinkError(reason=type(error).__name__) from error

    def _note(self, batch: WriteBatch, written: Written) -> None:
        self.stored = batch.after
        self.rows += written.rows
        self._count("written", written.rows)
        self._count("canary", written.canaries)
        self._count("discarded_value", written.discarded_values)

    def _leave_out(self, record: Record, error: RejectedError) -> None:
        self._crashes += isinstance(error, RecordCrashesSinkError)
        if isinstance(error, RowDiscardedError):
            self._count("discarded_row", 1)
        else:
            self._put_aside(record, error)

    def _put_aside(self, record: Record, error: RejectedError) -> None:
        """Into the dead letters, before the offset moves: a crash in between sets it aside again, which is one letter."""
        letter = as_dead_letter(self._connector, self._source, record, error)
        self._set_aside([letter])
        self.set_aside += 1
        if self.set_aside <= _MOST_TOLD:
            log.warning("record.dead_lettered", extra=_ids(letter))
        self._count("dead_lettered", 1)

    def _count(self, outcome: str, number: int) -> None:
        if number:
            metrics.CONNECTOR_RECORDS.labels(self._connector, outcome).inc(number)


def as_canary(record: Record, event: Mapping[str, Any]) -> Canary | None:
    """The canary in the record; None for an event of the world."""
    meta = event.get("meta")
    if not isinstance(meta, dict) or meta.get("domain") != CANARY_DOMAIN:
        return None
    event_id = meta.get("id") or f"{record.topic}-{record.partition}-{record.offset}"
    sent_at = record.moment
    return Canary(record.offset, str(event_id).replace("\x00", ""), sent_at)


def as_dead_letter(connector: str, source: Source, record: Record, error: RejectedError) -> DeadLetter:
    return DeadLetter(
        name=connector,
        stream=source.stream,
        topic=record.topic,
        incarnation=source.incarnation,
        partition=record.partition,
        offset=record.offset,
        timestamp_ms=record.timestamp_ms,
        key=record.key,
        value=record.value,
        headers=record.headers,
        code=error.code,
        pointer=error.pointer,
        message=str(error),
        remedy=error.hint,
        schema_id=_schema_of(record.value),
        event_id=_event_id(record.value),
        received_at=record.moment,
        created_at=datetime.now(UTC),
    )


def _ids(letter: DeadLetter) -> dict[str, object]:
    """What a log line says of a dead letter: where it stood and whose it was, nothing of what it holds."""
    place = {"topic": letter.topic, "partition": letter.partition, "offset": letter.offset}
    request_id = dict(letter.headers).get(HEADER_REQUEST_ID, b"").decode("latin-1")
    facts = {"connector": letter.name, "stream": letter.stream, "event_id": letter.event_id, "request_id": request_id}
    return {**place, **facts, "code": letter.code}


def _event_id(value: bytes | None) -> str:
    """The event's `meta.id`; empty where it has none."""
    try:
        meta = _event(value or b"").get("meta")
    except NotAnEventError:
        return ""
    found = meta.get("id") if isinstance(meta, dict) else None
    return found if isinstance(found, str) else ""


def _schema_of(value: bytes | None) -> str:
    """What the event says of its schema; letters are grouped by it."""
    try:
        named = _event(value or b"").get("$schema")
    except NotAnEventError:
        return ""
    return named[:_LONGEST_SCHEMA] if isinstance(named, str) else ""


def _event(value: bytes) -> dict[str, Any]:
    try:
        event = orjson.loads(value)
    except ValueError as error:
        raise NotAnEventError(reason=str(error)) from None
    if not isinstance(event, dict):
        raise NotAnEventError(reason=f"it holds a {type(event).__name__}")
    return event
