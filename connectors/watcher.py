"""The watcher: asks all end offsets once a second in one round trip, and wakes only partitions that have data and are due."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError, close_old_connections, connection
from kombu.exceptions import OperationalError

from connectors import leasing, opening
from connectors.models import Connector, Lease
from connectors.tasks import run_slice
from eventplatform.broker.base import partitions_of
from eventplatform.broker.loop import FlushRule
from eventplatform.core import metrics
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import TopicPartition
from eventplatform.eventlog import event_log
from streamconfig import lookups as configuration

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
_RECONCILE_SECONDS = 5.0
_AT_ONCE = FlushRule(rows=1, bytes=1, age_seconds=0.0)


class Watcher:
    """Keeps the leases in step with the configuration, and asks for slices. One is enough; two do no harm."""

    def __init__(self) -> None:
        self._reconciled_at = float("-inf")
        self._revision: object = None

    def run(self, stop: threading.Event) -> None:
        """Tick until `stop`; what can't be reached is waited for."""
        while not stop.is_set():
            began = time.monotonic()
            try:
                self.tick()
            except (PlatformError, DatabaseError, OperationalError) as error:
                log.warning("watcher.waited", extra={"why": str(error)})
                close_old_connections()
            stop.wait(max(0.0, TICK_SECONDS - (time.monotonic() - began)))

    def tick(self) -> int:
        """One round; the number of slices asked for."""
        self._reconcile_if_due()
        leases = list(Lease.objects.select_related("connector__target").filter(connector__is_enabled=True))
        ends = event_log().end_offsets({TopicPartition(lease.topic, lease.partition) for lease in leases})
        self._mirror(leases, ends)
        now = _database_time()
        rules = {connector.pk: _flush_rule(connector) for connector in {lease.connector for lease in leases}}
        due = [lease for lease in leases if is_due(lease, rules[lease.connector_id], now)]
        self._enqueue(due)
        return len(due)

    def _mirror(self, leases: list[Lease], ends: Mapping[TopicPartition, int]) -> None:
        changed: dict[int, int] = {}
        lags: dict[str, int] = {}
        for lease in leases:
            end = ends.get(TopicPartition(lease.topic, lease.partition))
            if end is not None and end != lease.end_offset:
                changed[lease.pk] = lease.end_offset = end
            lags[lease.connector.name] = lags.get(lease.connector.name, 0) + lease.lag
        leasing.mirror_ends(changed)
        for name, lag in lags.items():
            metrics.CONNECTOR_LAG.labels(name).set(lag)

    def _enqueue(self, due: list[Lease]) -> None:
        # Noted first: a slice may have taken its lease before a later note, which would then hold back the next one.
        leasing.queued([lease.pk for lease in due])
        for lease in due:
            run_slice.apply_async(
                (lease.connector_id, lease.topic, lease.partition),
                expires=leasing.QUEUED_FOR.total_seconds(),
                retry=False,
            )

    def _reconcile_if_due(self) -> None:
        revision = configuration.snapshot().revision
        newest = Connector.objects.order_by("-updated_at").values_list("updated_at", flat=True).first()
        is_old = time.monotonic() - self._reconciled_at >= _RECONCILE_SECONDS
        if is_old or (revision, newest) != self._revision:
            reconcile()
            self._reconciled_at, self._revision = time.monotonic(), (revision, newest)


def reconcile() -> None:
    """Make a lease for every partition that a connector should take, and forget the others."""
    streams = configuration.snapshot().streams.values()
    wanted = {one.pk: one.route.topics(streams) for one in Connector.objects.select_related("target")}
    topics = event_log().topics({topic for routes in wanted.values() for topic in routes})
    partitions = partitions_of(topics)
    should_be = {
        (pk, where): routes[where.topic] for pk, routes in wanted.items() for where in partitions if where.topic in routes
    }
    are = {(lease.connector_id, TopicPartition(lease.topic, lease.partition)): lease for lease in Lease.objects.all()}
    leasing.add([_new(pk, where, stream) for (pk, where), stream in should_be.items() if (pk, where) not in are])
    leasing.mirror_incarnations({name: topic.incarnation for name, topic in topics.items()})
    leasing.remove([lease.pk for key, lease in are.items() if key[1].topic not in wanted.get(key[0], {})])


def is_due(lease: Lease, rule: FlushRule, now: datetime) -> bool:
    """True where a slice should run now: nobody is at work, and data has waited as long as the sink wants.

    A position in doubt doesn't wait for data: the slice stops with the alarm that says what happened to the topic.
    """
    is_held = lease.until is not None and lease.until >= now
    is_held_back = lease.not_before is not None and lease.not_before > now
    is_queued = lease.queued_at is not None and lease.queued_at > now - leasing.QUEUED_FOR
    if lease.state == Lease.State.STOPPED or is_held or is_held_back or is_queued:
        return False
    if lease.is_in_doubt:
        return True
    if not lease.lag:
        return False
    since = lease.unread_since or now
    # Seen up to a tick after it came, asked for up to a tick after it is due, written in less than one: the promised
    # age counts from its coming.
    age = timedelta(seconds=max(0.0, rule.age_seconds - 3 * TICK_SECONDS))
    return lease.lag >= rule.rows or now - since >= age


def _new(connector_id: int, where: TopicPartition, stream: str) -> Lease:
    return Lease(connector_id=connector_id, topic=where.topic, partition=where.partition, stream=stream)


def _flush_rule(connector: Connector) -> FlushRule:
    try:
        return opening.make_sink(connector).flush_rule
    except PlatformError:
        return _AT_ONCE  # the slice will meet the same error, and write it down


def _database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment.astimezone(UTC)
