"""Pages of the intake's services: where events are posted to, what is asked of them, and how they fare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from eventplatform import figures, panels
from eventplatform.core.services import Service
from streamconfig import lookups
from streamconfig.change_control.actors import of_user
from streamconfig.configuration import authorship
from streamconfig.models import IntakeService
from streamconfig.pages import door_words
from streamconfig.pages import facts as stream_facts
from streamconfig.pages import pending as requests
from streamconfig.snapshots import Snapshot

_PROFILES: Mapping[str, str] = {"ours": "The platform's own", "eventgate": "As EventGate"}
Figures = Mapping[str, tuple[int, int]]  # by service, the last hour's events and how many of them were kept


@dataclass(frozen=True, slots=True)
class Row:
    """A service in the list. `is_kept` is false where only streams name it."""

    key: str
    title: str
    description: str
    audience: str
    profile: str
    hosts: tuple[str, ...]
    clients: str
    streams: int
    address: str
    events: int
    refused: int
    refused_share: str
    is_kept: bool


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """All services, those that only streams name among them."""
    snapshot = lookups.snapshot()
    counted = _figures()
    rows = [_row(service, snapshot, counted) for service in snapshot.services.values()]
    unnamed = sum(not entry.stream.service for entry in snapshot.stream_set.entries)
    context = {
        "services": rows,
        "unnamed": unnamed,
        "address": f"{settings.INTAKE_URL}/v1/events",
        "may_ask": _may_ask(request),
    }
    return render(request, "streamconfig/services.html", context)


@require_safe
def detail(request: HttpRequest, key: str) -> HttpResponseBase:
    """One service."""
    snapshot = lookups.snapshot()
    service = snapshot.services.get(key)
    if service is None:
        raise Http404(f"There is no service {key[:100]}.")
    said = _item(snapshot, key)
    entries = [one for one in snapshot.stream_set.entries if one.stream.service == key]
    pending = requests.by_item()
    known = stream_facts.known_now(snapshot, pending, [one.entry.name for one in entries])
    context = {
        "service": service,
        "may_ask": _may_ask(request),
        "one": _row(service, snapshot, _figures()),
        "row": IntakeService.objects.filter(key=key).first(),
        "rules": door_words.of_service(service, said),
        "limits": list(door_words.limits(service)),
        "sources": [_source(*one) for one in service.sources],
        "parameters": [one for one in (service.eventgate.stream_parameter, service.eventgate.schema_uri_parameter) if one],
        "streams": sorted(stream_facts.facts_of(entries, known), key=lambda one: one.rank),
        "pending": requests.of_items([("services", key)], pending),
        "curl": panels.call("monitoring.service_curl", key, default=""),
    }
    return render(request, "streamconfig/service.html", context)


def _may_ask(request: HttpRequest) -> bool:
    """Whether the admin's form is open to them."""
    return authorship.may_create("services", of_user(request.user).level)


def _row(service: Service, snapshot: Snapshot, counted: Figures) -> Row:
    item, key = _item(snapshot, service.name), service.name
    events, kept = counted.get(key, (0, 0))
    return Row(
        key=key,
        title=str(item.get("title") or key),
        description=str(item.get("description") or ""),
        audience=str(item.get("audience") or ""),
        profile=_PROFILES[service.profile],
        hosts=tuple(sorted(service.hosts)),
        clients=door_words.clients_words(service.allows_anonymous),
        streams=sum(one.stream.service == key for one in snapshot.stream_set.entries),
        address=f"{settings.INTAKE_URL}/{key}/v1/events",
        events=events,
        refused=events - kept,
        refused_share=figures.share(events - kept, events) if events else figures.NOTHING,
        is_kept=key in snapshot.stream_set.document.section("services"),
    )


def _item(snapshot: Snapshot, key: str) -> Mapping[str, Any]:
    """The service as it is written; nothing where only streams name it."""
    found: Mapping[str, Any] = snapshot.stream_set.document.section("services").get(key, {})
    return found


def _figures() -> Figures:
    found: Figures = panels.call("monitoring.service_figures", default={})
    return found


def _source(source: str, way: str) -> tuple[str, str, str]:
    stream, _, schema = way.partition(" ")
    return source, stream, schema
