"""Gathers what the live picture shows: services, their streams and the connectors that take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote, urlencode

from django.utils import timezone

from connectors.lookups import ConnectorView, written
from eventplatform.figures import share
from monitoring.dashboard import shared, stores, volumes, ways
from monitoring.dashboard.picture.things import URGENT, Flow, Scene, Thing, worst
from monitoring.dashboard.ranges import Range
from monitoring.dashboard.ways import NO_SERVICE, Way
from monitoring.outcomes import lookups as outcomes
from monitoring.stages import State

_NOTABLE = 0.05  # of a service's events refused


def scene(of: Range) -> tuple[Scene, datetime]:
    """Everything that is configured, with its state and its rates over the range, and of when that is."""
    return shared.read(("scene", of.name), lambda: (_scene(of), timezone.now()))


def _scene(of: Range) -> Scene:
    lines, takers, found = volumes.lines(of), ways.takers(), ways.ways()
    minutes = int(of.length.total_seconds() // 60)
    groups: dict[str, list[Thing]] = {}
    for way in found:
        groups.setdefault(way.service or NO_SERVICE, []).append(_stream(way, lines.rate(way.stream)))
    ordered = sorted(groups, key=lambda service: (-sum(one.rate or 0 for one in groups[service]), service))
    flows = [Flow(_key(service), one.key, one.state, one.rate or 0) for service in ordered for one in groups[service]]
    flows += [_into_store(way, view, lines.rate(way.stream)) for way in found for view in takers.get(way.stream, ())]
    taken = shared.read("shares", outcomes.of_services)
    return Scene(
        sources=[_source(service, groups[service], taken.get(service, (0, 0))) for service in ordered],
        streams={_key(service): groups[service] for service in ordered},
        stores=_stores(takers, written(minutes), minutes * 60),
        flows=flows,
    )


def _stream(way: Way, rate: float | None) -> Thing:
    word = "" if way.has_canary else way.word.lower()
    return Thing(f"stream:{way.stream}", way.stream, way.in_log, f"/streams/{quote(way.stream)}", rate, word=word)


def _key(service: str) -> str:
    return f"source:{service}"


def _source(service: str, streams: Sequence[Thing], taken: tuple[int, int]) -> Thing:
    events, kept = taken
    refused = events - kept
    note = f"{share(refused, events)} refused" if refused else f"{len(streams)} stream{'s' if len(streams) > 1 else ''}"
    rates = [one.rate for one in streams if one.rate is not None]
    link = "/services" if service == NO_SERVICE else f"/overview/services/{quote(service)}"
    # Streams that are held or have no canary say nothing against their service.
    state: State = "warn" if events and refused / events >= _NOTABLE else worst(_urgent_or_ok(one.state) for one in streams)
    return Thing(_key(service), service, state, link, sum(rates) if rates else None, note)


def _urgent_or_ok(state: State) -> State:
    return state if state in URGENT else "ok"


def _stores(takers: Mapping[str, Sequence[ConnectorView]], records: Mapping[str, int], seconds: int) -> list[Thing]:
    every = {view.name: view for views in takers.values() for view in views}
    return [_store(view, records.get(view.name, 0) / seconds) for view in every.values()]


def _store(view: ConnectorView, rate: float) -> Thing:
    note = f"{view.kind} \u2192 {view.target}"
    return Thing(f"store:{view.name}", view.name, stores.state(view), view.link, rate, note, stores.word(view))


def _into_store(way: Way, view: ConnectorView, rate: float | None) -> Flow:
    state = stores.state(view)
    if state == "ok" and way.at(view.name) in URGENT:
        state = way.at(view.name)
    return Flow(f"stream:{way.stream}", f"store:{view.name}", state, 0.0 if state == "paused" else rate or 0.0)


def opened_link(service: str, opened: Sequence[str], of: Range) -> str:
    """The address of the picture with one more service in full, or without it where it is open already."""
    wanted = [one for one in opened if one != service] if service in opened else [*opened, service]
    return f"?{urlencode([('range', of.name), *(('open', one) for one in wanted)])}"
