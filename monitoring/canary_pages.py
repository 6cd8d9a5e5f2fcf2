"""How far a stream's canaries get: the part on its page, and how long they took over time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from monitoring import canary_history, lookups, stages
from monitoring.canary_history import SPANS, USUAL
from streamconfig.lookups import snapshot

_WORDS = {"1h": "over the last hour", "24h": "over the last 24 hours", "7d": "over the last 7 days"}
_DAY = timedelta(days=1)


def panel(stream: str) -> Mapping[str, Any] | None:
    """The stages that the stream's canaries pass, through each of its intakes."""
    paths = lookups.canary_paths(stream)
    if not paths:
        return None
    worst = stages.by_stream(paths)[0]
    latency = {(one.prefix, one.stage): one for one in canary_history.of_stream(stream, SPANS[USUAL], timezone.now())}
    return {
        "stream": stream,
        "path": worst,
        "paths": [(path, [(stage, latency.get((path.prefix, stage.name))) for stage in path.stages]) for path in paths],
        "has_several": len(paths) > 1,
        "interval": settings.CANARY_INTERVAL_SECONDS,
    }


@require_safe
def history(request: HttpRequest, name: str) -> HttpResponse:
    """Canaries of one stream over time: a chart for each stage."""
    if name not in snapshot().streams:
        raise Http404
    chosen = request.GET.get("range", USUAL)
    chosen = chosen if chosen in SPANS else USUAL
    now, span = timezone.now(), SPANS[chosen]
    found = canary_history.of_stream(name, span, now)
    context = {
        "stream": name,
        "paths": lookups.canary_paths(name),
        "stages": [(one, one.chart(_ticks(now, span), _WORDS[chosen])) for one in found],
        "has_several": len({one.prefix for one in found}) > 1,
        "words": _WORDS[chosen],
        "ranges": [(key, key == chosen) for key in SPANS],
    }
    return render(request, "monitoring/canary_history.html", context)


def _ticks(now: datetime, span: timedelta) -> list[str]:
    """Five labels below a chart that ends now."""
    form = "%d %b" if span > _DAY else "%H:%M"
    return [*((now - span + number * span / 4).strftime(form) for number in range(4)), "now"]
