"""Which streams had events lately, for the list of stale ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from django.db.models import Max
from django.utils import timezone

from monitoring.models import CountedDay, StreamDay

_SLACK = timedelta(days=3)  # the last days are rolled up a little later


def last_days_with_events(days: int) -> Mapping[str, date] | None:
    """By stream, the last day that had an event; None where not that many days were counted, so that nobody can tell."""
    today = timezone.now().date()
    counted = CountedDay.objects.filter(day__gt=today - timedelta(days=days) - _SLACK)
    if counted.count() < days:
        return None
    rows = StreamDay.objects.filter(events__gt=0).values_list("stream")
    return dict(rows.annotate(Max("day")))
