"""The list of connectors: those in trouble first, found by words, state, kind and store, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from connectors import lookups
from connectors.lookups import ConnectorView
from connectors.pages import charting

_ON_A_PAGE = 50
_WORST_FIRST = ("stopped", "retrying", "running", "idle", "paused")
_STATES = (("stopped", "Stopped"), ("retrying", "Trying again"), ("running", "Running"), ("idle", "Idle"), ("paused", "Paused"))


@dataclass(frozen=True, slots=True)
class Line:
    """A connector in the list, with the trend of its last hour."""

    view: ConnectorView
    per_minute: Sequence[float | None]


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """All connectors that fit, the troubled ones first."""
    asked = {name: request.GET.get(name, "")[:200].strip() for name in ("q", "state", "kind", "target")}
    every = lookups.overview()
    found = sorted((one for one in every if _fits(one, asked)), key=_order)
    page = Paginator(found, _ON_A_PAGE).get_page(request.GET.get("page"))
    trends = charting.last_hour([one.name for one in page])
    context = {
        "lines": [Line(one, trends.get(one.name, ())) for one in page],
        "page": page,
        "count": len(every),
        "found": len(found),
        "failing": [one for one in every if one.last_error],
        "behind": sum(one.lag_records for one in every),
        "asked": asked,
        "choices": _choices(every),
        "query": urlencode({name: value for name, value in asked.items() if value}),
        "may_add": request.user.has_perm("connectors.add_connector"),
        "placeholder": "Find by name, store or stream",
    }
    return render(request, "connectors/list.html", context)


def _fits(view: ConnectorView, asked: Mapping[str, str]) -> bool:
    exact = {"state": view.state, "kind": view.kind, "target": view.target}
    if any(asked[name] and asked[name] != value for name, value in exact.items()):
        return False
    text = f"{view.name} {view.target} {view.kind} {' '.join(view.streams)}".lower()
    return all(word in text for word in asked["q"].lower().split())


def _order(view: ConnectorView) -> tuple[int, str, str]:
    """Trouble first; then by store, as people think of them."""
    troubled = _WORST_FIRST.index(view.state) if view.state in ("stopped", "retrying") else len(_WORST_FIRST)
    return troubled, view.target, view.name


def _choices(every: Sequence[ConnectorView]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    kinds = sorted({one.kind for one in every})
    targets = sorted({one.target for one in every})
    return [
        ("state", "State", list(_STATES)),
        ("kind", "Kind", [(one, one) for one in kinds]),
        ("target", "Store", [(one, one) for one in targets]),
    ]
