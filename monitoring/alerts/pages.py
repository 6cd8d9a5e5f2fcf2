"""The pages of alerts: what is open, each one's story, and runbooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from eventplatform import charts
from monitoring.alerts import kinds, listing, lookups, silencing
from monitoring.alerts.listing import RANGES, Filters
from monitoring.alerts.models import Alert, AlertNotification
from monitoring.alerts.story import story

HANDLE = "monitoring.handle_alerts"
_TABS = {"open": "Open", "quiet": "Silenced and held", "history": "History"}
_DAYS = 30
_LONGEST = 200
_BIGINT = 19


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What is open, worst first; what nobody is told of; what was."""
    now, filters = timezone.now(), _filters(request)
    every = listing.open_ones(filters, now)
    quiet = [one for one in every if one.is_quiet]
    loud = [one for one in every if not one.is_quiet]
    past = listing.history(filters, now) if filters.tab == "history" else []
    found = {"open": loud, "quiet": quiet, "history": past[: listing.MOST]}[filters.tab]
    context = {
        "alerts": found[: listing.MOST],
        "counts": _counts(loud, quiet),
        "total": len(found),
        "filters": filters,
        "is_filtered": bool(filters.kind or filters.level or filters.q),
        "tabs": [(_query(filters, tab=key, before=""), name, key) for key, name in _TABS.items()],
        "ranges": [(_query(filters, range=key, before=""), key) for key in RANGES],
        "kinds": kinds.KINDS.values(),
        "older": _query(filters, before=str(past[listing.MOST - 1].row.pk)) if len(past) > listing.MOST else "",
        "chart": _trend(filters, now) if filters.tab == "history" else None,
        "silences": listing.lasting_silences(now) if filters.tab == "quiet" else (),
        "round": lookups.last_round(),
        "durations": silencing.DURATIONS,
        "may_handle": request.user.has_perm(HANDLE),
        "now": now,
    }
    return render(request, "monitoring/alerts/index.html", context)


@require_safe
def alert(request: HttpRequest, alert_id: int) -> HttpResponse:
    """One alert: what, since when, what to do, and what happened since."""
    row = get_object_or_404(Alert.objects.exclude(phase=Alert.Phase.PENDING), pk=alert_id)
    now = timezone.now()
    (one,) = listing.shown([row], now)
    notifications = row.notifications.exclude(kind=AlertNotification.Kind.MIRROR).defer("facts", "text").order_by("-created_at")
    told = [*notifications[:50]]
    context = {
        "one": one,
        "alert": row,
        "story": story(row, told),
        "notifications": told,
        "past": Alert.objects.filter(key=row.key, phase=Alert.Phase.RESOLVED).exclude(pk=row.pk).order_by("-pk")[:10],
        "durations": silencing.DURATIONS,
        "may_handle": request.user.has_perm(HANDLE),
        "lasted_seconds": ((row.resolved_at or now) - row.began_at).total_seconds(),
    }
    return render(request, "monitoring/alerts/alert.html", context)


@require_safe
def runbooks(request: HttpRequest) -> HttpResponse:
    """Everything that can go wrong, with what is open of it."""
    number = Counter(Alert.objects.filter(phase=Alert.Phase.OPEN).values_list("kind", flat=True))
    rows = [(kind, number[kind.code]) for kind in kinds.KINDS.values()]
    context = {"kinds": kinds.KINDS, "rows": rows}
    return render(request, "monitoring/alerts/runbooks.html", context)


@require_safe
def runbook(request: HttpRequest, kind: str) -> HttpResponse:
    """What a kind means, what to look at first, what mends it, how to silence it."""
    found = kinds.find(kind)
    if found is None:
        raise Http404
    context = {
        "kind": found,
        "open": listing.open_ones(Filters(kind=kind), timezone.now()),
        "past": Alert.objects.filter(kind=kind, phase=Alert.Phase.RESOLVED).order_by("-pk")[:10],
        "held_by": [kinds.KINDS[above] for above in kinds.HOLDS if kinds.held_by(kind, [above])],
    }
    return render(request, "monitoring/alerts/runbook.html", context)


def _counts(loud: list[listing.Shown], quiet: list[listing.Shown]) -> Mapping[str, int]:
    waiting = [one for one in loud if one.row.acknowledged_at is None]
    return {
        "fail": sum(one.row.level == "fail" for one in loud),
        "warn": sum(one.row.level == "warn" for one in loud),
        "acknowledged": len(loud) - len(waiting),
        "open": len(loud),
        "quiet": len(quiet),
    }


def _trend(filters: Filters, now: datetime) -> charts.Chart:
    first = (now - timedelta(days=_DAYS - 1)).astimezone(UTC).date()
    days = [first + timedelta(days=number) for number in range(_DAYS)]
    counted = lookups.opened_by_day(datetime(first.year, first.month, first.day, tzinfo=UTC), filters.kind)
    values = [float(counted.get(f"{day:%Y-%m-%d}", 0)) for day in days]
    label = f"Alerts opened on each of the last {_DAYS} days, {sum(values):.0f} in all"
    ticks = [*(f"{days[number]:%d %b}" for number in range(0, _DAYS, 7)), "today"]
    return charts.bars([charts.Series(values, "c3")], label=label, unit="/day", x_ticks=ticks)


def _filters(request: HttpRequest) -> Filters:
    given = {name: request.GET.get(name, "")[:_LONGEST].replace("\0", "") for name in ("kind", "level", "q")}
    before = request.GET.get("before", "")
    return Filters(
        tab=tab if (tab := request.GET.get("tab", "open")) in _TABS else "open",
        kind=given["kind"],
        level=given["level"] if given["level"] in {"fail", "warn"} else "",
        q=given["q"].strip(),
        range=chosen if (chosen := request.GET.get("range", "")) in RANGES else "7d",
        before=int(before) if before.isdecimal() and len(before) < _BIGINT else None,
    )


def _query(filters: Filters, **changes: str) -> str:
    given = {
        "tab": filters.tab,
        "kind": filters.kind,
        "level": filters.level,
        "q": filters.q,
        "range": filters.range,
        "before": str(filters.before or ""),
    }
    plain = {("tab", "open"), ("range", "7d")}
    return urlencode({name: value for name, value in (given | changes).items() if value and (name, value) not in plain})
