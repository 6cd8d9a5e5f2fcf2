"""Keeps what the intake's counters grew by: the only writer of these rows, safe to be run by two processes at once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models, transaction

from monitoring.models import IntakeCount, IntakeHour, IntakeRequests, IntakeTotal
from monitoring.outcomes.reading import EVENT, Key
from monitoring.traffic.models import IntakeDay

MINUTE, HOUR = 60, 3600
_HOURS_LONGER = timedelta(days=28)  # a month of one stream's outcomes by the hour
_LOCK = 7_215_301  # any number that nobody else locks
_OF_EVENTS = ("service", "stream", "outcome", "reason")
_OF_REQUESTS = ("kind", "name", "reason")


@transaction.atomic
def record(*, at: datetime, totals: Mapping[Key, int], source: str = "intake") -> None:
    """Count what the counters of one source grew by since they were last read, also where the role began anew since."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    grown = _grown(totals, source)
    minute, hour = at.replace(second=0, microsecond=0), at.replace(minute=0, second=0, microsecond=0)
    events = {key[1:]: growth for key, growth in grown.items() if key[0] == EVENT}
    requests: dict[Key, int] = defaultdict(int)
    for key, growth in grown.items():
        if key[0] != EVENT:
            kind, name, *reason = key
            requests[kind, name, "".join(reason)] += growth
    _add(IntakeCount, {"minute": minute}, _OF_EVENTS, events)
    _add(IntakeHour, {"hour": hour}, _OF_EVENTS, events)
    _add(IntakeDay, {"day": at.date()}, _OF_EVENTS, events)
    _add(IntakeRequests, {"at": minute, "seconds": MINUTE}, _OF_REQUESTS, requests)
    _add(IntakeRequests, {"at": hour, "seconds": HOUR}, _OF_REQUESTS, requests)


def forget(*, before: datetime) -> int:
    """Delete what is older, hours four weeks later; days are `traffic.rolling.forget`'s. The number of rows."""
    deleted = IntakeCount.objects.filter(minute__lt=before).delete()[0]
    deleted += IntakeHour.objects.filter(hour__lt=before - _HOURS_LONGER).delete()[0]
    return deleted + IntakeRequests.objects.filter(at__lt=before).delete()[0]


def _grown(totals: Mapping[Key, int], source: str) -> dict[Key, int]:
    """By how much each counter grew; where each stands now is kept."""
    now = {json.dumps(key): total for key, total in totals.items()}
    kept = dict(IntakeTotal.objects.filter(source=source).values_list("key", "total"))
    # Counters only grow: where one shrank or is gone, the role began anew, and so did those that have outgrown it since.
    if any(now.get(text, -1) < total for text, total in kept.items()):
        IntakeTotal.objects.filter(source=source).delete()
        kept = {}
    changed = [IntakeTotal(source=source, key=text, total=total) for text, total in now.items() if kept.get(text) != total]
    IntakeTotal.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["source", "key"], update_fields=["total"], batch_size=1000
    )
    growth = {key: total - kept.get(json.dumps(key), 0) for key, total in totals.items()}
    return {key: number for key, number in growth.items() if number}


def _add(model: type[models.Model], period: Mapping[str, Any], names: tuple[str, ...], growth: Mapping[Key, int]) -> None:
    """Add to the rows of a period."""
    if not growth:
        return
    rows = model._default_manager.filter(**period).values_list(*names, "count")  # noqa: SLF001  # Django's public name for it
    before = {tuple(key): count for *key, count in rows}
    model._default_manager.bulk_create(  # noqa: SLF001  # likewise
        [
            model(**period, **dict(zip(names, key, strict=True)), count=before.get(key, 0) + number)
            for key, number in sorted(growth.items())
        ],
        update_conflicts=True,
        unique_fields=[*period, *names],
        update_fields=["count"],
        batch_size=1000,
    )
