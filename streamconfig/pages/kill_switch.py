"""The page of the kill switch: stop instruments and streams at once, see what is stopped and by whom, ask to resume."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from eventplatform.core.errors import RejectedError
from streamconfig import services, touching
from streamconfig.change_control import kill
from streamconfig.change_control.actors import of_user
from streamconfig.change_control.errors import ItemMissingError, RequestEmptyError, RequestForbiddenError
from streamconfig.change_control.requests import Source
from streamconfig.configuration.document import Document
from streamconfig.models import Instrument, Stream

_NAMED = 3  # names that a title shows
_PLACES = {"instruments": Instrument, "streams": Stream}


@dataclass(frozen=True, slots=True)
class Place:
    """Something that can be stopped, or is."""

    section: str
    name: str
    title: str
    owner: str
    is_chosen: bool
    link: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """Something that is off, who switched it off and when, as far as the last revision that did so tells."""

    place: Place
    who: str
    at: datetime | None
    reason: str
    request: int | None


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponseBase:
    """Choose, say why, stop; on a POST it is done at once and looked at by somebody else afterwards."""
    actor = of_user(request.user)
    error: RejectedError | None = None
    if request.method == "POST":
        try:
            return redirect("change", _done(request))
        except RejectedError as refused:
            error = refused
    chosen = request.POST if request.method == "POST" else request.GET
    text = chosen.get("q", "").strip()
    running, stopped = _places(chosen.getlist("instruments"), chosen.getlist("streams"), text)
    may_stop = actor.may("stop_now")
    context = {
        "running": running,
        "stopped": stopped,
        "text": text,
        "reason": chosen.get("reason", ""),
        "may_stop": may_stop,
        "error": error,
        "is_all": chosen.get("all") == "1",
        "instruments": Instrument.objects.filter(is_enabled=True).count(),
    }
    status = error.http_status if error else 200 if may_stop else 403
    return render(request, "streamconfig/changes/kill.html", context, status=status)


def _done(request: HttpRequest) -> int:
    """Stop or ask to resume; the number of the request that tells of it."""
    actor, reason = of_user(request.user), request.POST.get("reason", "").strip()
    if not actor.may("stop_now"):
        raise RequestForbiddenError(why_not=f"{actor.name} may not use the kill switch.")
    chosen: dict[str, Any] = {name: tuple(request.POST.getlist(name)) for name in _PLACES}
    if request.POST.get("do") == "resume":
        outcome = services.propose(_resumed(**chosen), by=actor, title=_title(**chosen), reason=reason, source=Source.PAGE)
        if outcome is None:
            raise RequestEmptyError
        messages.success(request, "Asked to resume. It runs again once this is approved.")
    else:
        outcome = kill.stop(by=actor, reason=reason, all_instruments=request.POST.get("all") == "1", **chosen)
        messages.success(
            request, "Stopped. The intake refuses its events within 2 seconds; somebody else looks at it afterwards."
        )
    return outcome.request.pk


def _resumed(instruments: Collection[str], streams: Collection[str]) -> services.Wish:
    """All of them switched on again."""

    def wish(before: Document) -> Document:
        after = services.with_enabled(streams, is_enabled=True)(before)
        for key in instruments:
            held = before.section("instruments").get(key)
            if held is None:
                raise ItemMissingError(section="instruments", name=key)
            after = services.with_item("instruments", key, {**held, "is_enabled": True})(after)
        return after

    return wish


def _title(instruments: Collection[str], streams: Collection[str]) -> str:
    names = [*instruments, *streams]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"Resume {', '.join(names[:_NAMED])}{more}"


def _places(instruments: list[str], streams: list[str], text: str) -> tuple[list[Place], list[Stopped]]:
    chosen = {*(("instruments", one) for one in instruments), *(("streams", one) for one in streams)}
    rows = [(_row("instruments", one.key, one.title, one.owner, chosen), one.is_enabled) for one in Instrument.objects.all()]
    rows += [(_row("streams", one.name, one.description, one.owner, chosen), one.is_enabled) for one in Stream.objects.all()]
    running = [place for place, is_enabled in rows if is_enabled and _fits(place, text)]
    return running, [_stopped(place) for place, is_enabled in rows if not is_enabled]


def _row(section: str, name: str, title: str, owner: str, chosen: set[tuple[str, str]]) -> Place:
    link = reverse("stream" if section == "streams" else "instrument", args=[name])
    return Place(section, name, title, owner, (section, name) in chosen, link)


def _fits(place: Place, text: str) -> bool:
    said = f"{place.name} {place.title} {place.owner}".lower()
    return place.is_chosen or all(word in said for word in text.lower().split())


def _stopped(place: Place) -> Stopped:
    for row in touching.revisions(place.section, place.name)[:20]:
        for one in touching.changes_in(row):
            if any(field.keys == ("is_enabled",) and field.becomes is False for field in one.fields):
                return Stopped(place, row.author, row.effective_at, row.reason, row.request_id)
    return Stopped(place, "", None, "", None)
