"""Rolls minutes up into hours: a tick that may be missed or doubled, since each hour is replaced as a whole."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Count
from django.db.models.functions import TruncHour
from django.utils import timezone

from monitoring.models import CanaryRun, CountedDay, SampledMinute, StreamDay, StreamVolume
from monitoring.traffic import hours
from monitoring.traffic.models import CountedHour, IntakeDay, StreamHour, StreamShare, TrafficHold, TrafficIncident

_HOUR = timedelta(hours=1)
_HOURS_AT_ONCE = 12  # a tick adds up so many at most; the next one goes on
_OPEN_FOR = timedelta(minutes=10)  # the last hour is added up anew for so long: canaries are found a little late
MINUTES_KEPT = timedelta(days=8)  # a day beside the same one of last week
KEPT = timedelta(days=400)


def roll_up(now: datetime | None = None) -> list[datetime]:
    """Add up the hours that have minutes which aren't in their sum yet, the oldest first, and the one that runs."""
    now = now or timezone.now()
    found = _due(now)[:_HOURS_AT_ONCE]
    for hour in found:
        _replace(hour)
    return found


def _due(now: datetime) -> list[datetime]:
    rows = SampledMinute.objects.annotate(hour=TruncHour("minute", tzinfo=UTC)).values("hour").annotate(number=Count("pk"))
    sampled = dict(rows.values_list("hour", "number"))
    counted = dict(CountedHour.objects.filter(hour__in=sampled).values_list("hour", "minutes"))
    open_since = (now - _OPEN_FOR).replace(minute=0, second=0, microsecond=0)
    # Fewer than were added up are those that are forgotten since.
    return sorted(hour for hour, number in sampled.items() if number > counted.get(hour, 0) or hour >= open_since)


@transaction.atomic
def _replace(hour: datetime) -> None:
    window = {"minute__gte": hour, "minute__lt": hour + _HOUR}
    minutes = SampledMinute.objects.filter(**window).count()
    StreamHour.objects.bulk_create(
        [
            StreamHour(
                stream=stream,
                hour=hour,
                events=one.events,
                canaries=one.canaries,
                peak=one.peak,
                first=one.first,
                last=one.last,
                gap=one.gap,
            )
            for stream, one in sorted(_hours(hour).items())
        ],
        update_conflicts=True,
        unique_fields=["stream", "hour"],
        update_fields=["events", "canaries", "peak", "first", "last", "gap"],
        batch_size=1000,
    )
    CountedHour.objects.update_or_create(hour=hour, defaults={"minutes": minutes})


def _hours(hour: datetime) -> Mapping[str, hours.Hour]:
    runs = CanaryRun.objects.filter(recorded_at__gte=hour, recorded_at__lt=hour + _HOUR).values_list("stream", "recorded_at")
    canaries = Counter((stream, at.minute) for stream, at in runs if at)
    found: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    rows = StreamVolume.objects.filter(minute__gte=hour, minute__lt=hour + _HOUR)
    for stream, minute, events in rows.values_list("stream", "minute", "events"):
        found[stream].append((minute.minute, events, canaries[stream, minute.minute]))
    return {stream: hours.of_minutes(minutes) for stream, minutes in found.items()}


def forget(now: datetime | None = None) -> int:
    """Delete what is too old to be shown or learnt from; the number of rows."""
    now = now or timezone.now()
    deleted = 0
    for minutes in (StreamVolume, SampledMinute):
        deleted += minutes.objects.filter(minute__lt=now - MINUTES_KEPT).delete()[0]
    for hourly in (StreamHour, CountedHour):
        deleted += hourly.objects.filter(hour__lt=now - KEPT).delete()[0]
    for daily in (StreamDay, CountedDay, IntakeDay):
        deleted += daily.objects.filter(day__lt=(now - KEPT).date()).delete()[0]
    deleted += TrafficHold.objects.filter(ended_at__lt=now - KEPT).delete()[0]
    deleted += TrafficIncident.objects.filter(ended_at__lt=now - KEPT).delete()[0]
    # The last one of a stream holds, however old it is.
    newest = StreamShare.objects.order_by("stream", "-at").distinct("stream").values("pk")
    return deleted + StreamShare.objects.filter(at__lt=now - KEPT).exclude(pk__in=newest).delete()[0]
