"""A slice: a bounded run of one connector on one partition, under a lease, from where the store stands."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from connectors import breaker, leasing, letters, opening, pulse
from connectors.delivery import Delivery
from connectors.models import Lease
from connectors.positions import NEEDS_A_CHOICE, source_of, start_offset
from connectors.pulse import Held
from connectors.readers import ReaderUntil, SteadyReader
from connectors.sinks.base import FencedError, Position, StoreUnavailableError
from connectors.steering import NO_STEERING, Steering
from eventplatform import logs, tracing
from eventplatform.broker import loop
from eventplatform.broker.base import Log, Reader, TopicUnknownError
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


@dataclass(frozen=True, slots=True)
class SliceEnd:
    """How a slice ended: busy (not ours to run), done, fenced, retry or failed; and how many rows it wrote."""

    end: str
    rows: int = 0


def run(
    connector_id: int,
    where: TopicPartition,
    *,
    backfill_id: int | None = None,
    is_crowded: bool = False,
    stop: threading.Event | None = None,
) -> SliceEnd:
    """Take the lease and work until the log is idle, the time is over, others want the thread or `stop` is set.

    Where it `is_crowded`, it doesn't linger for more.
    """
    lease = leasing.take(connector_id=connector_id, where=where, owner=_owner(), backfill_id=backfill_id)
    if lease is None:
        return SliceEnd("busy")
    with pulse.holding(lease) as held:
        end = _Slice(lease, where, held, _Stop(stop or threading.Event()), is_crowded=is_crowded).run()
    metrics.CONNECTOR_SLICES.labels(lease.connector.name, end.end).inc()
    return end


class _Stop(threading.Event):
    """Set with the worker's own; or between two writes, once others want the slice's thread."""

    def __init__(self, outer: threading.Event) -> None:
        super().__init__()
        self._outer = outer
        self.is_wanted: Callable[[], bool] = lambda: False

    def is_set(self) -> bool:
        return self._outer.is_set() or self.is_wanted()

    def wait(self, timeout: float | None = None) -> bool:
        return self._outer.wait(timeout)


class _Slice:
    """One run under a lease that is held."""

    def __init__(self, lease: Lease, where: TopicPartition, held: Held, stop: _Stop, *, is_crowded: bool) -> None:
        self._lease = lease
        self._where = where
        self._held = held
        self._lingers = not is_crowded and lease.backfill is None
        self._stop = stop
        self._wishes = NO_STEERING
        self._delivery: Delivery | None = None
        self._began_at: Position | None = None
        self._told_at = float("-inf")  # when the breaker last heard of a success

    def run(self) -> SliceEnd:
        """Work, and translate every error into what becomes of the lease."""
        lease = self._lease
        facts = {"connector": lease.connector.name, "stream": lease.stream, **self._where._asdict(), "epoch": lease.epoch}
        with logs.bound(**facts):
            return self._run(lease)

    def _run(self, lease: Lease) -> SliceEnd:
        try:
            if not lease.connector.is_enabled:
                leasing.release(lease)
                return SliceEnd("busy")
            reached = self._work()
        except (FencedError, LeaseLostError) as error:
            log.warning("slice.fenced", extra={"code": error.code})
            leasing.release(lease)
            return SliceEnd("fenced")
        except (RetriableError, DatabaseError, TopicUnknownError) as error:
            code = error.code if isinstance(error, PlatformError) else "platform.database"
            log.warning("slice.retried", extra={"code": code, "why": str(error)})
            if isinstance(error, StoreUnavailableError):
                breaker.failed(lease.connector.target_id, error)
            leasing.back_off(lease, error, code=code, told_seconds=breaker.told_seconds(error))
            return SliceEnd("retry")
        except Exception as error:  # whatever it is: a person must see it
            code = error.code if isinstance(error, PlatformError) else "connector.unexpected"
            log.exception("slice.failed", extra={"code": code})
            self._give_up(error, code)
            return SliceEnd("failed")
        self._tell_breaker()
        leasing.release(lease, next_offset=reached.next_offset, incarnation=reached.incarnation, **self._done)
        return SliceEnd("done", self._done.get("written", 0))

    def _give_up(self, error: Exception, code: str) -> None:
        """For good where a person must choose; else it starts again by itself, later each time."""
        longest = settings.CONNECTOR_RESTART_MINUTES
        if isinstance(error, NEEDS_A_CHOICE) or not longest:
            leasing.stop(self._lease, error, code=code)
        else:
            leasing.restart_later(self._lease, error, code=code, longest_minutes=longest)

    def _work(self) -> Position:
        lease, events = self._lease, event_log()
        self._wishes = _wishes(lease)
        name = lease.backfill.position_name if lease.backfill else lease.connector.name
        with opening.make_sink(lease.connector, name=name) as sink:
            self._held.touch()
            source = source_of(events, lease.stream, self._where)
            stored = sink.position(self._where)
            start = start_offset(events, source, stored, lease)
            self._began_at = stored
            kind = Delivery
            if tracing.is_on():
                from connectors.tracing import TracedDelivery

                kind = TracedDelivery
            self._delivery = kind(
                connector=lease.connector.name,
                sink=sink,
                source=source,
                stored=stored,
                find_schema=lambda schema_id: configuration.snapshot().find_schema(schema_id),
                set_aside=letters.dead_letters().put,
                steering=self._wishes,
                plan_cleaning=partial(_plan_cleaning, self._wishes),
            )
            delivery = self._delivery
            self._stop.is_wanted = lambda: self._held.is_wanted and delivery.is_empty
            report = self._loop(events, start, delivery, self._wishes.flush_rule(sink.flush_rule))
            return source.position(report.next_offset)

    def _loop(self, events: Log, start: int, delivery: Delivery, rule: loop.FlushRule) -> loop.Report:
        lingers = self._lingers and rule.age_seconds == 0
        reader = self._reader(events)
        try:
            return loop.run(
                reader,
                self._where,
                start,
                delivery,
                rule=replace(rule, age_seconds=max(rule.age_seconds, 1.0), at_end=True),
                bounds=loop.Bounds(
                    seconds=_LONGEST_SECONDS,
                    idle_seconds=_LINGER_SECONDS if lingers else 0.0,
                    heartbeat_seconds=_HEARTBEAT_SECONDS,
                ),
                stop=self._stop,
                heartbeat=self._heartbeat,
            )
        finally:
            reader.close()

    def _reader(self, events: Log) -> Reader:
        reader, lease = events.reader(), self._lease
        if lease.backfill is not None:
            reader = ReaderUntil(reader, lease.end_offset or 0)
        if self._wishes.records_per_second:
            reader = SteadyReader(reader, self._wishes.records_per_second, self._stop)
        return reader

    def _heartbeat(self) -> None:
        self._held.touch()
        stored = self._delivery.stored if self._delivery else None
        if stored is None:
            is_ours = leasing.renew(self._lease)
        else:
            mirrored: dict[str, Any] = {"next_offset": stored.next_offset, "incarnation": stored.incarnation}
            is_ours = leasing.renew(self._lease, **mirrored, **self._done)
        if not is_ours:
            raise LeaseLostError(where=f"{self._where.topic}/{self._where.partition}")
        if time.monotonic() - self._told_at >= _HEARTBEAT_SECONDS:
            self._tell_breaker()

    def _tell_breaker(self) -> None:
        """A write that succeeded closes the breaker of the target; it is told every few seconds, not of each."""
        if self._delivery is not None and self._delivery.stored != self._began_at:
            breaker.succeeded(self._lease.connector.target_id)
            self._began_at, self._told_at = self._delivery.stored, time.monotonic()

    @property
    def _done(self) -> dict[str, Any]:
        done = self._delivery
        return {"written": done.rows, "set_aside": done.set_aside, "read_at": done.read_at} if done else {}


def _wishes(lease: Lease) -> Steering:
    """The stream's own settings and the connector's rules; read anew by every slice, so within a minute of a publish."""
    stream = configuration.snapshot().find_stream(lease.stream)
    unknown = Stream(lease.stream, schema_title="", service="", topics=())
    return lease.connector.steering(stream or unknown)


def _plan_cleaning(wishes: Steering, document: Mapping[str, Any]) -> Cleaner | None:
    return plan_by_kind(document, wishes.privacy, Hashing(settings.PII_HASH_KEY.encode(), is_daily=settings.PII_HASH_DAILY))


def _owner() -> str:
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
