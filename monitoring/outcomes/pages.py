"""The page of outcomes: what became of events, of whom, why, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from eventplatform import charts
from eventplatform.error_codes import error_codes
from eventplatform.figures import NOTHING, share
from monitoring import refusals
from monitoring.outcomes import latency, lookups, words
from monitoring.outcomes.lookups import Fate, Seen
from monitoring.outcomes.periods import PERIODS, Period
from streamconfig.lookups import snapshot

_USUAL = "1h"
_ROWS = 50
_LONGEST = 249


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for; a service or stream that isn't configured any more may still have been counted."""

    period: Period
    service: str
    stream: str

    def link(self, **changes: str) -> str:
        """The address with something changed."""
        asked = {"period": self.period.name, "service": self.service, "stream": self.stream, **changes}
        usual = {"period": _USUAL}
        return f"?{urlencode({name: value for name, value in asked.items() if value and usual.get(name) != value})}"


@dataclass(frozen=True, slots=True)
class Reason:
    """Events that ended for one reason, whatever their stream."""

    outcome: str
    code: str
    count: int
    message: str
    remedy: str
    has_page: bool
    rejected: str  # the page of samples


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Outcomes of a period, of everything or of one service or stream."""
    filters = _filters(request)
    seen = lookups.seen(filters.period, service=filters.service, stream=filters.stream)
    shares = lookups.shares(seen.fates)
    kept = sum(one.kept for one in shares)
    context = {
        "filters": filters,
        "periods": [(filters.link(period=name), name, name == filters.period.name) for name in PERIODS],
        "options": _options(),
        "groups": words.GROUPS,
        "is_whole": not (filters.service or filters.stream),
        "events": seen.settled,
        "kept": kept,
        "kept_share": share(kept, seen.settled) if seen.settled else NOTHING,
        "shares": [
            (one, share(one.kept, one.events), filters.link(service=one.service, stream=one.stream)) for one in shares[:_ROWS]
        ],
        "shares_left": len(shares[_ROWS:]),
        "reasons": _reasons(seen.fates, filters),
        "latencies": latency.by_status(seen.answers),
        "no_stream": refusals.NO_STREAM,
        **_books(seen),
        **_chart(seen, filters.period),
    }
    return render(request, "monitoring/outcomes.html", context)


def _filters(request: HttpRequest) -> Filters:
    period = PERIODS.get(request.GET.get("period", ""), PERIODS[_USUAL])
    service, stream = (request.GET.get(name, "").replace("\0", "")[:_LONGEST] for name in ("service", "stream"))
    return Filters(period, service, stream)


def _options() -> Mapping[str, list[str]]:
    config = snapshot()
    return {
        "service": sorted({*config.services, *(one.service for one in config.streams.values() if one.service)}),
        "stream": sorted(config.streams),
    }


def _books(seen: Seen) -> Mapping[str, Any]:
    """Whether everything received has met its fate, and the requests of which no event could be read."""
    known = error_codes()
    bodies = sorted(seen.bodies.items(), key=lambda one: -one[1])
    return {
        "received": seen.received,
        "open": max(seen.received - seen.settled, 0),
        "bodies": [(service, code, code in known, count) for (service, code), count in bodies if count],
        "bodies_total": sum(seen.bodies.values()),
    }


def _chart(seen: Seen, period: Period) -> dict[str, Any]:
    label = f"Events by outcome, {period.words}"
    made: tuple[charts.Chart, list[tuple[str, str, int]]] = words.bars(
        seen.lines, label=label, unit=period.unit, x_ticks=period.ticks(timezone.now()), height=190
    )
    return {"chart": made[0], "legend": made[1]}


def _reasons(fates: Mapping[Fate, int], filters: Filters) -> list[Reason]:
    """What has a reason, the most frequent first: refusals, and late events that were taken nevertheless."""
    counts: dict[tuple[str, str], int] = {}
    for fate, count in fates.items():
        if fate.reason:
            counts[fate.outcome, fate.reason] = counts.get((fate.outcome, fate.reason), 0) + count
    known, found = error_codes(), []
    told = {(one.outcome, one.code): one for one in refusals.refusals({("", *key): count for key, count in counts.items()})}
    for (outcome, code), count in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
        refusal = told.get((outcome, code))  # none of events that were kept
        message, remedy = (refusal.message, refusal.remedy) if refusal else ("", "")
        query = {"service": filters.service, "stream": filters.stream, "code": code}
        link = f"/rejected?{urlencode({name: value for name, value in query.items() if value})}" if refusal else ""
        found.append(Reason(outcome, code, count, message, remedy, code in known, link))
    return found
