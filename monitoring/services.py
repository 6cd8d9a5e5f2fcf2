"""The only writers of monitoring's rows; each is safe to be run by two processes at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Max, Q, Sum

from eventplatform.core.records import Record
from monitoring.models import (
    CanaryArrival,
    CanaryRun,
    CanaryTurn,
    CountedDay,
    RoleHeartbeat,
    SampledMinute,
    StreamDay,
    StreamVolume,
)
from monitoring.posting import Answer


def note_exclusions(*, reasons: Mapping[str, str]) -> None:
    """Keep one turn per stream, with the reason why it gets no canary (or none); forget streams that are gone."""
    kept = dict(CanaryTurn.objects.values_list("stream", "excluded_because"))
    CanaryTurn.objects.filter(stream__in=kept.keys() - reasons.keys()).delete()
    CanaryTurn.objects.bulk_create(
        [CanaryTurn(stream=stream, excluded_because=why) for stream, why in reasons.items() if stream not in kept],
        ignore_conflicts=True,
    )
    for stream, why in reasons.items():
        if kept.get(stream, why) != why:
            CanaryTurn.objects.filter(stream=stream).update(excluded_because=why)


def claim_turn(*, stream: str, now: datetime, interval: timedelta) -> bool:
    """True for exactly one caller per stream and interval."""
    is_due = Q(claimed_at__isnull=True) | Q(claimed_at__lte=now - interval)
    return bool(CanaryTurn.objects.filter(is_due, stream=stream).update(claimed_at=now))


def begin_run(*, stream: str, event_id: str, topic: str, positions: Mapping[int, int], now: datetime) -> CanaryRun:
    """The row of a canary that is about to be sent: written first, so that a crash leaves a trace."""
    kept = {str(partition): offset for partition, offset in positions.items()}
    return CanaryRun.objects.create(stream=stream, event_id=event_id, topic=topic, positions=kept, sent_at=now)


def record_answer(*, run: CanaryRun, answer: Answer, now: datetime) -> None:
    """What the intake said to the canary."""
    CanaryRun.objects.filter(pk=run.pk).update(answered_at=now, status=answer.status, error=answer.error)


def record_positions(*, run: CanaryRun, positions: Mapping[int, int]) -> None:
    """How far the observer has looked in vain, so that it doesn't read the same records again."""
    CanaryRun.objects.filter(pk=run.pk).update(positions={str(number): offset for number, offset in positions.items()})


def record_sighting(*, event_id: str, record: Record, recorded_at: datetime, now: datetime) -> None:
    """The canary was found on its topic; the first finder wins."""
    CanaryRun.objects.filter(event_id=event_id, seen_at__isnull=True).update(
        seen_at=now, recorded_at=recorded_at, partition=record.partition, offset=record.offset
    )


def record_arrival(*, run: CanaryRun, connector: str, written_at: datetime) -> None:
    """The canary was found in a connector's store."""
    CanaryArrival.objects.get_or_create(run=run, connector=connector, defaults={"written_at": written_at})


def close_run(*, run: CanaryRun, now: datetime) -> None:
    """Nothing is left to look for: the canary arrived everywhere."""
    CanaryRun.objects.filter(pk=run.pk).update(done_at=now)


@transaction.atomic
def record_volumes(*, minute: datetime, volumes: Mapping[str, int], now: datetime) -> None:
    """The volumes of one minute, as counted now; counting again replaces them."""
    rows = [
        StreamVolume(stream=stream, minute=minute, events=events) for stream, events in sorted(volumes.items()) if events > 0
    ]
    StreamVolume.objects.bulk_create(rows, update_conflicts=True, unique_fields=["stream", "minute"], update_fields=["events"])
    SampledMinute.objects.update_or_create(minute=minute, defaults={"sampled_at": now})


@transaction.atomic
def roll_up(*, day: date, begin: datetime, end: datetime) -> None:
    """Add up the minutes of a day that is over, canaries taken out; doing it again replaces what was there."""
    window = {"minute__gte": begin, "minute__lt": end}
    runs = CanaryRun.objects.filter(recorded_at__gte=begin, recorded_at__lt=end).values_list("stream")
    canaries = dict(runs.annotate(number=Count("pk")))
    rows = StreamVolume.objects.filter(**window).values_list("stream").annotate(total=Sum("events"), most=Max("events"))
    StreamDay.objects.bulk_create(
        [
            StreamDay(stream=stream, day=day, events=max(total - canaries.get(stream, 0), 0), peak=most)
            for stream, total, most in rows.order_by("stream")
        ],
        update_conflicts=True,
        unique_fields=["stream", "day"],
        update_fields=["events", "peak"],
        batch_size=1000,
    )
    minutes = SampledMinute.objects.filter(**window).count()
    CountedDay.objects.update_or_create(day=day, defaults={"minutes": minutes})


def forget_days(*, before: date) -> int:
    """Delete the daily volumes of days before that one; the number of rows."""
    return sum(model.objects.filter(day__lt=before).delete()[0] for model in (StreamDay, CountedDay))


def beat(*, role: str, now: datetime, is_well: bool = True, detail: str = "") -> None:
    """A sign of life of `role`, or of its failing."""
    RoleHeartbeat.objects.update_or_create(role=role, defaults={"beat_at": now, "is_well": is_well, "detail": detail})


def forget(*, before: datetime) -> int:
    """Delete canaries and volumes older than `before`; the number of rows."""
    deleted = CanaryRun.objects.filter(sent_at__lt=before).delete()[0]
    for model in (StreamVolume, SampledMinute):
        deleted += model.objects.filter(minute__lt=before).delete()[0]
    return deleted
