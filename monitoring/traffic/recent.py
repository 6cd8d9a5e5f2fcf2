"""The newest counts of every stream: one to two hours by minute, a day before them by hour, longer where nothing came."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Max

from monitoring.models import CanaryRun, SampledMinute, StreamVolume
from monitoring.traffic import zones
from monitoring.traffic.alarm.judging import Seen
from monitoring.traffic.alarm.learning import LOOKED_BACK
from monitoring.traffic.alarm.shares import Shares
from monitoring.traffic.alarm.weeks import Cell
from monitoring.traffic.models import CountedHour, StreamHour

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Recent:
    """Cells that all streams share, newest first, and each stream's events by the beginning of a cell."""

    minutes: Sequence[Cell]
    hours: Sequence[Cell]  # four weeks; of most streams only a day is looked at
    events: Mapping[str, Mapping[datetime, int]]
    quiet_since: Mapping[str, datetime]  # of those that had nothing in all that: the last hour with events

    def seen(self, stream: str, shares: Shares) -> Seen:
        """One stream's counts."""
        held = self.events.get(stream, {})
        last = self.quiet_since.get(stream)
        begin = self.minutes[-1].begin - _DAY if last is None else last
        cells = [*self.minutes, *(cell for cell in self.hours if cell.begin >= begin)]
        return Seen(cells, [held.get(cell.begin, int(cell.begin == last)) for cell in cells], shares)


def recent(*, now: datetime, streams: Collection[str], holds: Sequence[Span] = ()) -> Recent:
    """What was counted until the last minute that is over and whose canaries are known."""
    end = now.replace(second=0, microsecond=0) - _MINUTE
    edge = (end - _HOUR).replace(minute=0)
    events = _events(edge, end)
    quiet = [name for name in streams if name not in events]
    last = StreamHour.objects.filter(stream__in=quiet, events__gt=0, hour__gte=now - LOOKED_BACK, hour__lt=edge).order_by()
    return Recent(
        minutes=_minutes(edge, end, holds),
        hours=_hours(edge, holds),
        events=events,
        quiet_since=dict(last.values_list("stream").annotate(last=Max("hour"))),
    )


def _events(edge: datetime, end: datetime) -> Mapping[str, Mapping[datetime, int]]:
    found: dict[str, dict[datetime, int]] = defaultdict(dict)
    runs = CanaryRun.objects.filter(recorded_at__gte=edge, recorded_at__lt=end).values_list("stream", "recorded_at")
    rows = StreamVolume.objects.filter(minute__gte=edge, minute__lt=end).values_list("stream", "minute", "events")
    for stream, minute, records in rows:
        found[stream][minute] = records
    canaries = Counter((stream, at.replace(second=0, microsecond=0)) for stream, at in runs if at)
    for (stream, minute), number in canaries.items():
        left = found.get(stream, {}).get(minute, 0) - number
        if left > 0:
            found[stream][minute] = left
        elif stream in found:
            found[stream].pop(minute, None)
            if not found[stream]:
                del found[stream]
    hours = StreamHour.objects.filter(hour__gte=edge - _DAY, hour__lt=edge, events__gt=0)
    for stream, hour, count in hours.values_list("stream", "hour", "events"):
        found[stream][hour] = count
    return found


def _minutes(edge: datetime, end: datetime, holds: Sequence[Span]) -> list[Cell]:
    """Those that weren't counted after their end, or when the platform was away, say nothing."""
    rows = SampledMinute.objects.filter(minute__gte=edge, minute__lt=end, sampled_at__gte=F("minute") + _MINUTE)
    counted = set(rows.values_list("minute", flat=True))
    clock = zones.clock()
    every = [edge + number * _MINUTE for number in range(int((end - edge) / _MINUTE))]
    return [clock.cell(at, 1, float(at in counted and not _overlap(at, at + _MINUTE, holds))) for at in reversed(every)]


def _hours(edge: datetime, holds: Sequence[Span]) -> list[Cell]:
    rows = CountedHour.objects.filter(hour__gte=edge - LOOKED_BACK, hour__lt=edge).order_by("-hour")
    clock = zones.clock()
    return [
        clock.cell(hour, 60, max(minutes - _overlap(hour, hour + _HOUR, holds), 0.0))
        for hour, minutes in rows.values_list("hour", "minutes")
    ]


def _overlap(begin: datetime, end: datetime, holds: Sequence[Span]) -> float:
    """Minutes of a stretch in which the platform was away."""
    return sum(max((min(end, last) - max(begin, first)) / _MINUTE, 0.0) for first, last in holds)
