"""Pages of instruments: the list with its filters, and one with what holds, what is to come, and its switch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from streamconfig import lookups
from streamconfig.change_control.actors import of_user
from streamconfig.configuration import windows
from streamconfig.models import Instrument as InstrumentRow
from streamconfig.pages import facts as stream_facts
from streamconfig.pages import holding, schedule, tabs
from streamconfig.pages import pending as requests
from streamconfig.pages.owners import owner_of
from streamconfig.reading.lookups import closed_to
from streamconfig.snapshots import Snapshot

_PAGE = 50
_STATES: Mapping[str, tuple[str, str]] = {
    "on": ("ok", "On"),
    "closed": ("paused", "Window closed"),
    "expired": ("warn", "Expired"),
    "silent": ("warn", "Stream silent"),
    "stopped": ("fail", "Stopped"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """An instrument as lists show it."""

    key: str
    title: str
    stream: str
    owner: str
    state: str
    sampling: str
    windows: str
    is_enabled: bool
    item: Mapping[str, Any]

    @property
    def badge(self) -> tuple[str, str]:
        """State and word."""
        return _STATES[self.state]


def of_stream(snapshot: Snapshot, name: str) -> list[Shown]:
    """The instruments that stand on a stream."""
    return [one for one in every(snapshot) if one.stream == name]


def every(snapshot: Snapshot) -> list[Shown]:
    """All instruments, in the document's order."""
    at = datetime.now(UTC)
    return [_shown(snapshot, key, item, at) for key, item in snapshot.stream_set.document.section("instruments").items()]


def _shown(snapshot: Snapshot, key: str, item: Mapping[str, Any], at: datetime) -> Shown:
    stream = snapshot.find_stream(str(item["stream"]))
    opening = holding.opening_of(item, at)
    is_enabled = item.get("is_enabled", True) is not False
    state = "on"
    if not is_enabled:
        state = "stopped"
    elif (item.get("expires_on") or "9") < at.date().isoformat():
        state = "expired"
    elif opening and not opening.is_open:
        state = "closed"
    elif stream is None or not stream.is_enabled or not stream_facts.is_open(stream):
        state = "silent"
    return Shown(
        key=key,
        title=str(item.get("title") or ""),
        stream=str(item["stream"]),
        owner=str(item.get("owner") or ""),
        state=state,
        sampling=holding.sampling_at(item, at) if "sample" in item or item.get("ramp") else "as its stream",
        windows="; ".join(map(windows.words, windows.parse(item.get("windows")))) or "always",
        is_enabled=is_enabled,
        item=item,
    )


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """All instruments, narrowed as the address says."""
    snapshot = lookups.snapshot()
    asked = {name: value for name, value in request.GET.dict().items() if value}
    found = every(snapshot)
    teams = tabs.own_teams(snapshot.stream_set.document, of_user(request.user).teams)
    shown = [one for one in found if _fits(one, asked, teams)]
    owners = sorted({one.owner for one in found if one.owner})
    context = {
        "page": Paginator(shown, _PAGE).get_page(request.GET.get("page")),
        "total": len(found),
        "asked": asked,
        "query": urlencode({name: value for name, value in asked.items() if name != "page"}),
        "choices": [
            ("state", "State", [(name, word) for name, (_, word) in _STATES.items()]),
            ("owner", "Team", [("mine", "my teams"), *((name, name) for name in owners)]),
            ("stream", "Stream", [(name, name) for name in sorted({one.stream for one in found})]),
        ],
        "running": sum(one.state == "on" for one in found),
        # Whose check is for their teams alone.
        "closed": {stream.name for stream in closed_to(request.user, snapshot.streams.values())},
    }
    return render(request, "streamconfig/instruments.html", context)


def _fits(one: Shown, asked: Mapping[str, str], teams: frozenset[str]) -> bool:
    text = f"{one.key} {one.title} {one.stream} {one.owner} {one.item.get('description', '')} {one.item.get('purpose', '')}"
    owner, state = asked.get("owner"), asked.get("state")
    return (
        all(word in text.lower() for word in asked.get("q", "").lower().split())
        and (state not in _STATES or one.state == state)
        and (one.owner in teams if owner == "mine" else owner in (None, one.owner))
        and asked.get("stream") in (None, one.stream)
    )


@require_safe
def detail(request: HttpRequest, key: str) -> HttpResponseBase:
    """One instrument: what holds, what is to come, who owns it."""
    snapshot = lookups.snapshot()
    one = next((one for one in every(snapshot) if one.key == key), None)
    if one is None:
        raise Http404(f"There is no instrument {key[:100]}.")
    at = datetime.now(UTC)
    pending = requests.by_item().get(("instruments", key), ())
    dates = {"review_on": str(one.item.get("review_on") or ""), "expires_on": str(one.item.get("expires_on") or "")}
    context = {
        "one": one,
        "item": one.item,
        "audience": _audience(one.item.get("audience")),
        "owner": owner_of(snapshot.stream_set.document, one.owner),
        "opening": holding.opening_of(one.item, at),
        "pending": pending,
        "points": schedule.timeline(
            one.item, name=key, section="instruments", pending=pending, at=at, is_enabled=one.is_enabled, dates=dates
        ),
        "history": stream_facts.history_of(key, section="instruments"),
        "row": InstrumentRow.objects.filter(key=key).first(),
        "may_stop": request.user.has_perm("streamconfig.stop_now"),
    }
    return render(request, "streamconfig/instrument.html", context)


def _audience(audience: Any) -> Sequence[tuple[str, str]]:
    """Who is meant, line by line; none: everybody."""
    if not isinstance(audience, Mapping):
        return ()
    words = {"sites": "Sites", "except_sites": "All sites but", "platforms": "Platforms"}
    found = [(word, ", ".join(map(str, audience[name]))) for name, word in words.items() if audience.get(name)]
    logged_in = audience.get("is_logged_in")
    return [*found, *([("People", "logged in" if logged_in else "not logged in")] if logged_in is not None else [])]
