"""Finds sent canaries again: on their topic, and in each connector's store."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import timedelta

import orjson
from django.utils import timezone

from connectors import lookups as connectors
from eventplatform.broker.base import Log, OffsetOutOfRangeError, Reader
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import Record, TopicPartition
from monitoring import lookups, services
from monitoring.models import CanaryRun
from monitoring.producer import OBSERVER

log = logging.getLogger(__name__)

_took_seconds: dict[str, float] = {}  # how long each store was asked last; one that hangs comes last
_MAX_RECORDS = 2000  # per partition and tick: a busy topic is searched over several ticks
_TOPICS_SECONDS = 8.0  # of reading topics, per tick
_STORES_SECONDS = 5.0  # of asking stores, per tick
_STORE_SECONDS = 2.0  # of asking one of them
_TICK_LASTS = timedelta(seconds=60)  # a tick that hangs longer gives way to the next


def observe(event_log: Log) -> int:
    """Look for every canary that is still on its way; the number of new sightings and arrivals.

    Of two callers at once one does nothing; one that fails or hangs leaves no heartbeat.
    """
    if not services.begin_tick(name=OBSERVER, now=timezone.now(), lasts=_TICK_LASTS):
        return 0
    found = None
    try:
        runs = lookups.runs_under_way(now=timezone.now())
        found = _look_on_topics(event_log, [run for run in runs if run.seen_at is None])
        found += _look_in_stores([run for run in runs if run.seen_at is not None])
    finally:
        services.end_tick(name=OBSERVER, now=timezone.now(), handled=found)
    return found


def _look_on_topics(event_log: Log, runs: Sequence[CanaryRun]) -> int:
    """Read on where each canary may be, those that wait longest first, as far as the time goes."""
    wanted: dict[TopicPartition, list[CanaryRun]] = defaultdict(list)
    for run in sorted(runs, key=lambda run: run.sent_at):
        for partition in run.positions:
            wanted[TopicPartition(run.topic, int(partition))].append(run)
    if not wanted:
        return 0
    found: list[tuple[CanaryRun, Record]] = []
    moved: dict[int, CanaryRun] = {}
    deadline = time.monotonic() + _TOPICS_SECONDS
    with closing(event_log.reader()) as reader:
        for where, at in wanted.items():
            if time.monotonic() > deadline:
                break
            found += _look_in_partition(reader, where, at, moved)
    seen = {run.pk for run, _ in found}
    services.record_sightings(found=found, now=timezone.now())
    services.record_positions(runs=[run for pk, run in moved.items() if pk not in seen])
    return len(found)


def _look_in_partition(
    reader: Reader, where: TopicPartition, runs: Sequence[CanaryRun], moved: dict[int, CanaryRun]
) -> list[tuple[CanaryRun, Record]]:
    """The canaries that lie here; of the others, `moved` holds those that need not be looked for again so far."""
    ids = {run.event_id.encode(): run for run in runs}
    start = min(run.positions[str(where.partition)] for run in runs)
    try:
        batch = reader.read(where, start, max_records=_MAX_RECORDS)
    except OffsetOutOfRangeError:
        log.warning("canary.position_lost", extra={"topic": where.topic, "partition": where.partition, "offset": start})
        return []
    except PlatformError as error:
        log.warning("canary.topic_unreadable", extra={"topic": where.topic, "reason": str(error)})
        return []
    seen = {event_id: record for record in batch.records if (event_id := _canary_id(record, ids.keys()))}
    for event_id, run in ids.items():
        if event_id not in seen and batch.next_offset > run.positions[str(where.partition)]:
            run.positions[str(where.partition)] = batch.next_offset
            moved[run.pk] = run
    return [(ids[event_id], record) for event_id, record in seen.items()]


def _canary_id(record: Record, wanted: Iterable[bytes]) -> bytes | None:
    """The wanted id that this record carries as its `meta.id`; the bytes are searched before anything is parsed."""
    value = record.value or b""
    for event_id in wanted:
        if event_id in value and _meta_id(value) == event_id.decode():
            return event_id
    return None


def _meta_id(value: bytes) -> str | None:
    try:
        found = orjson.loads(value)["meta"]["id"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) else None


def _look_in_stores(runs: Sequence[CanaryRun]) -> int:
    """Ask each store once for all that is missing there; the ones that were quick last come first, so that none starves."""
    takers = {stream: {view.name for view in views if view.is_enabled} for stream, views in connectors.by_stream().items()}
    missing = {run.pk: takers.get(run.stream, set()) - {one.connector for one in run.arrivals.all()} for run in runs}
    by_connector: dict[str, list[CanaryRun]] = defaultdict(list)
    for run in runs:
        for connector in missing[run.pk]:
            by_connector[connector].append(run)
    deadline, found = time.monotonic() + _STORES_SECONDS, 0
    for connector in sorted(by_connector, key=lambda name: _took_seconds.get(name, 0.0)):
        for run in _look_in_store(connector, by_connector[connector], deadline):
            missing[run.pk].discard(connector)
            found += 1
    services.close_runs(runs=[run for run in runs if not missing[run.pk]], now=timezone.now())
    return found


def _look_in_store(connector: str, runs: Sequence[CanaryRun], deadline: float) -> list[CanaryRun]:
    """The canaries that the store has; of one that can't be asked none."""
    if time.monotonic() > deadline:
        return []
    began = time.monotonic()
    enough = min(deadline, began + _STORE_SECONDS)
    wanted = {run.event_id: run.stream for run in runs}
    try:
        written = connectors.canaries_written(connector=connector, wanted=wanted, is_enough=lambda: time.monotonic() > enough)
    except Exception:
        # A store may fail in its driver's own words; the missing arrival is what turns red.
        log.exception("canary.store_unreadable", extra={"connector": connector})
        written = {}
    _took_seconds[connector] = time.monotonic() - began
    there = [run for run in runs if run.event_id in written]
    services.record_arrivals(connector=connector, found=[(run, written[run.event_id]) for run in there])
    return there
