"""The pages of traffic: one stream's over time beside what is usual, and every stream whose traffic is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from eventplatform import charts
from monitoring.outcomes import words
from monitoring.traffic import following, lookups, troubles, usual
from monitoring.traffic.models import TrafficIncident, TrafficRule
from monitoring.traffic.ranges import RANGES, USUAL, Range
from monitoring.traffic.usual import Usual
from streamconfig.lookups import snapshot

_SHOWN = 100
_MARKS = 6  # of a chart; windows that open daily would cover it
_STATES = {"silent": ("fail", "Silent"), "low": ("warn", "Fewer than usual"), "high": ("warn", "More than usual")}


@require_safe
def of_stream(request: HttpRequest, name: str) -> HttpResponse:
    """A stream's traffic in one of four ranges."""
    found = snapshot().find_stream(name)
    if found is None:
        raise Http404(f"There is no stream {name[:249]}.")
    of, now = RANGES.get(request.GET.get("range", ""), RANGES[USUAL]), timezone.now()
    known = usual.of(found, now)
    incidents = list(TrafficIncident.objects.filter(stream=name).order_by("-began_at")[:10])
    here = reverse("stream-traffic", args=[name])
    context = {
        "stream": found,
        "range": of,
        "ranges": [(f"{here}?range={one}", one, one == of.name) for one in RANGES],
        "usual": known,
        "silent_after": known.silent_after(now),
        "badge": _badge(known, incidents, following.share_of(found)),
        "incidents": [(row, *_STATES[row.kind], troubles.story(row)) for row in incidents],
        "rule_link": _rule_link(name, known.row),
        **_volume(name, of, known, now),
        **_refused(name, of, now),
    }
    return render(request, "monitoring/stream_traffic.html", context)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every stream whose traffic is not usual now, and which were lately."""
    kind = request.GET.get("kind", "")
    chosen = {"kind": kind} if kind in _STATES else {}
    rows = TrafficIncident.objects.filter(**chosen)
    lasting = list(rows.filter(ended_at__isnull=True).order_by("began_at", "stream"))
    over = list(rows.filter(ended_at__isnull=False).order_by("-ended_at")[:_SHOWN])
    here = reverse("traffic")
    choices = [(f"{here}?kind={one}", word, one == kind) for one, (_, word) in _STATES.items()]
    context = {
        "lasting": [
            (row, *_STATES[row.kind], troubles.story(row), reverse("stream-traffic", args=[row.stream])) for row in lasting
        ],
        "over": [(row, *_STATES[row.kind], reverse("stream-traffic", args=[row.stream])) for row in over],
        "choices": [(here, "All", not chosen), *choices],
        "rules": TrafficRule.objects.order_by("stream")[:_SHOWN],
        "shown": _SHOWN,
    }
    return render(request, "monitoring/traffic.html", context)


def _badge(known: Usual, incidents: Sequence[TrafficIncident], share: float) -> tuple[str, str]:
    lasting = next((row for row in incidents if row.ended_at is None), None)
    if lasting is not None:
        return _STATES[lasting.kind]
    if not share:
        return "paused", "Not collecting"
    if not known.rule.watches:
        return "paused", "Alarms off"
    return ("ok", "Usual") if known.profile else ("unknown", "Nothing learnt yet")


def _rule_link(name: str, row: TrafficRule | None) -> str:
    if row is not None:
        return reverse("admin:monitoring_trafficrule_change", args=[row.pk])
    return f"{reverse('admin:monitoring_trafficrule_add')}?stream={name}"


def _volume(name: str, of: Range, known: Usual, now: datetime) -> dict[str, Any]:
    """The chart: what came, what came before, and what is usual; changes of sampling are marked."""
    begin, end = of.window(now)
    came = lookups.series([name], begin, end, of.step).of(name)
    before = lookups.series([name], begin - of.before, end - of.before, of.step).of(name)
    line = known.line(begin, of.step, of.slots)
    several = [charts.Series(_rates(came, of))]
    if any(before):
        several.append(charts.Series(_rates(before, of), "c5 dash"))
    if line is not None:
        several.append(charts.Series(_rates(line, of), "c3 dots"))
    total = sum(value or 0 for value in came)
    label = f"Events of {name} in {of.words}, {total:.0f} in all"
    picture = charts.lines(several, label=label, unit=of.unit, x_ticks=of.ticks(begin))
    marks = _marks(known, begin, end)
    return {
        "chart": replace(picture, height=220, marks=tuple(marks[-_MARKS:])),
        "total": total,
        "before": sum(value or 0 for value in before) if any(before) else None,
        "usual_total": sum(line) if line is not None else None,
        "is_counted": any(value is not None for value in came),
        "changes": [(at, _percent(was), _percent(becomes)) for at, was, becomes in known.shares.changes(begin, end)],
    }


def _rates(values: Sequence[float | None], of: Range) -> list[float | None]:
    return [None if value is None else value * of.scale for value in values]


def _marks(known: Usual, begin: datetime, end: datetime) -> list[charts.Mark]:
    marks = []
    for at, was, becomes in known.shares.changes(begin, end):
        place = (at - begin) / (end - begin)
        text = f"{_percent(was)} \u2192 {_percent(becomes)}"
        marks.append(charts.Mark(f"{place * 100:.1f}", text, is_left=place > 0.5))  # noqa: PLR2004  # on the side with room
    return marks


def _percent(share: float) -> str:
    return "off" if not share else f"{share * 100:.4g}\u202f%"


def _refused(name: str, of: Range, now: datetime) -> dict[str, Any]:
    """What the intake did not take, in a strip of its own below."""
    begin, end = of.window(now)
    lines = lookups.refused(lookups.outcome_series([name], begin, end, of.step))
    if not lines:
        return {"refused": None, "refused_legend": []}
    rates = {outcome: [value * of.scale for value in line] for outcome, line in lines.items()}
    label = f"Events of {name} that were not accepted, in {of.words}"
    picture, _ = words.bars(rates, label=label, unit=of.unit, x_ticks=of.ticks(begin))
    legend = [(group.colour, group.name, int(sum(line))) for group, line in words.grouped(lines)]
    return {"refused": picture, "refused_legend": legend}
