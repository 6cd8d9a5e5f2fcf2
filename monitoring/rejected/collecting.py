"""Reads every error stream into the table of dead letters: rows and position in one transaction, so each record once."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.conf import settings
from django.db import connection, transaction

from eventplatform.broker import dead_letters
from eventplatform.broker.base import Log, OffsetOutOfRangeError, Reader, Topic
from eventplatform.broker.dead_letters import DeadLetter
from eventplatform.core.error_events import TITLES, is_of_the_intake, read
from eventplatform.core.metrics import REJECTED_MISSED, REJECTED_READ
from eventplatform.core.records import Record, TopicPartition
from streamconfig.lookups import snapshot
from streamconfig.snapshots import Snapshot

log = logging.getLogger(__name__)

_AT_ONCE = 500
_SECONDS = 1.5  # of one tick; what is left comes with the next
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Position:
    """How far a partition was read."""

    where: TopicPartition
    incarnation: str
    next_offset: int
    missed: int = 0


class OvertakenError(Exception):
    """Another tick read the same records; what this one did is taken back."""


def collect(event_log: Log, *, seconds: float = _SECONDS) -> int:
    """Read what is new; the number of letters added."""
    until = time.monotonic() + seconds
    topics = _topics(event_log)
    known = {(one.where, one.incarnation): one for one in _positions()}
    wanted = [TopicPartition(topic.name, number) for topic in topics for number in range(topic.partitions)]
    ends = event_log.end_offsets(wanted)
    incarnations = {topic.name: topic.incarnation for topic in topics}
    at = [known.get((where, incarnations[where.topic])) or Position(where, incarnations[where.topic], 0) for where in wanted]
    behind = [position for position in at if position.next_offset < ends.get(position.where, 0)]
    if not behind:
        return 0  # most ticks: a reader's sockets are not opened for nothing
    added = 0
    reader = event_log.reader()
    try:
        for position in behind:
            while position.next_offset < ends[position.where] and time.monotonic() < until:
                position, number = _bite(event_log, reader, position)  # noqa: PLW2901  # it moves on
                added += number
    except OvertakenError:
        log.info("rejected.overtaken")
    finally:
        reader.close()
    return added


def error_streams(configuration: Snapshot) -> set[str]:
    """Streams that hold refused events: those that streams and services name, and all of the error schema."""
    named = {stream.door.error_stream for stream in configuration.streams.values()}
    named |= {service.error_stream for service in configuration.services.values()}
    return named | {name for name, stream in configuration.streams.items() if stream.schema_title in TITLES}


def _topics(event_log: Log) -> Iterable[Topic]:
    """The topics that are there; the platform's own is made, since no stream names it."""
    configuration = snapshot()
    found = (configuration.find_stream(name) for name in error_streams(configuration) if name)
    names = {topic for stream in found if stream for topic in stream.topics} | {settings.REJECTED_TOPIC}
    topics = event_log.topics(names)
    if settings.REJECTED_TOPIC not in topics:
        event_log.create_topic(
            settings.REJECTED_TOPIC,
            partitions=settings.LOG_PARTITIONS,
            retention_ms=settings.LOG_RETENTION_HOURS * _HOUR_MS,
        )
        topics = event_log.topics(names)
    return topics.values()


def _positions() -> list[Position]:
    with connection.cursor() as cursor:
        cursor.execute("select topic, partition, incarnation, next_offset, missed from dead_letter_positions")
        return [Position(TopicPartition(row[0], row[1]), row[2], row[3], row[4]) for row in cursor.fetchall()]


def _bite(event_log: Log, reader: Reader, position: Position) -> tuple[Position, int]:
    """Some records further: the position after them, and how many letters they gave."""
    missed = 0
    try:
        batch = reader.read(position.where, position.next_offset, max_records=_AT_ONCE)
        records, after = batch.records, replace(position, next_offset=batch.next_offset)
    except OffsetOutOfRangeError:
        # Retention was faster, or the topic lost records: go on with the oldest that is there, and say how many are gone.
        first = event_log.first_offsets([position.where]).get(position.where, 0)
        missed = max(0, first - position.next_offset)
        records, after = (), replace(position, next_offset=first, missed=position.missed + missed)
    letters = [letter for record in records if (letter := letter_of(record, position.incarnation)) is not None]
    with transaction.atomic():
        added = dead_letters.add(connection.connection, letters) if letters else 0
        _move(position, after, is_gap=bool(missed))
    REJECTED_READ.labels("letter").inc(added)
    REJECTED_READ.labels("no_error_event").inc(len(records) - len(letters))
    if missed:
        REJECTED_MISSED.inc(missed)
        log.warning("rejected.missed", extra={"topic": position.where.topic, "missed": missed})
    return after, added


_INSERT = """
insert into dead_letter_positions (topic, partition, incarnation, next_offset, missed, missed_at)
values (%s, %s, %s, %s, %s, case when %s then now() end)
on conflict (topic, partition) do update set incarnation = excluded.incarnation, next_offset = excluded.next_offset,
    missed = excluded.missed, missed_at = coalesce(excluded.missed_at, dead_letter_positions.missed_at)
where dead_letter_positions.incarnation <> excluded.incarnation
   or (dead_letter_positions.next_offset = %s and dead_letter_positions.next_offset <= excluded.next_offset)
"""


def _move(before: Position, after: Position, *, is_gap: bool) -> None:
    """Move the stored position, if it still is where the records were read from."""
    where = after.where
    with connection.cursor() as cursor:
        values: list[str | int] = [
            where.topic,
            where.partition,
            after.incarnation,
            after.next_offset,
            after.missed,
            is_gap,
            before.next_offset,
        ]
        cursor.execute(_INSERT, values)
        if cursor.rowcount != 1:
            raise OvertakenError


def letter_of(record: Record, incarnation: str) -> DeadLetter | None:
    """The dead letter of an error stream's record; None where it is no error event."""
    told = read(record)
    if told is None:
        return None
    is_ours = is_of_the_intake(record)
    at = record.moment
    return DeadLetter(
        name=told.service if is_ours else told.emitter,
        stream=told.stream,
        topic=record.topic,
        incarnation=incarnation,
        partition=record.partition,
        offset=record.offset,
        timestamp_ms=record.timestamp_ms,
        key=None,
        value=told.raw.encode(),
        headers=record.headers,
        code=told.code,
        pointer=told.pointer,
        message=told.message,
        source="intake" if is_ours else "job",
        service=told.service,
        schema_id=told.schema_id,
        event_id=told.event_id,
        client=", ".join(part for part in (told.key_name, told.client) if part),
        outcome=told.outcome or "failed",
        remedy=told.remedy,
        request_id=told.request_id,
        violations=tuple(told.violations),
        is_cut=told.is_cut or told.is_body,
        received_at=at,
        created_at=at,
    )
