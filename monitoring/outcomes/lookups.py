"""What became of the events of a period, read in a few queries whose cost doesn't grow with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Sum
from django.utils import timezone

from eventplatform.core.results import SUCCESSES
from monitoring.models import IntakeCount, IntakeRequests
from monitoring.outcomes.periods import Period
from monitoring.outcomes.reading import ANSWER, BODY, RECEIVED


class Fate(NamedTuple):
    """Whose events ended how; service and stream are empty where none is configured."""

    service: str
    stream: str
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class Seen:
    """All that the intake counted in a period."""

    fates: Mapping[Fate, int]
    lines: Mapping[str, Sequence[float]]  # by outcome, a number for each slot
    received: int
    bodies: Mapping[tuple[str, str], int]  # service and reason → requests
    answers: Mapping[tuple[str, str], int]  # door and status, bucket → requests

    @property
    def settled(self) -> int:
        """Events whose outcome is known."""
        return sum(self.fates.values())


@dataclass(frozen=True, slots=True)
class Share:
    """How a service's or a stream's events fared."""

    service: str
    stream: str
    events: int
    kept: int

    @property
    def refused(self) -> int:
        return self.events - self.kept


def seen(period: Period, *, service: str = "", stream: str = "", now: datetime | None = None, with_lines: bool = True) -> Seen:
    """The period, of one service or stream where they are named; requests are known by service alone, answers by neither."""
    moment = now or timezone.now()
    begin = period.begins_at(moment)
    named = {name: value for name, value in (("service", service), ("stream", stream)) if value}
    rows = period.rows._default_manager.filter(**{f"{period.moment}__gte": begin}, **named)  # noqa: SLF001  # Django's public name
    fates = rows.values_list("service", "stream", "outcome", "reason").annotate(total=Sum("count"))
    lines: dict[str, list[float]] = {}
    by_slot = rows.values_list("outcome", period.moment).annotate(total=Sum("count")) if with_lines else ()
    for outcome, at, total in by_slot:
        line = lines.setdefault(outcome, [0.0] * period.slots)
        line[period.slot_of(at, begin)] += total
    requests = _requests(period, begin)
    return Seen(
        fates={Fate(*key): total for *key, total in fates},
        lines=lines,
        received=sum(count for (kind, _, _), count in requests.items() if kind == RECEIVED),
        bodies={(name, why): count for (kind, name, why), count in requests.items() if kind == BODY and service in ("", name)},
        answers={(name, bucket): count for (kind, name, bucket), count in requests.items() if kind == ANSWER},
    )


def shares(fates: Mapping[Fate, int]) -> list[Share]:
    """By service and stream, those with most refused events first."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for fate, count in fates.items():
        events, kept = found.get((fate.service, fate.stream), (0, 0))
        found[fate.service, fate.stream] = events + count, kept + count * (fate.outcome in SUCCESSES)
    every = [Share(service, stream, *counts) for (service, stream), counts in found.items()]
    return sorted(every, key=lambda one: (-one.refused, -one.events, one.service, one.stream))


def of_services(*, hours: int = 1) -> Mapping[str, tuple[int, int]]:
    """By service, the events of the last hours and how many of them were kept."""
    since = timezone.now() - timedelta(hours=hours)
    rows = IntakeCount.objects.filter(minute__gte=since).values_list("service", "outcome").annotate(total=Sum("count"))
    found: dict[str, tuple[int, int]] = {}
    for service, outcome, total in rows:
        events, kept = found.get(service, (0, 0))
        found[service] = events + total, kept + total * (outcome in SUCCESSES)
    return found


def _requests(period: Period, begin: datetime) -> Mapping[tuple[str, str, str], int]:
    rows: Any = IntakeRequests.objects.filter(seconds=period.seconds, at__gte=begin)
    return {tuple(key): total for *key, total in rows.values_list("kind", "name", "reason").annotate(total=Sum("count"))}
