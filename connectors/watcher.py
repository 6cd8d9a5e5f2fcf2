"""The watcher: asks all end offsets once a second in one round trip, and wakes only partitions that have data and are due."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DatabaseError, close_old_connections, connection
from django.db.models import Count, F, Max, Q, Sum
from django.db.models.functions import Coalesce, Greatest, Now
from kombu.exceptions import OperationalError

from connectors import backfill, breaker, following, gauges, history, leasing, opening, preparing, retention_alarm, workers
from connectors.models import Backfill, Connector, Lease, Target
from connectors.reconciling import Reconciler
from connectors.sharing import Room, chosen
from connectors.tasks import follow, prepare_store, run_slice
from eventplatform.broker.loop import FlushRule
from eventplatform.core import metrics
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import TopicPartition
from eventplatform.eventlog import event_log
from streamconfig import lookups as configuration

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
_RECONCILE_SECONDS = 5.0
_MINUTE_SECONDS = 60.0
_ACTIVE_SECONDS = 300.0
_CROWDED_TICK_SECONDS = 0.25  # while some find no thread: slices are short then
_AT_ONCE = FlushRule(rows=1, bytes=1, age_seconds=0.0)

_SOMETHING_TO_DO = Q(next_offset=None, end_offset__gt=0) | Q(next_offset__isnull=False) & (
    ~Q(next_offset=F("end_offset")) | ~Q(incarnation=F("proven_incarnation"))
)


class Watcher:
    """Keeps the leases in step with the configuration, and asks for slices. One is enough; two do no harm."""

    def __init__(self) -> None:
        self._reconciler = Reconciler()
        self._wishes = preparing.Wishes()
        self._reconciled_at = float("-inf")
        self._minute_at = time.monotonic()
        self._version: object = None
        self._is_crowded = False
        self._ends: Mapping[TopicPartition, int] = {}
        self._rules: dict[int, tuple[object, FlushRule]] = {}
        self._active: dict[int, float] = {}  # targets, and when each last had something to do

    def run(self, stop: threading.Event) -> None:
        """Tick until `stop`; what can't be reached is waited for."""
        while not stop.is_set():
            began = time.monotonic()
            try:
                self.tick()
                self._each_minute()
            except (PlatformError, DatabaseError, OperationalError) as error:
                log.warning("watcher.waited", extra={"why": str(error)})
                close_old_connections()
            pace = _CROWDED_TICK_SECONDS if self._is_crowded else TICK_SECONDS
            stop.wait(max(0.0, pace - (time.monotonic() - began)))

    def tick(self) -> int:
        """One round; the number of slices asked for."""
        self._reconcile_if_due()
        self._mirror()
        waiting = [lease for lease, now in _waiting() if is_due(lease, self._rule(lease.connector), now)]
        self._is_crowded = False
        if not waiting:
            return 0
        room = self._room({lease.connector.target_id for lease in waiting})
        found = chosen([(lease.connector.target_id, lease) for lease in waiting], room)
        held_back = room.troubled | room.probing  # their waiting is their own affair
        left = {lease.pk for lease in waiting if lease.connector.target_id not in held_back} - {lease.pk for lease in found}
        self._is_crowded = bool(left)
        if self._is_crowded:
            leasing.want_back()
        self._enqueue(found)
        return len(found)

    def _room(self, waiting: set[int]) -> Room:
        at_work = Q(leases__until__gte=Now()) | Q(leases__queued_at__gt=Now() - leasing.QUEUED_FOR)
        counted = Connector.objects.filter(at_work).values("target_id").annotate(count=Count("leases"))
        busy = {row["target_id"]: row["count"] for row in counted.order_by()}
        now = time.monotonic()
        self._active |= dict.fromkeys(waiting | busy.keys(), now)
        self._active = {target: seen for target, seen in self._active.items() if now - seen < _ACTIVE_SECONDS}
        troubled = list(Target.objects.filter(Q(failures__gt=0) | Q(slow_until__gt=Now())).values_list("pk", "failures"))
        return Room(
            threads=workers.threads(),
            busy=busy,
            active=len(self._active),
            probing=frozenset(pk for pk, failures in troubled if failures >= breaker.THRESHOLD),
            troubled=frozenset(pk for pk, _ in troubled),
        )

    def _mirror(self) -> None:
        ends = event_log().end_offsets(self._reconciler.wheres)
        leasing.mirror_ends({where: end for where, end in ends.items() if self._ends.get(where) != end})
        self._ends = ends

    def _enqueue(self, due: list[Lease]) -> None:
        # Noted first: a slice may have taken its lease before a later note, which would then hold back the next one.
        leasing.queued([lease.pk for lease in due])
        for lease in due:
            run_slice.apply_async(
                (lease.connector_id, lease.topic, lease.partition),
                kwargs={"backfill_id": lease.backfill_id, "is_crowded": self._is_crowded},
                expires=leasing.QUEUED_FOR.total_seconds(),
                retry=False,
            )

    def _reconcile_if_due(self) -> None:
        version = (configuration.snapshot(), _version_of_rows())
        is_old = time.monotonic() - self._reconciled_at >= _RECONCILE_SECONDS
        if is_old or version != self._version:
            self._reconciler.reconcile()
            self._ends = {}  # so that leases made by anybody learn their end
            self._wishes.note(self._reconciler.taken)
            _ask_to_prepare()
            _ask_to_follow(is_changed=version != self._version)
            backfill.finish()
            _measure_lags()
            self._reconciled_at, self._version = time.monotonic(), version

    def _each_minute(self) -> None:
        if time.monotonic() - self._minute_at >= _MINUTE_SECONDS:
            self._minute_at += _MINUTE_SECONDS
            history.note_minute()
            retention_alarm.look()

    def _rule(self, connector: Connector) -> FlushRule:
        """When the connector's sink writes; remembered until a row changes, since making a sink is dear."""
        version = (connector.updated_at, connector.target.updated_at)
        known = self._rules.get(connector.pk)
        if known is None or known[0] != version:
            known = self._rules[connector.pk] = (version, _flush_rule(connector))
        return known[1]


