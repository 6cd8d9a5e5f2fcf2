"""A slice: a bounded run of one connector on one partition, under a lease, from where the store stands."""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from connectors import leasing, letters, opening
from connectors.delivery import Delivery, Source
from connectors.models import Lease
from connectors.sinks.base import FencedError, Position
from connectors.steering import Steering
from eventplatform.broker import loop
from eventplatform.broker.base import Log, OffsetOutOfRangeError, TopicUnknownError
from eventplatform.core import metrics
from eventplatform.core.errors import FatalError, PlatformError, RetriableError
from eventplatform.core.pii_values import Hashing
from eventplatform.core.privacy import Cleaner, plan_by_kind
from eventplatform.core.records import TopicPartition
from eventplatform.core.streams import Stream
from eventplatform.eventlog import event_log
from streamconfig import lookups as configuration

log = logging.getLogger(__name__)

_LONGEST_SECONDS = 60.0  # then the thread goes to whoever else waits; the watcher asks again within a second
_HEARTBEAT_SECONDS = 3.0
_LINGER_SECONDS = 1.0  # a sink that writes at once waits so long for more, instead of being opened for every record


class LeaseLostError(FatalError):
    """The lease ran out or was taken by another slice, or the connector was paused meanwhile."""

    code = "connector.lease_lost"
    message = "The lease of {where} does not hold any more."
    remedy = "Nothing to do: whoever runs next goes on from the store's position."


class TopicRecreatedError(FatalError):
    """The topic was deleted and made anew; the stored offset means nothing in it."""

    code = "connector.topic_recreated"
    message = "Topic {topic} was made anew since offset {offset} was stored."
    remedy = "Choose where this connector goes on, then resume it. Rows that are stored stay."


class ClusterChangedError(FatalError):
    """The offset was stored for another event log."""

    code = "connector.cluster_changed"
    message = "The store's position in {topic} belongs to another event log ({stored}, now {now})."
    remedy = "Point EVENT_LOG_URL to the former log, or choose where this connector goes on in the new one, then resume it."


@dataclass(frozen=True, slots=True)
class SliceEnd:
    """How a slice ended: busy (not ours to run), done, fenced, retry or failed; and how many rows it wrote."""

    end: str
    rows: int = 0


def run(connector_id: int, where: TopicPartition, *, stop: threading.Event | None = None) -> SliceEnd:
    """Take the lease and work until the log is idle, the time is over or `stop` is set."""
    lease = leasing.take(connector_id=connector_id, where=where, owner=_owner())
    if lease is None:
        return SliceEnd("busy")
    end = _guarded(lease, where, stop or threading.Event())
    metrics.CONNECTOR_SLICES.labels(lease.connector.name, end.end).inc()
    return end


def _guarded(lease: Lease, where: TopicPartition, stop: threading.Event) -> SliceEnd:
    """Work, and translate every error into what becomes of the lease."""
    facts = {"connector": lease.connector.name, "topic": where.topic, "partition": where.partition, "epoch": lease.epoch}
    try:
        if not lease.connector.is_enabled:
            leasing.release(lease)
            return SliceEnd("busy")
        rows, reached = _work(lease, where, stop)
    except (FencedError, LeaseLostError) as error:
        log.warning("slice.fenced", extra=facts | {"code": error.code})
        leasing.release(lease)
        return SliceEnd("fenced")
    except (RetriableError, DatabaseError, TopicUnknownError) as error:
        code = error.code if isinstance(error, PlatformError) else "platform.database"
        log.warning("slice.retried", extra=facts | {"code": code, "why": str(error)})
        leasing.back_off(lease, error, code=code)
        return SliceEnd("retry")
    except Exception as error:  # whatever it is: going on would do harm, and a person must see it
        code = error.code if isinstance(error, PlatformError) else "connector.unexpected"
        log.exception("slice.stopped", extra=facts | {"code": code})
        leasing.stop(lease, error, code=code)
        return SliceEnd("failed")
    leasing.release(lease, next_offset=reached.next_offset, incarnation=reached.incarnation)
    return SliceEnd("done", rows)


