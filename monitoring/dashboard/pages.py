"""The overview and what it leads to, as HTML."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from eventplatform import panels
from monitoring.dashboard import addresses, overview, shared
from monitoring.dashboard.ranges import Range
from monitoring.pages import adding

log = logging.getLogger(__name__)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """For everybody: is the platform healthy?"""
    of = addresses.range_of(request)
    found = shared.read(("overview", of.name), lambda: _overview(of))
    context = {**found, "range": of, "ranges": addresses.ranges(request, of), **adding(request)}
    return render(request, "monitoring/overview.html", context)


def _overview(of: Range) -> Mapping[str, Any]:
    return {"now": timezone.now(), **overview.context(of, shared.read("troubles", troubles))}


def troubles() -> list[panels.Trouble]:
    """All that needs attention; that it can't be told is itself a line of it."""
    try:
        return panels.troubles()
    except Exception:
        # The list is where people look when things break.
        log.exception("overview.troubles_unreadable")
        what, why = "A part can't say how it is", "Its error stands in the web role's log."
        return [panels.Trouble("fail", what, why, "#parts", "See parts", kind="part.unreadable", subject="pages")]
