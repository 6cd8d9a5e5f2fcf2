"""The form of a connector: made anew or changed, tried out before it is saved; works without scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from connectors import catalog, checking, kinds, opening, rehearsal
from connectors.checking import Check
from connectors.forms.entry import Entry
from connectors.forms.saving import save_entry
from connectors.models import Connector
from connectors.rehearsal import Rehearsed
from connectors.steering import steering as steering_of
from eventplatform.core.errors import PlatformError
from eventplatform.core.streams import Stream
from streamconfig import lookups as configuration

_SHOWN_STREAMS = 12
_COUNTS = (5, 10, 25, 50)
_CHANGE = "connectors.change_connector"


@dataclass(frozen=True, slots=True)
class Taken:
    """Which streams a connector would take."""

    names: tuple[str, ...]
    others: tuple[str, ...] = ()  # fit, but their own settings switch them off
    is_known: bool = True

    @property
    def first(self) -> tuple[str, ...]:
        """Enough to see whether it is what was meant."""
        return self.names[:_SHOWN_STREAMS]

    @property
    def example(self) -> str:
        """One of them, for a dry run; empty where there is none."""
        return self.names[0] if self.names else ""

    @property
    def more(self) -> int:
        """How many are not named."""
        return max(len(self.names) - _SHOWN_STREAMS, 0)


@require_safe
def catalogue(request: HttpRequest) -> HttpResponseBase:
    """Every kind of store, what it promises and can be told."""
    return render(request, "connectors/kinds.html", {"kinds": kinds.every(), "may_add": _may_add(request)})


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required("connectors.add_connector", raise_exception=True)
def new(request: HttpRequest) -> HttpResponseBase:
    """Make a connector of a kind."""
    kind = str(request.POST.get("kind") or request.GET.get("kind", ""))
    if not kind:
        return redirect("connector-kinds")
    return _handled(request, _entry(request, kind, None))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(_CHANGE, raise_exception=True)
def edit(request: HttpRequest, name: str) -> HttpResponseBase:
    """Change a connector."""
    connector = get_object_or_404(Connector.objects.select_related("target"), name=name)
    return _handled(request, _entry(request, connector.target.kind, connector))


def _entry(request: HttpRequest, kind: str, connector: Connector | None) -> Entry:
    try:
        return Entry(kind, posted=request.POST if request.method == "POST" else None, connector=connector)
    except PlatformError as error:  # an unknown kind, or one without its driver
        raise Http404(f"{error} {error.hint}") from error


def _handled(request: HttpRequest, entry: Entry) -> HttpResponseBase:
    """What the pressed button asks for."""
    asked = request.POST.get("do", "save") if request.method == "POST" else ""
    facts: dict[str, Any] = {}
    if asked == "save" and entry.is_valid():
        try:
            connector = save_entry(entry, by=request.user)
        except PlatformError as error:
            facts["error"] = error
        else:
            how = "goes on as before" if entry.connector else "runs" if connector.is_enabled else "is paused"
            messages.success(request, f"{connector.name} is saved and {how}.")
            return redirect("connector", connector.name)
    elif asked == "test":
        facts["checked"] = _check(entry)
    elif asked == "dry":
        facts["rehearsed"] = _rehearse(request, entry)
    is_refused = asked == "save"
    context = {**_context(request, entry), **facts, "asked": asked, "is_refused": is_refused}
    return render(
        request, "connectors/edit.html", context, status=400 if is_refused and "HX-Request" not in request.headers else 200
    )


def _context(request: HttpRequest, entry: Entry) -> dict[str, Any]:
    taken = taken_by(entry)
    return {
        "entry": entry,
        "kind": catalog.describe(entry.kind),
        "taken": taken,
        "counts": _COUNTS,
        "count": _count(request),
        "dry_stream": request.POST.get("dry_stream", ""),
    }


def taken_by(entry: Entry) -> Taken:
    """The streams that the form's patterns and rules take now."""
    route = entry.route()
    if route is None:
        return Taken((), is_known=False)
    fitting = [one for one in _streams() if route.fits(one)]
    names = tuple(sorted(one.name for one in fitting if route.takes(one)))
    return Taken(names, tuple(sorted({one.name for one in fitting} - set(names))))


def _streams() -> list[Stream]:
    return list(configuration.snapshot().streams.values())


def _check(entry: Entry) -> Check:
    if not entry.is_usable():
        return Check(is_ok=False, text="The options above are not complete yet.", remedy="What to mend stands at its field.")
    try:
        target = entry.target_values()
    except PlatformError as error:
        return Check(is_ok=False, text=str(error), remedy=error.hint, code=error.code)
    return checking.check(entry.kind, name=entry.name or "new", target=target, values=entry.options.values)


def _rehearse(request: HttpRequest, entry: Entry) -> Rehearsed:
    asked = request.POST.get("dry_stream", "")
    stream = configuration.snapshot().find_stream(asked) if asked else None
    if stream is None or not entry.is_usable():
        return Rehearsed(asked, why_not="Choose a stream, and complete the options above.")
    route = entry.route()
    if route is None:
        return Rehearsed(asked, why_not="The rules above can't be used as they are.")
    try:
        store = opening.store_of(
            entry.kind, name=entry.name or "new", target=entry.target_values(), values=entry.options.values
        )
        steering = steering_of(stream, route.names, route.rules)
        return rehearsal.rehearse(store, name=entry.name, stream=stream, steering=steering, count=_count(request))
    except PlatformError as error:
        return Rehearsed(asked, why_not=f"{error} {error.hint}".strip())


def _count(request: HttpRequest) -> int:
    given = request.POST.get("dry_count", "")
    return int(given) if given in map(str, _COUNTS) else _COUNTS[1]


def _may_add(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("connectors.add_connector"))
