"""The page of all streams with their trends: found, filtered, sorted, paged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from monitoring.dashboard import addresses, stream_rows
from monitoring.dashboard.stream_rows import StreamRow

_PAGE = 50
_LONGEST = 249
STATES: Mapping[str, tuple[str, Callable[[StreamRow], bool]]] = {
    "trouble": ("needs attention", lambda row: row.is_urgent),
    "ok": ("flows", lambda row: row.state == "ok"),
    "quiet": ("without events", lambda row: not row.events),
    "behind": ("waits for a store", lambda row: bool(row.behind_records)),
    "dark": ("no canary", lambda row: not row.has_canary),
}
SORTS: Mapping[str, tuple[str, Callable[[StreamRow], Any]]] = {
    "trouble": ("trouble, then volume", lambda row: not row.is_urgent),  # the rest is in that order already
    "volume": ("volume", lambda row: (-row.events, row.name)),
    "name": ("name", lambda row: row.name),
    "behind": ("wait", lambda row: (-(row.behind or 0.0), -row.behind_records, row.name)),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    q: str
    service: str
    state: str
    sort: str

    def takes(self, row: StreamRow) -> bool:
        """Whether a row is among what is asked for."""
        by_state = STATES[self.state][1](row) if self.state else True
        return by_state and self.q.lower() in row.name.lower() and self.service in ("", row.service)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every stream with its trend over the range."""
    of, asked = addresses.range_of(request), read(request.GET)
    rows, now = stream_rows.rows(of)
    found = chosen(rows, asked)
    context = {
        "now": now,
        "range": of,
        "ranges": addresses.ranges(request, of),
        "asked": asked,
        "page": Paginator(found, _PAGE).get_page(request.GET.get("page")),
        "query": addresses.without(request, "page"),
        "found": len(found),
        "streams_total": len(rows),
        "urgent": sum(row.is_urgent for row in rows),
        "services": sorted({row.service for row in rows if row.service}),
        "states": [(name, words) for name, (words, _) in STATES.items()],
        "sorts": [(name, words) for name, (words, _) in SORTS.items()],
    }
    return render(request, "monitoring/overview_streams.html", context)


def read(query: Mapping[str, str]) -> Asked:
    """The filters of an address; what names none that there is counts as not asked."""
    q, service = (query.get(name, "").replace("\0", "").strip()[:_LONGEST] for name in ("q", "service"))
    state, sort = query.get("state", ""), query.get("sort", "")
    return Asked(q, service, state if state in STATES else "", sort if sort in SORTS else "trouble")


def chosen(rows: Sequence[StreamRow], asked: Asked) -> list[StreamRow]:
    """Those that are asked for, in the order that is asked for."""
    return sorted((row for row in rows if asked.takes(row)), key=SORTS[asked.sort][1])
