"""What is known of an event beside its topic's records: where to look, dead letters, canaries, positions of connectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from connectors import lookups as connectors
from eventplatform import figures
from eventplatform.broker import dead_letters
from eventplatform.broker.base import Log, partitions_of
from eventplatform.broker.dead_letters import DeadLetter
from eventplatform.core.errors import RejectedError
from eventplatform.core.records import Record, TopicPartition
from monitoring.hours.models import StoreHour
from monitoring.models import CanaryRun, RoleHeartbeat
from monitoring.trace.steps import LAKES, Taker, hour_of
from streamconfig.lookups import snapshot

_MOST_LETTERS = 20
_FRESH = timedelta(seconds=30)
_MOVERS = {
    "watcher": "The watcher has been silent for {silence}, so nobody wakes connectors: start it again.",
    "worker": "Workers have been silent for {silence}, so nobody moves events on: start them again.",
}


class NoSuchStreamError(RejectedError):
    """The stream to look in is not configured."""

    code = "trace.no_such_stream"
    http_status = 404
    message = "No stream {stream} is configured."
    remedy = "Look in all streams, or choose one of the list."


def partitions(log: Log, stream: str) -> tuple[TopicPartition, ...]:
    """Where to look: the topics of a stream, or of all streams and of refused events, in the order of their names.

    Raises:
        NoSuchStreamError: it is not configured.
        LogUnavailableError: the log is away.
    """
    config = snapshot()
    if stream:
        found = config.find_stream(stream)
        if found is None:
            raise NoSuchStreamError(stream=stream[:249])
        topics = set(found.topics or (stream,))
    else:
        topics = {topic for one in config.streams.values() for topic in one.topics or (one.name,)} | {settings.REJECTED_TOPIC}
    return tuple(sorted(partitions_of(log.topics(topics))))


def letters(by: str, text: str) -> Sequence[DeadLetter]:
    """Dead letters of the event or the request, the newest first; none are kept by key."""
    if by == "key":
        return []
    find = dead_letters.letters_of_event if by == "id" else dead_letters.letters_of_request
    connection.ensure_connection()
    return find(connection.connection, text, limit=_MOST_LETTERS)


def letters_of_record(record: Record, incarnation: str) -> Mapping[str, DeadLetter]:
    """What connectors set aside of the record, by connector, the newest of each."""
    connection.ensure_connection()
    where = TopicPartition(record.topic, record.partition)
    found = dead_letters.letters_of_record(connection.connection, where, record.offset)
    return {one.name: one for one in reversed(found) if one.incarnation == incarnation}


def place_of_canary(event_id: str) -> tuple[TopicPartition, int] | None:
    """Where the observer found a canary; None where it is none, or not found yet."""
    found = CanaryRun.objects.filter(event_id=event_id[:36], partition__isnull=False, offset__isnull=False)
    row = found.values_list("topic", "partition", "offset").first()
    return (TopicPartition(row[0], row[1] or 0), row[2] or 0) if row else None


def stream_of(record: Record, named: str) -> str:
    """The configured stream that the record belongs to: the one it names, else its topic's; empty where there is none."""
    config = snapshot()
    if named and config.find_stream(named) is not None:
        return named
    return next((one.name for one in config.streams.values() if record.topic in (one.topics or (one.name,))), "")


def takers(stream: str, record: Record, at: datetime) -> tuple[list[Taker], int]:
    """The connectors that take the stream, as they are doing on the partition of a record received `at`; how many others."""
    views = connectors.for_stream(stream) if stream else ()
    hours = _hours(stream, hour_of(at)) if any(view.kind in LAKES for view in views) else {}
    found = [_taker(view, record, *hours.get(view.name, ("", ""))) for view in views]
    if (silent := _silent_mover()) is not None:
        found = [one.left_by(*silent) for one in found]
    return found, connectors.count() - len(views)


def _silent_mover() -> tuple[str, datetime] | None:
    """Who moves events on and gives no sign of life, in words, and since when: a connector's own row can't know that."""
    rows = RoleHeartbeat.objects.filter(role__in=_MOVERS, beat_at__lt=timezone.now() - _FRESH)
    row = rows.order_by("beat_at").first()
    if row is None:
        return None
    silence = figures.age((timezone.now() - row.beat_at).total_seconds())
    return _MOVERS[row.role].format(silence=silence), row.beat_at


def waiting_in_spools() -> str:
    """What waits on the intake's disk and so is in no topic yet, in words; empty where nothing does."""
    beat = RoleHeartbeat.objects.filter(role="spool", beat_at__gt=timezone.now() - _FRESH).first()
    return beat.detail if beat else ""


def kept_until(log: Log, record: Record) -> datetime | None:
    """When the log deletes the record; None where it is kept for ever."""
    milliseconds = log.retentions([record.topic]).get(record.topic)
    try:
        return record.moment + timedelta(milliseconds=milliseconds) if milliseconds else None
    except OverflowError:
        return None


def _hours(stream: str, hour: datetime) -> Mapping[str, tuple[str, str]]:
    """What is said of an hour in each store that was judged: its state, and why."""
    rows = StoreHour.objects.filter(stream=stream, hour=hour).values_list("connector", "state", "reason")
    return {connector: ("complete" if state == "empty" else state, reason) for connector, state, reason in rows}


def _taker(view: connectors.ConnectorView, record: Record, hour: str, reason: str) -> Taker:
    where = (record.topic, record.partition)
    found = next((one for one in view.partitions if (one.topic, one.partition) == where), None)
    if found is None:
        return Taker(view.name, view.kind, view.state, view.link, is_on_partition=False)
    is_held = found.state in {"stopped", "retrying"}
    return Taker(
        name=view.name,
        kind=view.kind,
        state=found.state if view.is_enabled else "paused",
        link=view.link,
        next_offset=found.next_offset,
        trouble=found.last_error if is_held and view.is_enabled else "",
        code=found.error_code if is_held and view.is_enabled else "",
        since=found.state_since if is_held or not view.is_enabled else None,
        waits_seconds=found.lag_seconds,
        hour=hour,
        why_late=reason,
    )
