"""The page of one service: what it takes and refuses, how its streams do, how far their canaries get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from monitoring import refusals
from monitoring.dashboard import addresses, overview, shared, stream_rows, tiles, volumes, ways
from monitoring.dashboard.books import Books, books
from monitoring.dashboard.ranges import Range, Values, total
from monitoring.outcomes import latency, words
from monitoring.overview_tables import outcome_rows
from monitoring.traffic.lookups import refused
from streamconfig.lookups import snapshot

_STREAMS, _REASONS = 25, 8


@require_safe
def index(request: HttpRequest, name: str) -> HttpResponse:
    """One service over the range of the address; one that nobody names and nothing was counted of is not found."""
    of = addresses.range_of(request)
    if name not in snapshot().services and name not in {row.service or ways.NO_SERVICE for row in stream_rows.rows(of)[0]}:
        message = f"There is no service {name}."
        raise Http404(message)
    found = shared.read(("service", name, of.name), lambda: _service(of, name))
    context = {**found, "name": name, "range": of, "ranges": addresses.ranges(request, of)}
    return render(request, "monitoring/overview_service.html", context)


def _service(of: Range, name: str) -> Mapping[str, Any]:
    rows, now = stream_rows.rows(of)
    rows = [row for row in rows if (row.service or ways.NO_SERVICE) == name]
    kept = books(of, service=name)
    reasons = refusals.refusals(kept.reasons)
    return {
        "now": now,
        "streams": rows[:_STREAMS],
        "streams_total": len(rows),
        "urgent": sum(row.is_urgent for row in rows),
        "books": kept,
        "outcomes": outcome_rows(kept.outcomes),
        "refusals": reasons[:_REASONS],
        "refusals_left": len(reasons[_REASONS:]),
        "no_stream": refusals.NO_STREAM,
        "latencies": latency.by_status(books(of).answers),
        **overview.canaries([path for path in ways.paths() if path.service == name]),
        **_pictures(of, name, kept, rows),
    }


def _pictures(of: Range, name: str, kept: Books, rows: Sequence[stream_rows.StreamRow]) -> Mapping[str, Any]:
    """Its tiles, and what became of its events over the range."""
    lines = volumes.outcomes(of, service=name)
    picture, legend = words.bars(
        lines, label=f"Events of {name} by outcome, {of.words}", unit="", x_ticks=of.ticks(timezone.now()), height=190
    )
    carried = _sum([row.line for row in rows])
    found = [
        tiles.carried(of, carried, volumes.lines(of).step),
        tiles.accepted(of, kept, service=name),
        tiles.rejected(of, kept, refused(lines)),
    ]
    return {"tiles": found, "chart": picture, "legend": legend, "total": total(carried)}


def _sum(lines: Sequence[Values]) -> Values:
    slots = zip(*lines, strict=True)
    return [None if None in slot else sum(value or 0.0 for value in slot) for slot in slots]
