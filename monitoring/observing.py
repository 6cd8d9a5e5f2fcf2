"""Finds sent canaries again: on their topic, and in each connector's store."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

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

_MAX_RECORDS = 2000  # per partition and tick: a busy topic is searched over several ticks
_STORES_SECONDS = 5.0  # of asking stores, per tick
_SLOW_SECONDS = 1.0  # a store that takes longer to say, or fails, is not asked again in this tick: it holds up no other
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
        found += _look_in_stores(run for run in runs if run.seen_at is not None)
    finally:
        services.end_tick(name=OBSERVER, now=timezone.now(), handled=found)
    return found


def _look_on_topics(event_log: Log, runs: Iterable[CanaryRun]) -> int:
    wanted: dict[TopicPartition, list[CanaryRun]] = defaultdict(list)
    for run in runs:
        for partition in run.positions:
            wanted[TopicPartition(run.topic, int(partition))].append(run)
    if not wanted:
        return 0
    reader = event_log.reader()
    try:
        return sum(_look_in_partition(reader, where, found) for where, found in wanted.items())
    finally:
        reader.close()


def _look_in_partition(reader: Reader, where: TopicPartition, runs: list[CanaryRun]) -> int:
    ids = {run.event_id.encode(): run for run in runs}
    start = min(run.positions[str(where.partition)] for run in runs)
    try:
        batch = reader.read(where, start, max_records=_MAX_RECORDS)
    except OffsetOutOfRangeError:
        log.warning("canary.position_lost", extra={"topic": where.topic, "partition": where.partition, "offset": start})
        return 0
    except PlatformError as error:
        log.warning("canary.topic_unreadable", extra={"topic": where.topic, "reason": str(error)})
        return 0
    seen = {event_id: record for record in batch.records if (event_id := _canary_id(record, ids.keys()))}
    for event_id, record in seen.items():
        recorded_at = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
        services.record_sighting(run=ids[event_id], record=record, recorded_at=recorded_at, now=timezone.now())
    for event_id, run in ids.items():
        if event_id not in seen and batch.next_offset > run.positions[str(where.partition)]:
            run.positions[str(where.partition)] = batch.next_offset
            services.record_positions(run=run, positions={int(key): value for key, value in run.positions.items()})
    return len(seen)


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


def _look_in_stores(runs: Iterable[CanaryRun]) -> int:
    deadline = time.monotonic() + _STORES_SECONDS
    takers = connectors.by_stream()
    found, slow = 0, set[str]()
    for run in runs:
        missing = {view.name for view in takers.get(run.stream, ()) if view.is_enabled}
        missing -= {arrival.connector for arrival in run.arrivals.all()}
        for connector in sorted(missing - slow):
            if (began := time.monotonic()) > deadline:
                return found
            is_there = _look_in_store(run, connector)
            if is_there:
                missing.discard(connector)
                found += 1
            if is_there is None or time.monotonic() - began > _SLOW_SECONDS:
                slow.add(connector)
        if not missing:
            services.close_run(run=run, now=timezone.now())
    return found


def _look_in_store(run: CanaryRun, connector: str) -> bool | None:
    """Whether it is there; None where the store can't be asked."""
    try:
        written_at = connectors.canary_written(connector=connector, stream=run.stream, event_id=run.event_id)
    except Exception:
        # A store may fail in its driver's own words; the missing arrival is what turns red.
        log.exception("canary.store_unreadable", extra={"connector": connector, "stream": run.stream})
        return None
    if written_at is None:
        return False
    services.record_arrival(run=run, connector=connector, written_at=written_at)
    return True
