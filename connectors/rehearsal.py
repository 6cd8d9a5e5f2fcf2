"""A dry run: the last records of a stream, sorted and shaped as a connector would, and nothing written anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from connectors.delivery import Delivery, SchemaOfRecordUnknownError, Source
from connectors.mapping.preview import Preview, PreviewRow
from connectors.sinks.base import RowDiscardedError, Sink, Store, WriteBatch
from connectors.steering import Steering
from eventplatform.broker.base import Log, partitions_of
from eventplatform.core.errors import PlatformError, RejectedError
from eventplatform.core.pii_values import Hashing
from eventplatform.core.privacy import Cleaner, plan_by_kind
from eventplatform.core.records import Record, TopicPartition
from eventplatform.core.streams import Stream
from eventplatform.eventlog import event_log
from streamconfig import lookups as configuration

MOST_RECORDS = 50

Refused = tuple[str, RejectedError]  # with the record's coordinates


@dataclass(frozen=True, slots=True)
class ShownRow:
    """An event as it would be stored."""

    where: str
    pairs: tuple[tuple[str, str], ...]
    extra: str
    discarded: int


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What would become of a stream's last records; `why_not` says why the store's part can't be shown."""

    stream: str
    read: int = 0
    canaries: int = 0
    skipped: int = 0
    place: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[ShownRow, ...] = ()
    refused: tuple[Refused, ...] = ()  # would be dead letters
    dropped: tuple[Refused, ...] = ()  # a rule of the connector discards them
    why_not: str = ""

    @property
    def discarded_values(self) -> int:
        """Values that a rule leaves out of rows."""
        return sum(row.discarded for row in self.rows)


def rehearse(store: Store, *, name: str, stream: Stream, steering: Steering, count: int) -> Rehearsed:
    """Take the stream's last records through sorting, treatment of personal data and shaping.

    Raises:
        PlatformError: the log can't be read.
    """
    if not isinstance(store, Sink):
        return Rehearsed(stream.name, why_not=f"{store.title} reads the log by itself; no record passes through here.")
    records = _last_records(event_log(), stream, min(count, MOST_RECORDS))
    if not records:
        return Rehearsed(stream.name, why_not="The stream's topics hold no record now.")
    # Offsets repeat in every partition: within the dry run a record goes by its number.
    places = [f"{one.topic}/{one.partition} {one.offset}" for one in records]
    rehearsal = _Rehearsal(name, store, stream, steering)
    batch, unsorted = rehearsal.sorted([replace(one, offset=number) for number, one in enumerate(records)])
    refused = tuple((places[record.offset], error) for record, error in unsorted)
    told = Rehearsed(
        stream.name, len(records), len(batch.canaries), len(records) - len(batch.offsets) - len(refused), refused=refused
    )
    try:
        preview = store.preview(stream.name, rehearsal.schemas, batch.rows, steering)
    except PlatformError as error:  # such as an upsert that the store can't do
        return replace(told, why_not=f"{error} {error.hint}".strip())
    if preview is None:
        return replace(told, why_not=f"{store.title} can't show beforehand what it makes of events.")
    return _with_preview(told, preview, places)


def _with_preview(told: Rehearsed, preview: Preview, places: Sequence[str]) -> Rehearsed:
    found = [(places[number], error) for number, error in preview.refused.items()]
    return replace(
        told,
        place=preview.place,
        columns=preview.columns,
        rows=tuple(_row(places[row.offset], row) for row in preview.rows),
        refused=(*told.refused, *(one for one in found if not isinstance(one[1], RowDiscardedError))),
        dropped=tuple(one for one in found if isinstance(one[1], RowDiscardedError)),
    )


def _row(where: str, row: PreviewRow) -> ShownRow:
    pairs = tuple((name, str(value)) for name, value in row.values.items())
    return ShownRow(where, pairs, row.extra, row.discarded)


def _last_records(events: Log, stream: Stream, count: int) -> list[Record]:
    """The newest records of all its partitions together, the newest first."""
    topics = events.topics(set(stream.topics or (stream.name,)))
    wanted = partitions_of(topics)
    firsts, ends = events.first_offsets(wanted), events.end_offsets(wanted)
    found: list[Record] = []
    reader = events.reader()
    try:
        for where in wanted:
            begin = max(firsts.get(where, 0), ends.get(where, 0) - count)
            if begin < ends.get(where, 0):
                found += reader.read(where, begin, max_records=count).records
    finally:
        reader.close()
    return sorted(found, key=lambda record: (record.timestamp_ms, record.offset), reverse=True)[:count]


class _Rehearsal(Delivery):
    """A delivery that only sorts, and remembers the schemas that it met."""

    def __init__(self, name: str, sink: Sink, stream: Stream, steering: Steering) -> None:
        super().__init__(
            connector=name,
            sink=sink,
            source=Source(stream.name, TopicPartition(stream.name, 0), "", ""),
            stored=None,
            find_schema=lambda schema_id: configuration.snapshot().find_schema(schema_id),
            set_aside=lambda _: None,
            steering=steering,
        )
        self.schemas: dict[str, Mapping[str, Any]] = {}

    def sorted(self, records: Sequence[Record]) -> tuple[WriteBatch, list[tuple[Record, RejectedError]]]:
        """Rows and canaries, and what is refused before the store sees it."""
        return self._sort(records, len(records))

    def _prepare(self, record: Record, event: Mapping[str, Any]) -> Cleaner | None:  # noqa: ARG002  # the slice's signature
        """Find the schema as a slice does, but make nothing ready for it."""
        schema_id = str(event.get("$schema"))
        schema = self._find_schema(schema_id)
        if schema is None:
            if self._sink.needs_schema or self._steering.privacy:
                raise SchemaOfRecordUnknownError(schema=schema_id, pointer="/$schema")
            return None
        self.schemas[schema_id] = schema.document
        hashing = Hashing(settings.PII_HASH_KEY.encode(), is_daily=settings.PII_HASH_DAILY)
        return plan_by_kind(schema.document, self._steering.privacy, hashing)
