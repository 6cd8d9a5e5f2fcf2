"""What became of all events of a range, and whether the sum is right: everything received has met its fate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Sum
from django.utils import timezone

from eventplatform.figures import NOTHING, share
from monitoring.dashboard import shared
from monitoring.dashboard.ranges import WEEK, Range
from monitoring.outcomes import lookups
from monitoring.outcomes.periods import PERIODS
from monitoring.overview_tables import accepted
from monitoring.traffic.models import IntakeDay


@dataclass(frozen=True, slots=True)
class Books:
    """Outcomes with canaries, of a service or of all; `received` was counted before anything was judged, None where unknown."""

    outcomes: Mapping[str, int]
    received: int | None
    reasons: Mapping[tuple[str, str, str], int]  # stream, outcome, reason
    answers: Mapping[tuple[str, str], int]  # door and status, bucket

    @property
    def settled(self) -> int:
        """Events whose outcome is known."""
        return sum(self.outcomes.values())

    @property
    def accepted(self) -> int:
        """With the answer awaited, or hasty."""
        return accepted(self.outcomes)

    @property
    def refused(self) -> int:
        return self.settled - self.accepted

    @property
    def accepted_share(self) -> str:
        return share(self.accepted, self.settled) if self.settled else NOTHING

    @property
    def accepted_percent(self) -> float:
        """For a meter."""
        return round(100 * self.accepted / self.settled, 1) if self.settled else 0.0

    @property
    def open(self) -> int | None:
        """Received and not settled: under way; negative where more was settled, as where counting began in between."""
        return None if self.received is None else self.received - self.settled


def books(of: Range, *, service: str = "") -> Books:
    """The range's outcomes; received events are known for a week."""
    return shared.read(("books", of.name, service), lambda: _books(of, service), of.fresh)


def _books(of: Range, service: str) -> Books:
    if of.length > WEEK:
        return _months(of, service)
    seen = lookups.seen(PERIODS[of.period], service=service, with_lines=False)
    outcomes: dict[str, int] = {}
    reasons: dict[tuple[str, str, str], int] = {}
    for fate, count in seen.fates.items():
        outcomes[fate.outcome] = outcomes.get(fate.outcome, 0) + count
        key = fate.stream, fate.outcome, fate.reason
        reasons[key] = reasons.get(key, 0) + count
    return Books(outcomes, None if service else seen.received, reasons, seen.answers)


def _months(of: Range, service: str) -> Books:
    begin, _ = of.window(timezone.now())
    rows = IntakeDay.objects.filter(day__gte=begin.date(), **({"service": service} if service else {}))
    found = {tuple(key): total for *key, total in rows.values_list("stream", "outcome", "reason").annotate(Sum("count"))}
    outcomes: dict[str, int] = {}
    for (_, outcome, _), count in found.items():
        outcomes[outcome] = outcomes.get(outcome, 0) + count
    return Books(outcomes, None, found, {})
