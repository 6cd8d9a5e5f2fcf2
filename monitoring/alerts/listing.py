"""Lists of alerts as pages and the API show them: open ones worst first, silenced ones, and those that were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from monitoring.alerts import kinds, lookups
from monitoring.alerts.kind import Kind
from monitoring.alerts.models import Alert, AlertSilence
from monitoring.alerts.rules import Silence

MOST = 200
RANGES = {"1d": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30), "400d": timedelta(days=400)}
_Phase = Alert.Phase


@dataclass(frozen=True, slots=True)
class Filters:
    """What somebody wants to see; `q` is looked for in subject and words."""

    tab: str = "open"
    kind: str = ""
    level: str = ""
    q: str = ""
    range: str = "7d"
    before: int | None = None

    def applied(self, rows: QuerySet[Alert]) -> QuerySet[Alert]:
        """The rows that fit, whatever the tab."""
        rows = rows.filter(kind=self.kind) if self.kind else rows
        rows = rows.filter(level=self.level) if self.level else rows
        return rows.filter(Q(subject__icontains=self.q) | Q(what__icontains=self.q)) if self.q else rows


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert with what is known around it."""

    row: Alert
    kind: Kind | None
    silence: Silence | None = None

    @property
    def is_quiet(self) -> bool:
        """Nobody is told: silenced, or held by what is above it."""
        return self.silence is not None or bool(self.row.held_by)

    @property
    def above(self) -> Kind | None:
        """The kind that holds it."""
        return kinds.find(self.row.held_by)


def open_ones(filters: Filters, now: datetime) -> list[Shown]:
    """All open alerts that fit, failing ones first, those that wait longest first among them."""
    worst = Case(When(level="fail", then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = filters.applied(Alert.objects.filter(phase=_Phase.OPEN)).order_by(worst, "began_at", "pk")
    return shown(rows, now)


def past(filters: Filters, now: datetime) -> QuerySet[Alert]:
    """All that are over, on whatever page."""
    return filters.applied(Alert.objects.filter(phase=_Phase.RESOLVED, opened_at__gt=now - RANGES[filters.range]))


def history(filters: Filters, now: datetime) -> list[Shown]:
    """Those that are over, the newest first, one more than a page holds where there are more."""
    rows = past(filters, now).order_by("-pk")
    rows = rows.filter(pk__lt=filters.before) if filters.before else rows
    return [Shown(row, kinds.find(row.kind)) for row in rows[: MOST + 1]]


def shown(rows: QuerySet[Alert] | Sequence[Alert], now: datetime) -> list[Shown]:
    """Rows with their kinds and silences."""
    silenced = lookups.silences(now)
    return [Shown(row, kinds.find(row.kind), lookups.silence_of(row, silenced, now)) for row in rows]


def lasting_silences(now: datetime) -> QuerySet[AlertSilence]:
    """Those that hold, and those that will."""
    return AlertSilence.objects.filter(until__gt=now).order_by("until")
