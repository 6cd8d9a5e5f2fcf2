"""The page of hours, the part of it on a stream's page, and canaries for a past hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from monitoring import of_streams
from monitoring.hours import lookups
from monitoring.hours.judging import HOUR, WORDS
from monitoring.hours.lookups import Count, Row, StoredHour
from monitoring.hours.noting import WINDOW, hour_of
from monitoring.models import CanaryRun
from streamconfig.lookups import snapshot

PERMISSION = "streamconfig.change_stream"
_ROWS = 25
_SHOWN = 5  # canaries that were sent for past hours
_LONGEST = 249
_GLYPHS = {"complete": "■", "empty": "□", "open": "…", "late": "✕", "unknown": "?"}
_SHOWS = ("", "late", "unknown")


@dataclass(frozen=True, slots=True)
class Cell:
    """An hour as a square: its sign, its words, and what its tooltip says."""

    state: str
    glyph: str
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """A stream in a store as the page shows it."""

    row: Row
    cells: tuple[Cell, ...]
    told: str  # for those who don't see the squares
    newest: StoredHour | None  # of those that are late, else of those that are unknown

    @property
    def state(self) -> str:
        """The badge: whether all that is over is complete."""
        return "fail" if self.row.count("late") else "ok" if self.newest is None else "unknown"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for."""

    q: str
    store: str
    show: str

    def takes(self, one: Count) -> bool:
        """True where the row is wanted."""
        is_shown = not self.show or bool(one.late) or (self.show == "unknown" and bool(one.unknown))
        return self.q.lower() in one.stream.lower() and self.store in {"", one.connector} and is_shown

    @property
    def query(self) -> str:
        """The address without its page."""
        return urlencode({name: value for name, value in (("q", self.q), ("store", self.store), ("show", self.show)) if value})


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Streams by store over the last day, worst first."""
    now, filters = timezone.now(), _filters(request)
    every = lookups.counts()
    found = [one for one in every if filters.takes(one)]
    page = Paginator(found, _ROWS).get_page(request.GET.get("page"))
    context = {
        "filters": filters,
        "page": page,
        "query": filters.query,
        "lines": [line(row, now) for row in lookups.rows([(one.stream, one.connector) for one in page])],
        "ticks": [f"{hour_of(now) - number * HOUR:%H:00}" for number in (WINDOW, 18, 12, 6)],
        "late": sum(bool(one.late) for one in every),
        "total": len(every),
        "stores": sorted({one.connector for one in every if one.connector}),
        "legend": [(state, _GLYPHS[state], words) for state, words in WORDS.items()],
    }
    return render(request, "monitoring/hours.html", context)


def line(row: Row, now: datetime) -> Line:
    """A row with its squares."""
    hours = row.last(now)
    late = [one for one in hours if one.state == "late"]
    unknown = [one for one in hours if one.state == "unknown" and one.hour in row.hours]  # judged, not merely unwatched
    complete = sum(one.is_complete for one in hours)
    watched = sum(one.hour in row.hours for one in hours)
    told = f"{complete} of the last {WINDOW} hours complete" if watched else "no hour is over yet since it is watched"
    told += f"; not complete: {', '.join(f'{one.hour:%H}:00' for one in late)}" if late else ""
    return Line(row, tuple(_cell(one) for one in hours), told, next(reversed(late or unknown), None))


def panel(stream: str) -> Mapping[str, Any] | None:
    """The hours of one stream on its page; nothing of a stream that isn't configured."""
    if stream not in snapshot().streams:
        return None
    now = timezone.now()
    hours: Sequence[datetime] = [hour_of(now) - number * HOUR for number in range(1, WINDOW + 1)]
    lines = [line(row, now) for row in lookups.of_stream(stream)]
    sent = CanaryRun.objects.filter(stream=stream, for_hour__isnull=False, sent_at__gt=now - WINDOW * HOUR)
    return {"stream": stream, "lines": lines, "hours": hours, "sent": sent.order_by("-sent_at")[:_SHOWN]}


@require_POST
@login_required
def send(request: HttpRequest) -> HttpResponseRedirect:
    """Send a canary whose `dt` lies in a past hour, and say what the intake answered."""
    name, given = request.POST.get("stream", "")[:_LONGEST], request.POST.get("hour", "")
    back = request.POST.get("next", "")
    answer = redirect(back if url_has_allowed_host_and_scheme(back, {request.get_host()}) else "hours")
    hour = _past_hour(given)
    if not request.user.has_perm(PERMISSION):
        messages.error(request, "Canaries are sent by those who may change streams. Ask the stream's owner.")
    elif hour is None:
        messages.error(request, "Choose one of the hours that are over.")
    else:
        sent = of_streams.send_canary(name, hour)
        if sent.is_accepted:
            messages.success(request, f"The intake took a canary of {name} for {hour:%H}:00 ({sent.status}).")
        else:
            messages.error(request, f"The canary was not taken: {sent.error}")
    return answer


def _past_hour(given: str) -> datetime | None:
    try:
        hour = hour_of(datetime.fromisoformat(given).replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
    return hour if hour < hour_of(timezone.now()) else None


def _cell(one: StoredHour) -> Cell:
    facts = f"{one.hour:%d %b %H}:00 UTC: {one.words}" + (f", {one.events} events" if one.events else "")
    return Cell(one.state, _GLYPHS[one.state], f"{facts}. {one.reason}".strip())


def _filters(request: HttpRequest) -> Filters:
    q, store, show = (request.GET.get(name, "").replace("\0", "").strip()[:_LONGEST] for name in ("q", "store", "show"))
    return Filters(q, store, show if show in _SHOWS else "")
