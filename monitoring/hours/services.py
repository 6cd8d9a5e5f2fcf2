"""The only writers of the rows of hours; each is safe to be run by two processes at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from eventplatform.core.records import TopicPartition
from monitoring.hours.judging import Verdict
from monitoring.hours.models import LogHour, StoreHour

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class NewVerdict:
    """What is said of a stream's hour in a store."""

    stream: str
    connector: str
    hour: datetime
    verdict: Verdict


def record_bounds(*, hour: datetime, bounds: Mapping[TopicPartition, tuple[int, int]]) -> None:
    """Where an hour begins and ends in each partition; the first to note it wins."""
    rows = [
        LogHour(topic=where.topic, partition=where.partition, hour=hour, begin=begin, end=end)
        for where, (begin, end) in sorted(bounds.items())
    ]
    LogHour.objects.bulk_create(rows, ignore_conflicts=True, batch_size=_BATCH)


def record_verdicts(*, verdicts: Sequence[NewVerdict], now: datetime) -> int:
    """Keep the verdicts that are new or changed; that an hour was complete is never taken back."""
    hours = {one.hour for one in verdicts}
    kept = {
        (hour, stream, connector): (state, reason, events, complete_at)
        for hour, stream, connector, state, reason, events, complete_at in StoreHour.objects.filter(hour__in=hours).values_list(
            "hour", "stream", "connector", "state", "reason", "events", "complete_at"
        )
    }
    changed = []
    for one in verdicts:
        before = kept.get((one.hour, one.stream, one.connector))
        said = (one.verdict.state, one.verdict.reason, one.verdict.events)
        if before is None or (before[3] is None and before[:3] != said):
            changed.append(_row(one, now))
    StoreHour.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["hour", "stream", "connector"],
        update_fields=["state", "reason", "events", "judged_at", "complete_at"],
        batch_size=_BATCH,
    )
    return len(changed)


def forget(*, before: datetime) -> int:
    """Delete hours older than that; the number of rows."""
    return sum(model.objects.filter(hour__lt=before).delete()[0] for model in (LogHour, StoreHour))


def _row(one: NewVerdict, now: datetime) -> StoreHour:
    return StoreHour(
        stream=one.stream,
        connector=one.connector,
        hour=one.hour,
        state=one.verdict.state,
        reason=one.verdict.reason,
        events=one.verdict.events,
        judged_at=now,
        complete_at=now if one.verdict.is_complete else None,
    )
