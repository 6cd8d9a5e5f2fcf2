"""Judges the hours of every stream in every store by what is known: positions, bounds, canaries, a lake's own flags."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count
from django.db.models.functions import TruncHour
from django.utils import timezone

from connectors import lookups as connectors
from eventplatform.broker.base import Log
from eventplatform.core.errors import PlatformError
from eventplatform.core.streams import Stream
from monitoring.hours import services
from monitoring.hours.judging import HOUR, Known, Part, Proof, Verdict, judge
from monitoring.hours.models import LogHour, StoreHour
from monitoring.hours.noting import note, watched
from monitoring.models import CanaryRun, CanaryTurn, RoleHeartbeat
from monitoring.services import begin_tick, end_tick
from streamconfig.lookups import snapshot

log = logging.getLogger(__name__)

THE_LOG = ""  # stands for a store where no connector takes the stream: then an hour is complete by its topics alone
HOURS = "hours"
_TICK_LASTS = timedelta(seconds=120)  # a tick that hangs longer gives way to the next
_LAKES_SECONDS = 10.0  # of asking lakes for their flags, per tick
_NONE: Mapping[str, list[tuple[int, int, int]]] = {}


def tick(event_log: Log) -> int:
    """Note the hours that are over and judge what is not complete; of two callers at once one does nothing."""
    if not begin_tick(name=HOURS, now=timezone.now(), lasts=_TICK_LASTS):
        return 0
    changed = None
    try:
        note(event_log)
        changed = judge_all()
    finally:
        end_tick(name=HOURS, now=timezone.now(), handled=changed)
    return changed


def judge_all() -> int:
    """Judge what is over and not yet complete; how many verdicts are new or changed."""
    now = timezone.now()
    return services.record_verdicts(verdicts=list(_Judge(now).verdicts()), now=now)


def grace() -> timedelta:
    """How long after its end an hour may be open: as long as a canary may take."""
    return timedelta(seconds=2 * settings.CANARY_INTERVAL_SECONDS + 30)


class _Judge:
    """Judges hours by what is known now, read once for all of them."""

    def __init__(self, now: datetime) -> None:
        self._now, self._hours, self._streams = now, watched(now), snapshot().streams
        begin = self._hours[0] if self._hours else now
        self._bounds = _bounds(begin)
        complete = StoreHour.objects.filter(hour__gte=begin, complete_at__isnull=False)
        self._complete = set(complete.values_list("hour", "stream", "connector"))
        self._canaries = _canaries(begin)
        self._since = _since(self._streams)
        self._is_spool_waiting = RoleHeartbeat.objects.filter(role="spool").exclude(is_well=True, detail="").exists()
        self._lakes = connectors.lake_names() if self._hours else frozenset()
        self._deadline = time.monotonic() + _LAKES_SECONDS

    def verdicts(self) -> Iterator[services.NewVerdict]:
        """The verdicts of all hours that were not complete before."""
        takers = connectors.by_stream() if self._hours else {}
        for name in self._turns():
            for view in takers.get(name) or (None,):
                yield from self._of_pair(self._streams[name], view)

    def _turns(self) -> list[str]:
        """The streams, each tick another one first: where lakes are slow to ask, none waits for ever."""
        names = sorted(self._streams)
        first = int(self._now.timestamp()) % len(names) if names else 0
        return names[first:] + names[:first]

    def _of_pair(self, stream: Stream, view: connectors.ConnectorView | None) -> Iterator[services.NewVerdict]:
        connector = view.name if view else THE_LOG
        hours = [hour for hour in self._hours if (hour, stream.name, connector) not in self._complete]
        known = {hour: self._known(stream, view, hour) for hour in hours}
        verdicts = {hour: self._judged(one) for hour, one in known.items()}
        stored = [hour for hour, verdict in verdicts.items() if verdict.is_complete]
        for hour, flag in self._flags(connector, stream.name, stored).items():
            verdicts[hour] = self._judged(replace(known[hour], flag=flag))
        for hour, verdict in verdicts.items():
            yield services.NewVerdict(stream.name, connector, hour, verdict)

    def _judged(self, known: Known) -> Verdict:
        return judge(known, now=self._now, grace=grace())

    def _known(self, stream: Stream, view: connectors.ConnectorView | None, hour: datetime) -> Known:
        topics, bounds = stream.topics or (stream.name,), self._bounds.get(hour, _NONE)
        positions = {(one.topic, one.partition): one.next_offset for one in view.partitions} if view else {}
        parts = [
            Part(topic, number, begin, end, positions.get((topic, number)) if view else end)
            for topic in topics
            for number, begin, end in bounds.get(topic, ())
        ]
        held = f"The connector is {view.state}." if view and not view.is_enabled else ""
        proofs = [self._proof(stream, topic, hour, parts) for topic in topics if topic in bounds]
        return Known(hour, parts, proofs, held, self._is_spool_waiting)

    def _proof(self, stream: Stream, topic: str, hour: datetime, parts: Iterable[Part]) -> Proof:
        records = sum(one.end - one.begin for one in parts if one.topic == topic)
        since = self._since.get((stream.name, topic))
        return Proof(topic, records, self._canaries.get((topic, hour), 0), is_due=since is not None and since <= hour)

    def _flags(self, connector: str, stream: str, hours: list[datetime]) -> Mapping[datetime, bool]:
        """What a lake itself says of hours whose records are stored; of one that can't be asked: not raised."""
        if connector not in self._lakes or not hours:
            return {}
        raised: frozenset[datetime] = frozenset()
        if time.monotonic() < self._deadline:
            try:
                raised = connectors.complete_hours(connector, stream, hours[0], hours[-1] + HOUR)
            except PlatformError as error:
                log.warning("hours.lake_unread", extra={"connector": connector, "stream": stream, "code": error.code})
        return {hour: hour in raised for hour in hours}


def _bounds(begin: datetime) -> Mapping[datetime, Mapping[str, list[tuple[int, int, int]]]]:
    """Partition, begin and end of each topic, by hour."""
    found: dict[datetime, dict[str, list[tuple[int, int, int]]]] = defaultdict(lambda: defaultdict(list))
    rows = LogHour.objects.filter(hour__gte=begin).values_list("hour", "topic", "partition", "begin", "end")
    for hour, topic, partition, first, end in rows:
        found[hour][topic].append((partition, first, end))
    return found


def _canaries(begin: datetime) -> Mapping[tuple[str, datetime], int]:
    """How many canaries each topic took in each hour."""
    runs = CanaryRun.objects.filter(recorded_at__gte=begin).annotate(hour=TruncHour("recorded_at"))
    counted = runs.values_list("topic", "hour").annotate(count=Count("pk")).order_by()
    return {(topic, hour): count for topic, hour, count in counted}


def _since(streams: Mapping[str, Stream]) -> Mapping[tuple[str, str], datetime]:
    """Since when canaries are to go into each topic that any path leads to."""
    found: dict[tuple[str, str], datetime] = {}
    for name, prefix, since in CanaryTurn.objects.filter(excluded_because="").values_list("stream", "prefix", "since"):
        if name in streams:
            key = (name, streams[name].topic(prefix))
            found[key] = min(since, found.get(key, since))
    return found
