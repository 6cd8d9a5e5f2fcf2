"""What a stream's page shows of its traffic: the last hour beside that of the week before, and what is not usual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils import timezone

from eventplatform import charts
from monitoring.traffic import incidents, lookups, troubles
from monitoring.traffic.ranges import RANGES
from streamconfig.lookups import snapshot


def volume(stream: str) -> Mapping[str, Any] | None:
    """Events per minute over the last hour; None for a stream that isn't configured."""
    configured = snapshot().streams.get(stream)
    if configured is None:
        return None
    of = RANGES["1h"]
    begin, end = of.window(timezone.now())
    came = lookups.series([stream], begin, end, of.step).of(stream)
    before = lookups.series([stream], begin - of.before, end - of.before, of.step).of(stream)
    total = sum(value or 0 for value in came)
    several = [charts.Series(came), *([charts.Series(before, "c5 dash")] if any(before) else [])]
    label = f"Events of {stream} per minute over the last hour, {total:.0f} in all"
    lasting = incidents.open_incidents().filter(stream=stream).first()
    return {
        "stream": stream,
        "chart": replace(charts.lines(several, label=label, unit=of.unit, x_ticks=of.ticks(begin)), height=150),
        "total": total,
        "before": sum(value or 0 for value in before) if any(before) else None,
        "has_canary": configured.is_enabled and configured.canary_events_enabled,
        "incident": lasting,
        "story": troubles.story(lasting) if lasting else "",
    }
