"""The start page, the overview and single records, as HTML."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from eventplatform.core.errors import PlatformError
from eventplatform.core.records import TopicPartition
from eventplatform.core.results import SUCCESSES
from eventplatform.eventlog import event_log
from monitoring import canary_words, health, lookups, personal, snippets, stages, tail
from monitoring.trace.asked import query_of
from streamconfig.reading.lookups import may_read

_STARTED_AT = timezone.now()
_TAIL_LENGTH = 6
_ADDED = (("streamconfig", "Stream"), ("connectors", "Connector"))
_tails: dict[int, tail.Tail] = {}


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """For a newcomer: it runs; send an event, see it arrive, make it yours."""
    context = {"curl": snippets.first_curl(), "started_at": _STARTED_AT, "is_demo": settings.IS_DEMO}
    return render(request, "monitoring/start.html", context | _tail(request) | _side() | adding(request))


@require_safe
def start_tail(request: HttpRequest) -> HttpResponse:
    """The live part of the start page."""
    return render(request, "monitoring/_tail.html", _tail(request))


@require_safe
def start_side(request: HttpRequest) -> HttpResponse:
    """What is running, and the canaries."""
    return render(request, "monitoring/_side.html", _side())


@require_safe
def record(request: HttpRequest, topic: str, partition: int, offset: int) -> HttpResponse:
    """One record of the log, with its coordinates and headers."""
    found = tail.record_at(event_log(), TopicPartition(topic, partition), offset)
    if found is None:
        message = "This record is not in the log: retention removed it, or it never was."
        raise Http404(message)
    event = tail.event_of(found)
    if not may_read(request.user, event.stream):
        raise PermissionDenied
    context = {
        "event": event,
        "follow": query_of(found),
        "content": personal.shown(tail.parsed(found), request.user),
        "is_masked": not request.user.has_perm(personal.PERMISSION),
        "key": (found.key or b"").decode(errors="replace"),
        "headers": [(name, value.decode(errors="replace")) for name, value in found.headers],
    }
    return render(request, "monitoring/record.html", context)


def _tail(request: HttpRequest) -> dict[str, Any]:
    with_canaries = request.GET.get("canaries") == "1"
    event_tail = _tails.setdefault(id(event_log()), tail.Tail(event_log()))
    problem = ""
    events: tuple[tail.TailEvent, ...] = ()
    try:
        events = event_tail.newest(_TAIL_LENGTH, with_canaries=with_canaries)
    except PlatformError as error:
        problem = str(error)
    refused = sum(count for outcome, count in lookups.outcomes().items() if outcome not in SUCCESSES)
    return {"events": events, "tail_problem": problem, "with_canaries": with_canaries, "refused": refused}


def _side() -> dict[str, Any]:
    parts, paths = health.parts(), lookups.canary_paths()
    walked = [path for path in paths if not path.excluded_because]
    well, passed = sum(part.state == "ok" for part in parts), sum(path.is_whole for path in walked)
    witness = canary_words.witness(paths)
    return {
        "parts": parts,
        "parts_words": f"{well} of {len(parts)} parts",
        "parts_state": "ok" if well == len(parts) else "warn",
        "canary_stages": stages.summarise(walked),
        "witness": witness,
        "canary_words": f"{passed} of {len(walked)} passed" if walked else "None sent",
        "are_canaries_sent": bool(walked),
        "canary_percent": round(100 * passed / len(walked)) if walked else 0,
        "canary_interval": settings.CANARY_INTERVAL_SECONDS,
        "excluded": [path for path in paths if path.excluded_because],
    }


def adding(request: HttpRequest) -> dict[str, str]:
    """Where to make a stream or a connector: the form, or the list for those who may not, or must log in first."""
    return {f"add_{name.lower()}": _form_or_list(request, label, name) for label, name in _ADDED}


def _form_or_list(request: HttpRequest, label: str, name: str) -> str:
    may_add = admin.site.get_model_admin(apps.get_model(label, name)).has_add_permission(request)
    return reverse(f"admin:{label}_{name.lower()}_{'add' if may_add else 'changelist'}")
