"""The page of the live picture; a group of streams opens by its address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from monitoring.dashboard import addresses, ranges
from monitoring.dashboard.picture import layout, scene
from monitoring.dashboard.picture.things import REST, URGENT, Scene, Thing, fold, is_rest, worst
from monitoring.stages import State

_STREAMS, _STORES = 26, 14
_SOURCE = "source:"


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Sources, streams and stores, and what flows between them."""
    of = addresses.range_of(request, default=ranges.LATELY)
    found, now = scene.scene(of)
    opened = [service for service in request.GET.getlist("open") if f"{_SOURCE}{service}" in found.streams]
    whole = [f"{_SOURCE}{service}" for service in opened]
    folded = _linked(fold(found, most_streams=_STREAMS, most_stores=_STORES, opened=whole), opened, of)
    context = {
        "now": now,
        "range": of,
        "ranges": addresses.ranges(request, of, more=[ranges.LATELY]),
        "scene": found,
        "folded": folded,
        "picture": layout.arrange(folded),
        "listed": [(source, folded.streams[source.key]) for source in folded.sources],
        "rows": _rows(folded),
        **_summary(found),
    }
    return render(request, "monitoring/picture.html", context)


def _linked(folded: Scene, opened: Sequence[str], of: ranges.Range) -> Scene:
    """With links that open what is folded, and fold what was opened."""
    streams = {}
    for key, group in folded.streams.items():
        service = key.removeprefix(_SOURCE)
        link = scene.opened_link(service, opened, of)
        streams[key] = [replace(one, link=link) if is_rest(one) else one for one in group]
        if service in opened:
            streams[key].append(Thing(f"{REST}{key}", "show fewer", "ok", link, word="folds the streams"))
    return replace(folded, streams=streams)


def _rows(folded: Scene) -> list[tuple[Thing, Thing, list[tuple[Thing, State]]]]:
    """What the picture shows, in words: each stream with its source and its stores."""
    stores = {store.key: store for store in folded.stores}
    into: dict[str, list[tuple[Thing, State]]] = {}
    for flow in folded.flows:
        if flow.target in stores:
            into.setdefault(flow.source, []).append((stores[flow.target], flow.state))
    return [(one, source, into.get(one.key, [])) for source in folded.sources for one in folded.streams[source.key]]


def _summary(found: Scene) -> dict[str, Any]:
    streams = [one for group in found.streams.values() for one in group]
    bad = [one for one in (*found.sources, *streams, *found.stores) if one.state in URGENT]
    words = f"{len(found.sources)} ways in, {len(streams)} streams, {len(found.stores)} stores"
    return {
        "summary": f"{words}; {len(bad)} need attention" if bad else words,
        "bad": len(bad),
        "bad_words": f"{len(bad)} need{'s' if len(bad) == 1 else ''} attention",
        "worst": worst(one.state for one in bad),
    }
