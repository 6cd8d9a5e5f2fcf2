"""Notes where each hour begins and ends in the log, once it is over."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from django.db.models import Min
from django.utils import timezone

from eventplatform.broker.base import Log, partitions_of
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import TopicPartition
from monitoring.hours import services
from monitoring.hours.judging import HOUR
from monitoring.hours.models import LogHour
from monitoring.models import CanaryTurn
from streamconfig.lookups import snapshot

log = logging.getLogger(__name__)

WINDOW = 24  # hours that are judged; what is not complete by then stays as it is
_SETTLES = timedelta(seconds=10)  # a record that was stamped before the hour's end may be committed a little after it


def hour_of(moment: datetime) -> datetime:
    """The beginning of the hour (UTC) that the moment lies in."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def watched(now: datetime) -> list[datetime]:
    """The hours that are over and judged, oldest first: of the last day, since canaries were first to be sent."""
    first = CanaryTurn.objects.aggregate(first=Min("since"))["first"] or now
    begin = max(hour_of(first), hour_of(now) - WINDOW * HOUR)
    return [begin + number * HOUR for number in range(int((hour_of(now) - begin) / HOUR))]


def note(event_log: Log) -> int:
    """Keep where hours that are over begin and end in each partition; how many hours were noted."""
    now = timezone.now()
    known = set(LogHour.objects.filter(hour__gte=hour_of(now) - WINDOW * HOUR).values_list("hour", flat=True).distinct())
    due = [hour for hour in watched(now) if hour not in known and now >= hour + HOUR + _SETTLES]
    if not due:
        return 0
    try:
        partitions = partitions_of(event_log.topics(_topics()))
        for hour in due:
            services.record_bounds(hour=hour, bounds=_bounds(event_log, partitions, hour))
    except PlatformError as error:
        log.warning("hours.log_away", extra={"reason": str(error)})
        return 0
    return len(due)


def _topics() -> set[str]:
    return {topic for stream in snapshot().streams.values() for topic in stream.topics or (stream.name,)}


def _bounds(event_log: Log, partitions: list[TopicPartition], hour: datetime) -> dict[TopicPartition, tuple[int, int]]:
    """The first offset of the hour and that of the next; where nothing came since, the end of the log."""
    ends = event_log.end_offsets(partitions)
    begins, nexts = (event_log.offsets_for_times(dict.fromkeys(ends, _ms(at))) for at in (hour, hour + HOUR))
    bounds = {}
    for where, last in ends.items():
        end = last if (found := nexts.get(where)) is None else min(found, last)
        bounds[where] = (end if (begin := begins.get(where)) is None else min(begin, end), end)
    return bounds


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
