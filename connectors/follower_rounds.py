"""One stream's part of a follower's round: prove, follow, mirror, and walk behind what became durable."""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from connectors import breaker, leasing, letters, pulse
from connectors.delivery import Delivery, Source
from connectors.models import Connector, Lease
from connectors.positions import NEEDS_A_CHOICE, ClusterChangedError, TopicRecreatedError, source_of
from connectors.readers import ReaderUntil
from connectors.sinks.base import Follower, Position, Progress, Reading, StoreUnavailableError, WriteBatch
from connectors.stores.trail import Trail
from eventplatform.broker import loop
from eventplatform.broker.base import OffsetOutOfRangeError, TopicUnknownError
from eventplatform.core import metrics
from eventplatform.core.errors import FatalError, PlatformError, RetriableError
from eventplatform.core.records import TopicPartition
from eventplatform.eventlog import event_log
from streamconfig import lookups as configuration

log = logging.getLogger(__name__)

_WALK_SECONDS = 20.0  # in each partition and round; the rest is for the next one

Troubles = dict[TopicPartition, FatalError]


class Round:
    """Holds the lease of the stream's first partition for all of them: the store has one reader for a stream."""

    def __init__(self, store: Follower, connector: Connector, reading: Reading, stop: threading.Event) -> None:
        self._store = store
        self._connector = connector
        self._reading = reading
        self._stop = stop
        self._owner = f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._done: dict[TopicPartition, Delivery] = {}

    def run(self) -> str:
        """How it ended: waiting (no topic yet), busy, done, retry or failed.

        Raises:
            StoreUnavailableError: the store is away, so nothing more of it can be looked after now.
        """
        rows = Lease.objects.filter(connector=self._connector, stream=self._reading.stream, backfill=None)
        wheres = [TopicPartition(row.topic, row.partition) for row in rows.order_by("topic", "partition")]
        first = self._take(wheres[0]) if wheres else None
        if first is None:
            return "busy" if wheres else "waiting"
        with pulse.holding(first) as held:
            self._held = held
            end = self._guarded(first, wheres)
        metrics.CONNECTOR_SLICES.labels(self._connector.name, end).inc()
        return end

    def _guarded(self, first: Lease, wheres: list[TopicPartition]) -> str:
        """Work, and translate every error into what becomes of the lease."""
        facts = {"connector": self._connector.name, "stream": self._reading.stream}
        try:
            progress, troubles, sources = self._work(wheres)
        except (RetriableError, DatabaseError, TopicUnknownError) as error:
            code = error.code if isinstance(error, PlatformError) else "platform.database"
            log.warning("follower.retried", extra=facts | {"code": code, "why": str(error)})
            leasing.back_off(first, error, code=code, told_seconds=breaker.told_seconds(error))
            if isinstance(error, StoreUnavailableError):
                raise
            return "retry"
        except Exception as error:  # whatever it is: a person must see it
            code = error.code if isinstance(error, PlatformError) else "connector.unexpected"
            log.exception("follower.failed", extra=facts | {"code": code})
            self._give_up(first, error, code)
            return "failed"
        breaker.succeeded(self._connector.target_id)
        self._settle(first, wheres, progress, troubles, sources)
        return "failed" if troubles else "done"

    def _work(self, wheres: list[TopicPartition]) -> tuple[Progress, Troubles, Mapping[TopicPartition, Source]]:
        sources = {where: source_of(event_log(), self._reading.stream, where) for where in wheres}
        with Trail(self._connector.name).beside(self._store) as trail:
            troubles = _strangers(trail, sources)
            if troubles:
                self._store.suspend(self._reading.stream)
                return Progress("suspended"), troubles, sources
            progress = self._store.follow(self._reading)
            troubles = _out_of_range(progress)
            if troubles:
                self._store.suspend(self._reading.stream)
                return progress, troubles, sources
            for where, source in sources.items():
                self._walk(trail, source, progress.next_offsets.get(where))
        if progress.error is not None:
            raise progress.error
        return progress, {}, sources

    def _walk(self, trail: Trail, source: Source, durable: int | None) -> None:
        """Go over what became durable since the last round, where that is known yet."""
        where = source.where
        stored = self._begun(trail, source, durable)
        if stored is None or durable is None or stored.next_offset >= durable:
            return
        delivery = self._done[where] = Delivery(
            connector=self._connector.name,
            sink=trail,
            source=source,
            stored=stored,
            find_schema=lambda schema_id: configuration.snapshot().find_schema(schema_id),
            set_aside=letters.dead_letters().put,
        )
        reader = ReaderUntil(event_log().reader(), durable)
        try:
            loop.run(
                reader,
                where,
                stored.next_offset,
                delivery,
                rule=replace(trail.flush_rule, at_end=True),
                bounds=loop.Bounds(seconds=_WALK_SECONDS, idle_seconds=0.0),
                stop=self._stop,
                heartbeat=self._held.touch,
            )
        finally:
            reader.close()

    def _begun(self, trail: Trail, source: Source, durable: int | None) -> Position | None:
        """Where the trail goes on: it begins where the reader does, and passes over what the log let go of meanwhile."""
        stored = trail.position(source.where)
        first = event_log().first_offsets([source.where]).get(source.where, 0)
        if stored is not None and stored.next_offset >= first:
            return stored
        begin = first if stored is not None or self._store.begins_at_first else durable
        if begin is None:
            return None
        after = source.position(max(first, begin))
        trail.write(WriteBatch(source.stream, source.where, stored, after, ()))
        return after

    def _settle(
        self,
        first: Lease,
        wheres: list[TopicPartition],
        progress: Progress,
        troubles: Troubles,
        sources: Mapping[TopicPartition, Source],
    ) -> None:
        """Give each partition's lease what is known of it: how far the reader is, or why a person must choose."""
        for where in wheres:
            lease = first if where == wheres[0] else self._take(where)
            if lease is None:
                continue
            error = troubles.get(where)
            if error is not None:
                log.error("follower.stopped", extra={"connector": self._connector.name, "code": error.code, "why": str(error)})
                leasing.stop(lease, error, code=error.code)
                continue
            done = self._done.get(where)
            counted: dict[str, Any] = {"written": done.rows, "set_aside": done.set_aside} if done else {}
            read = progress.read_offsets.get(where)
            leasing.release(lease, next_offset=read, incarnation=sources[where].incarnation, **counted)

    def _give_up(self, lease: Lease, error: Exception, code: str) -> None:
        longest = settings.CONNECTOR_RESTART_MINUTES
        if isinstance(error, NEEDS_A_CHOICE) or not longest:
            leasing.stop(lease, error, code=code)
        else:
            leasing.restart_later(lease, error, code=code, longest_minutes=longest)

    def _take(self, where: TopicPartition) -> Lease | None:
        return leasing.take(connector_id=self._connector.pk, where=where, owner=self._owner)


def _strangers(trail: Trail, sources: Mapping[TopicPartition, Source]) -> Troubles:
    """Partitions whose trail was left in another log, or in a topic that was made anew since."""
    found: Troubles = {}
    for where, source in sources.items():
        stored = trail.position(where)
        if stored is None:
            continue
        if stored.cluster_id != source.cluster_id:
            found[where] = ClusterChangedError(topic=where.topic, stored=stored.cluster_id, now=source.cluster_id)
        elif stored.incarnation != source.incarnation:
            found[where] = TopicRecreatedError(topic=where.topic, offset=stored.next_offset)
    return found


def _out_of_range(progress: Progress) -> Troubles:
    """Partitions whose reader stands where the log has nothing: it may hang there, or skip it and look healthy."""
    read = progress.read_offsets
    firsts, ends = event_log().first_offsets(read), event_log().end_offsets(read)
    return {
        where: OffsetOutOfRangeError(offset=offset, first=firsts[where], end=ends[where], **where._asdict())
        for where, offset in read.items()
        if where in firsts and where in ends and not firsts[where] <= offset <= ends[where]
    }