def reconcile() -> None:
    """Make a lease for every partition that a connector should take, and forget the others."""
    Reconciler().reconcile()


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
    if lease.backfill_id is not None:
        return True
    since = lease.unread_since or now
    # Seen up to a tick after it came, asked for up to a tick after it is due, written in less than one: the promised
    # age counts from its coming.
    age = timedelta(seconds=max(0.0, rule.age_seconds - 3 * TICK_SECONDS))
    return lease.lag >= rule.rows or now - since >= age


def _waiting() -> list[tuple[Lease, datetime]]:
    """Leases that may be due, each with the database's time; back-fills last, else the longest waiting first."""
    rows = Lease.objects.filter(
        _SOMETHING_TO_DO,
        breaker.closed("connector__target__"),
        Q(backfill=None) | Q(backfill__state=Backfill.State.RUNNING),
        Q(until=None) | Q(until__lt=Now()),
        Q(not_before=None) | Q(not_before__lte=Now()),
        Q(queued_at=None) | Q(queued_at__lte=Now() - leasing.QUEUED_FOR),
        connector__is_enabled=True,
    ).exclude(Q(state=Lease.State.STOPPED) | Q(connector__target__kind__in=following.kinds()))
    ordered = rows.select_related("connector__target").order_by(F("backfill").asc(nulls_first=True), "unread_since", "pk")
    found = list(ordered)
    now = _database_time() if found else datetime.now(UTC)
    return [(lease, now) for lease in found]


def _ask_to_prepare() -> None:
    for connector_id in preparing.due():
        prepare_store.apply_async((connector_id,), expires=preparing.QUEUED_FOR.total_seconds(), retry=False)


def _ask_to_follow(*, is_changed: bool) -> None:
    for connector_id in following.due(is_changed=is_changed):
        follow.apply_async((connector_id,), expires=following.EVERY_SECONDS, retry=False)


def _version_of_rows() -> Any:
    """Changes with every change of a connector or target."""
    return tuple(Connector.objects.aggregate(Max("updated_at"), Count("pk"), Max("target__updated_at")).items())


def _measure_lags() -> None:
    lag = Sum(Greatest(Coalesce("leases__end_offset", 0) - Coalesce("leases__next_offset", 0), 0))
    of_streams = Connector.objects.filter(leases__backfill=None)
    lags = of_streams.values_list("name").annotate(lag=lag).order_by().values_list("name", "lag")
    gauges.set_all(metrics.CONNECTOR_LAG, {name: records or 0 for name, records in lags})


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
