"""Warns of connectors that lag so far that the log will delete what they have not read: before twice the lag has passed."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Count
from django.db.models.functions import Coalesce

from connectors import gauges
from connectors.models import Connector, Lease
from eventplatform.broker.base import Log, OffsetOutOfRangeError, Reader, TopicUnknownError
from eventplatform.core import metrics
from eventplatform.core.records import Record, TopicPartition
from eventplatform.eventlog import event_log

log = logging.getLogger(__name__)

CODE = "connector.retention_near"
_HOUR_MS = 3_600_000
_MOST_READ = 200  # records are read to tell their age; beyond it partitions are warned of without the moment


def look() -> int:
    """Note on each lagging lease when its oldest unread record goes, where that is near; how many there are.

    A record that waits for L is deleted in R - L: that is less than 2 x L as soon as L is more than a third of the
    retention R.
    """
    events = event_log()
    lagging = list(Lease.objects.filter(backfill=None, end_offset__gt=Coalesce("next_offset", 0)))
    now_ms = int(time.time() * 1000)
    retentions = events.retentions({lease.topic for lease in lagging})
    keeps = {lease.pk: retentions.get(lease.topic) or settings.LOG_RETENTION_HOURS * _HOUR_MS for lease in lagging}
    wanted = {TopicPartition(one.topic, one.partition): now_ms - keeps[one.pk] // 3 for one in lagging if keeps[one.pk] > 0}
    young = events.offsets_for_times(wanted) if wanted else {}
    wheres = ((one, TopicPartition(one.topic, one.partition)) for one in lagging)
    near = [one for one, where in wheres if where in young and _is_behind(one, young[where])]
    _note(events, near, keeps)
    return len(near)


def _is_behind(lease: Lease, first_young: int | None) -> bool:
    """True where the oldest unread record lies before the first young one; all are old where there is none."""
    return (lease.next_offset or 0) < (lease.end_offset or 0 if first_young is None else first_young)


def _note(events: Log, near: list[Lease], keeps: dict[int, int]) -> None:
    reader = events.reader()
    try:
        for number, lease in enumerate(near):
            lease.loses_at = _loses_at(lease, keeps[lease.pk], reader if number < _MOST_READ else None)
    finally:
        reader.close()
    Lease.objects.bulk_update(near, ["loses_at"], batch_size=500)
    Lease.objects.exclude(loses_at=None).exclude(pk__in=[lease.pk for lease in near]).update(loses_at=None)
    counted = Connector.objects.values_list("name").annotate(near=Count("leases__loses_at")).order_by()
    gauges.set_all(metrics.CONNECTOR_NEAR_RETENTION, dict(counted))
    if near:
        log.warning(CODE, extra={"partitions": len(near), "first": str(near[0])})


def _loses_at(lease: Lease, keeps_ms: int, reader: Reader | None) -> datetime:
    """When the log deletes the record; at once where it can't be read to tell, or is gone already."""
    if reader is not None:
        found: Sequence[Record] = ()
        with suppress(OffsetOutOfRangeError, TopicUnknownError):  # its own alarm says so; the others need theirs
            found = reader.read(TopicPartition(lease.topic, lease.partition), lease.next_offset or 0, max_records=1).records
        if found:
            return datetime.fromtimestamp(found[0].timestamp_ms / 1000, UTC) + timedelta(milliseconds=keeps_ms)
    return datetime.now(UTC)