def _work(lease: Lease, where: TopicPartition, stop: threading.Event) -> tuple[int, Position]:
    events = event_log()
    wishes = _wishes(lease)
    with opening.make_sink(lease.connector) as sink:
        source = source_of(events, lease.stream, where)
        stored = sink.position(where)
        start = start_offset(events, source, stored)
        delivery = Delivery(
            connector=lease.connector.name,
            sink=sink,
            source=source,
            stored=stored,
            find_schema=lambda schema_id: configuration.snapshot().find_schema(schema_id),
            set_aside=letters.dead_letters().put,
            steering=wishes,
            plan_cleaning=partial(_plan_cleaning, wishes),
        )
        report = _loop(lease, events, start, delivery, rule=wishes.flush_rule(sink.flush_rule), stop=stop)
        return delivery.rows, source.position(report.next_offset)


def _loop(
    lease: Lease, events: Log, start: int, delivery: Delivery, *, rule: loop.FlushRule, stop: threading.Event
) -> loop.Report:
    where = TopicPartition(lease.topic, lease.partition)
    writes_at_once = rule.age_seconds == 0

    def heartbeat() -> None:
        stored = delivery.stored
        if not leasing.renew(lease, next_offset=stored.next_offset if stored else None):
            raise LeaseLostError(where=f"{where.topic}/{where.partition}")

    reader = events.reader()
    try:
        return loop.run(
            reader,
            where,
            start,
            delivery,
            rule=replace(rule, age_seconds=max(rule.age_seconds, 1.0), at_end=True),
            bounds=loop.Bounds(
                seconds=_LONGEST_SECONDS,
                idle_seconds=_LINGER_SECONDS if writes_at_once else 0.0,
                heartbeat_seconds=_HEARTBEAT_SECONDS,
            ),
            stop=stop,
            heartbeat=heartbeat,
        )
    finally:
        reader.close()


def _wishes(lease: Lease) -> Steering:
    """The stream's own settings and the connector's rules; read anew by every slice, so within a minute of a publish."""
    stream = configuration.snapshot().find_stream(lease.stream)
    unknown = Stream(lease.stream, schema_title="", service="", topics=())
    return lease.connector.steering(stream or unknown)


def _plan_cleaning(wishes: Steering, document: Mapping[str, Any]) -> Cleaner | None:
    return plan_by_kind(document, wishes.privacy, Hashing(settings.PII_HASH_KEY.encode(), is_daily=settings.PII_HASH_DAILY))


def start_offset(events: Log, source: Source, stored: Position | None) -> int:
    """Where to read from: the store's position, once it is proven to mean this log; without one, the first record.

    Raises:
        TopicRecreatedError, ClusterChangedError, OffsetOutOfRangeError: a person must choose; nothing is reset silently.
    """
    where = source.where
    first = events.first_offsets([where]).get(where, 0)
    if stored is None:
        return first
    if stored.cluster_id != source.cluster_id:
        raise ClusterChangedError(topic=where.topic, stored=stored.cluster_id, now=source.cluster_id)
    if stored.incarnation != source.incarnation:
        raise TopicRecreatedError(topic=where.topic, offset=stored.next_offset)
    end = events.end_offsets([where]).get(where, 0)
    if not first <= stored.next_offset <= end:
        raise OffsetOutOfRangeError(offset=stored.next_offset, first=first, end=end, **where._asdict())
    return stored.next_offset


def source_of(events: Log, stream: str, where: TopicPartition) -> Source:
    """The partition as the log has it now."""
    topic = events.topics([where.topic]).get(where.topic)
    if topic is None:
        raise TopicUnknownError(topic=where.topic)
    return Source(stream, where, topic.incarnation, events.cluster_id())


def _owner() -> str:
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
