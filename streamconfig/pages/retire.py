"""The flow that retires a stream: announce, switch off, wait until nobody sends, remove, and then its topics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from eventplatform.core.errors import PlatformError, RejectedError
from streamconfig import lookups, services
from streamconfig.change_control.actors import of_user
from streamconfig.change_control.errors import RequestReasonError
from streamconfig.configuration import authorship
from streamconfig.configuration.authorship import Level
from streamconfig.configuration.changes import Change, Field
from streamconfig.configuration.document import STREAMS, Document
from streamconfig.models import ChangeRequest, KnownTopic, TopicRemoval
from streamconfig.pages import usage
from streamconfig.pages.owners import owner_of
from streamconfig.services import StreamMissingError, Wish

_STEPS = ("announce", "off", "remove")


class RetirementDateError(RejectedError):
    """A step of a retirement came without a usable date."""

    code = "retire.bad_date"
    message = "{given} is no date to come."
    remedy = "Write a day from today on, such as 2027-06-30."


class RetirementStepError(RejectedError):
    """A step of a retirement was asked for that isn't one, or before the one ahead of it."""

    code = "retire.too_early"
    http_status = 409
    message = "The stream {name} is still switched on."
    remedy = "Switch it off first and wait until nobody sends: removing it refuses events and forgets what it was."


def _switched_off(name: str) -> tuple[Change, ...]:
    """What the second step asks for, to see who may ask for it."""
    return (Change(STREAMS, name, "changed", (Field(("is_enabled",), becomes=False),)),)


@require_http_methods(["GET", "HEAD", "POST"])
def retire(request: HttpRequest, name: str) -> HttpResponseBase:
    """Where a stream stands on its way out; a post asks for the next step."""
    error: PlatformError | None = None
    if request.method == "POST":
        try:
            return _ask(request, name)
        except PlatformError as refused:
            error = refused
    entry = lookups.current_document().get(name)
    if entry is None:
        return _removed(request, name, error)
    found = usage.usage_of(name)
    document = lookups.snapshot().stream_set.document
    by = of_user(request.user)
    context = {
        "name": name,
        "entry": entry,
        "owner": owner_of(document, entry.about.owner),
        "usage": found,
        "is_announced": bool(entry.about.expires_on),
        "is_off": not entry.is_enabled,
        "may_ask": not authorship.forbidden(lookups.current_document(), _switched_off(name), by.level, by.teams),
        "may_remove": by.level >= Level.ENGINEER,
        "error": error,
        "today": datetime.now(UTC).date().isoformat(),
        "typed": request.POST,
    }
    return render(request, "streamconfig/retire.html", context, status=error.http_status if error else 200)


@login_required
def _ask(request: HttpRequest, name: str) -> HttpResponseBase:
    """Propose what the step means."""
    entry = lookups.current_document().get(name)
    if entry is None:
        raise StreamMissingError(name=name)
    step, reason = request.POST.get("step", ""), request.POST.get("reason", "").strip()[:1000]
    if step not in _STEPS:
        raise Http404(f"There is no step {step[:20]}.")
    if not reason:
        raise RequestReasonError
    if step == "remove" and entry.is_enabled:
        raise RetirementStepError(name=name)
    day = _day(request.POST.get("on", ""), is_needed=step == "announce")
    title, wish = _WISHES[step](name, day)
    outcome = services.propose(
        wish,
        by=of_user(request.user),
        title=title,
        reason=reason,
        source=ChangeRequest.Source.PAGE,
        effective_at=_moment(day) if step != "announce" else None,
    )
    if outcome is None:
        messages.info(request, "Nothing differs from what holds already.")
    elif outcome.published:
        messages.success(request, f"{title}: published as revision {outcome.published.revision}.")
    else:
        messages.success(request, f"{title}: change {outcome.request.pk} waits for approval.")
    return redirect("stream-retire", name)


def _announce(name: str, day: date | None) -> tuple[str, Wish]:
    def wish(before: Document) -> Document:
        entry = before.get(name)
        if entry is None:
            raise StreamMissingError(name=name)
        return before.with_entries([replace(entry, about=replace(entry.about, expires_on=str(day)))])

    return f"Announce the end of {name}", wish


def _switch_off(name: str, _day: date | None) -> tuple[str, Wish]:
    return f"Switch off {name}, which retires", services.with_enabled([name], is_enabled=False)


def _remove(name: str, _day: date | None) -> tuple[str, Wish]:
    return f"Remove {name}, which is retired", lambda before: usage.without(before, name)


_WISHES: Mapping[str, Callable[[str, date | None], tuple[str, Wish]]] = {
    "announce": _announce,
    "off": _switch_off,
    "remove": _remove,
}


def _day(given: str, *, is_needed: bool) -> date | None:
    if not given and not is_needed:
        return None
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise RetirementDateError(given=given[:40] or "Nothing") from None
    if day < datetime.now(UTC).date():
        raise RetirementDateError(given=given)
    return day


def _moment(day: date | None) -> datetime | None:
    """The beginning of a day; None for today, which has begun."""
    return datetime.combine(day, time(), UTC) if day and day > datetime.now(UTC).date() else None


def _removed(request: HttpRequest, name: str, error: PlatformError | None) -> HttpResponseBase:
    """The last step of a stream that is gone: what of its topics is still there."""
    found = usage.last_entry(name)
    if found is None:
        raise Http404(f"There is no stream {name[:249]}, and never was.")
    entry, row, alone = found
    configured = alone.configured(name)
    named = configured.stream.topics if configured else ()
    topics = list(KnownTopic.objects.filter(name__in=named).order_by("name").values_list("name", flat=True))
    asked = set(TopicRemoval.objects.filter(done_at=None, topic__in=topics).values_list("topic", flat=True))
    context: dict[str, Any] = {
        "name": name,
        "entry": entry,
        "revision": row,
        "topics": [(topic, topic in asked) for topic in topics],
        "may_remove": of_user(request.user).may("wire_stream"),
        "error": error,
    }
    return render(request, "streamconfig/retired.html", context, status=error.http_status if error else 200)
