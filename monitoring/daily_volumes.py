"""Events per day of a stream: what its topics took by the log's own times, canaries left out, in UTC days.

A day that is over is rolled up once into a row per stream, since minutes are kept for a week only; the day that runs, and
one that is not rolled up yet, is added up from its minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Max, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from monitoring import services
from monitoring.models import CanaryRun, CountedDay, SampledMinute, StreamDay, StreamVolume

_DAY = timedelta(days=1)
_SETTLES = timedelta(hours=2)  # the sampler looks back an hour after a pause; later nothing of a day changes any more
_DAYS_AT_ONCE = 3  # a tick rolls up so many at most; the next one goes on
KEPT = timedelta(days=400)


class Counted(NamedTuple):
    """A day; `events` is None where none of its minutes was counted, `peak` its busiest minute."""

    day: date
    events: int | None
    minutes: int
    peak: int


def roll_up(now: datetime | None = None) -> list[date]:
    """Roll up the days that are over and not yet rolled up, the oldest first; the tick of `monitoring.tasks`."""
    last = ((now or timezone.now()) - _SETTLES).date() - _DAY
    counted = SampledMinute.objects.filter(minute__lt=_begin(last + _DAY)).annotate(day=TruncDate("minute", tzinfo=UTC))
    due = counted.exclude(day__in=CountedDay.objects.values("day")).values_list("day", flat=True).distinct().order_by("day")
    days = list(due[:_DAYS_AT_ONCE])
    for day in days:
        services.roll_up(day=day, begin=_begin(day), end=_begin(day + _DAY))
    return days


def counted_days(stream: str, days: int) -> Sequence[Counted]:
    """The last `days` days, oldest first, the running one last."""
    today = timezone.now().date()
    first = today - (days - 1) * _DAY
    minutes = dict(CountedDay.objects.filter(day__gte=first).values_list("day", "minutes"))
    rows = StreamDay.objects.filter(stream=stream, day__gte=first).values_list("day", "events", "peak")
    held = {day: (events, peak) for day, events, peak in rows}
    every = [first + number * _DAY for number in range(days)]
    return [
        Counted(day, *_rolled(held.get(day), minutes[day])) if day in minutes else _from_minutes(stream, day) for day in every
    ]


def daily_volumes(stream: str, days: int) -> Sequence[tuple[date, int | None]]:
    """The same as day and events alone, without the day that is still running."""
    return [(one.day, one.events) for one in counted_days(stream, days + 1)[:-1]]


def _rolled(held: tuple[int, int] | None, minutes: int) -> tuple[int, int, int]:
    events, peak = held or (0, 0)
    return events, minutes, peak


def _from_minutes(stream: str, day: date) -> Counted:
    window = {"minute__gte": _begin(day), "minute__lt": _begin(day + _DAY)}
    minutes = SampledMinute.objects.filter(**window).count()
    if not minutes:
        return Counted(day, None, 0, 0)
    found = StreamVolume.objects.filter(stream=stream, **window).aggregate(total=Sum("events"), peak=Max("events"))
    canaries = CanaryRun.objects.filter(
        stream=stream, recorded_at__gte=_begin(day), recorded_at__lt=_begin(day + _DAY)
    ).aggregate(number=Count("pk"))["number"]
    return Counted(day, max((found["total"] or 0) - canaries, 0), minutes, found["peak"] or 0)


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
