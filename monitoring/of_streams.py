"""What monitoring tells the pages of streams: refused shares, ages of canaries, and a test event on demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Q, Sum
from django.utils import timezone

from eventplatform.core.results import SUCCESSES
from eventplatform.core.streams import Stream
from eventplatform.eventlog import event_log
from monitoring import canaries, canary, lookups, stages
from monitoring.models import CanaryRun, IntakeCount
from streamconfig.lookups import snapshot

_HOUR = timedelta(hours=1)
_INTERVALS = 3  # a canary that old or older is told as late anyway


@dataclass(frozen=True, slots=True)
class Sent:
    """A test event: taken in by the intake, or why it wasn't or couldn't be sent."""

    is_accepted: bool
    status: int | None = None
    error: str = ""


def refused_shares() -> Mapping[str, float]:
    """By stream, the share of the last hour's events that the intake did not take; streams without events are absent."""
    rows = IntakeCount.objects.filter(minute__gte=timezone.now() - _HOUR).values_list("stream")
    counted = rows.annotate(every=Sum("count"), taken=Sum("count", filter=Q(outcome__in=SUCCESSES), default=0))
    return {stream: 1 - taken / every for stream, every, taken in counted if every}


def last_canaries() -> Mapping[str, datetime]:
    """By stream, when its last canary was found on its topic."""
    since = timezone.now() - max(_HOUR, _INTERVALS * timedelta(seconds=settings.CANARY_INTERVAL_SECONDS))
    rows = CanaryRun.objects.filter(recorded_at__gte=since).values_list("stream")
    return dict(rows.annotate(Max("recorded_at")))


def send_canary(name: str, for_hour: datetime | None = None) -> Sent:
    """Send one test event to a stream now through each of its intakes, by its schema's first example, as anybody would.

    A stream without regular canaries gets it too: somebody asked. `for_hour`: its `dt` names that past hour.
    """
    config = snapshot()
    stream = config.find_stream(name)
    example = config.schemas.canary_example(stream.schema_title) if stream else None
    why_not = _why_not(stream, example) if stream else canary.PATTERN
    if stream is None or example is None or why_not:
        return Sent(is_accepted=False, error=why_not)
    with canaries.opened_intakes() as intakes:
        doors = canaries.through(stream.service, intakes).values()
        answers = canaries.send([canaries.Post(stream, intake, example, for_hour) for intake in doors], event_log())
    worst = next((answer for answer in answers if not answer.is_accepted), None) or next(iter(answers), None)
    return Sent(worst.is_accepted, worst.status, worst.error) if worst else Sent(is_accepted=False, error=canary.NO_INTAKE)


def canary_stages(name: str) -> Sequence[stages.Stage]:
    """How far the stream's last canary got, stage by stage; none where none was sent yet."""
    path = lookups.canary_path(name)
    return path.stages if path and path.sent_at else ()


def _why_not(stream: Stream, example: Mapping[str, object] | None) -> str:
    found = canary.excluded_because(stream, example)
    return (canary.NO_EXAMPLE if example is None else "") if found == canary.NOT_WANTED else found
