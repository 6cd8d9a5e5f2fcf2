"""The page of one stream: what holds now, what is to come, who owns it, its instruments, stores and history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from eventplatform import panels
from eventplatform.core.services import Service
from eventplatform.core.streams import Stream as Configuration
from eventplatform.once import one_moment
from streamconfig import lookups, touching
from streamconfig.configuration.document import merged
from streamconfig.configuration.stream_set import Configured
from streamconfig.models import Stream
from streamconfig.pages import door_words, holding, instruments, schedule, snippets
from streamconfig.pages import facts as stream_facts
from streamconfig.pages import pending as requests
from streamconfig.pages.owners import owner_of
from streamconfig.pages.tabs import Tab
from streamconfig.snapshots import Snapshot

_TABS = ("instruments", "produce", "connectors", "history")
_HISTORY_ALL, _HISTORY_SHORT = 200, 5


@require_safe
def detail(request: HttpRequest, name: str) -> HttpResponseBase:
    """What holds now for a stream, also for one that a pattern stands for."""
    snapshot = lookups.snapshot()
    one = snapshot.stream_set.configured(name)
    if one is None:
        raise Http404(f"There is no stream {name[:249]}.")
    tab = request.GET.get("tab", "")
    tab = tab if tab in _TABS else ""
    with one_moment():  # several panels ask how all connectors are doing
        parts = snippets.tab(name, request.GET.dict()) if tab == "produce" else _PARTS[tab](snapshot, one, name)
        context = {**_head(snapshot, one, name, tab), **parts}
        return render(request, f"streamconfig/stream{f'_{tab}' if tab else ''}.html", context)


def _head(snapshot: Snapshot, one: Configured, name: str, tab: str) -> dict[str, Any]:
    """What stands above every tab."""
    pending = requests.by_item()
    stream, entry = one.named(name), one.entry
    known = stream_facts.known_now(snapshot, pending, (entry.name,))
    return {
        "facts": stream_facts.facts_of([one], known)[0],
        "entry": entry,
        "stream": stream,
        "owner": owner_of(snapshot.stream_set.document, entry.about.owner),
        "is_under_pattern": name != entry.name,
        "row": Stream.objects.filter(name=entry.name).first(),
        "is_schema_known": snapshot.schemas.has_title(stream.schema_title),
        "revision": snapshot.revision,
        "tabs": _tabs(snapshot, one, name, tab),
    }


def _tabs(snapshot: Snapshot, one: Configured, name: str, current: str) -> list[Tab]:
    here = reverse("stream", args=[name])
    title = one.stream.schema_title
    count = len(instruments.of_stream(snapshot, one.entry.name))
    return [
        Tab("Now", here, 0, current == ""),
        Tab("Instruments", f"{here}?tab=instruments", count, current == "instruments"),
        *([Tab("Schema", reverse("schema", args=[title]), 0)] if title and snapshot.schemas.has_title(title) else []),
        Tab("Produce", f"{here}?tab=produce", 0, current == "produce"),
        Tab("Connectors", f"{here}?tab=connectors", len(_downstream(name)), current == "connectors"),
        Tab("Rejected", f"/rejected?stream={quote(name)}", 0),
        Tab("History", f"{here}?tab=history", touching.revisions("streams", one.entry.name).count(), current == "history"),
    ]


def _now(snapshot: Snapshot, one: Configured, name: str) -> dict[str, Any]:
    entry, at = one.entry, datetime.now(UTC)
    document = snapshot.stream_set.document
    # As written: what a window or a ramp makes of it now stands in `one`.
    stream, item = one.named(name), {**merged(document.defaults, entry), **entry.own}
    about = {"review_on": entry.about.review_on, "expires_on": entry.about.expires_on}
    pending = requests.by_item().get(("streams", entry.name), ())
    every = instruments.of_stream(snapshot, entry.name)
    return {
        "sampling": stream_facts.sampling_words(stream.sampling),
        "opening": holding.opening_of(entry.own, at),
        "overrides": holding.overrides_of(entry.name, document, settings.ENVIRONMENT),
        "late": holding.late_words(entry.own),
        "log": holding.log_words(entry.own),
        "headers": holding.headers_of(stream.settings),
        "consumers": holding.stored_words(stream.consumers),
        "points": schedule.timeline(
            item, name=entry.name, section="streams", pending=pending, at=at, is_enabled=entry.is_enabled, dates=about
        ),
        "pending": pending,
        "stopped": [one for one in every if not one.is_enabled],
        "settings": dict(stream.settings),
        "rules": _rules(snapshot, stream),
        "history": stream_facts.history_of(entry.name, limit=_HISTORY_SHORT),
    }


def _rules(snapshot: Snapshot, stream: Configuration) -> list[door_words.Rule]:
    """What the intake asks of its events."""
    service = snapshot.services.get(stream.service, Service(stream.service))
    return door_words.of_stream(stream.door, service, snapshot.stream_set.document.section("services").get(stream.service, {}))


def _instruments(snapshot: Snapshot, one: Configured, name: str) -> dict[str, Any]:  # noqa: ARG001  # tabs are called alike
    return {"instruments": instruments.of_stream(snapshot, one.entry.name)}


def _connectors(snapshot: Snapshot, one: Configured, name: str) -> dict[str, Any]:  # noqa: ARG001  # tabs are called alike
    return {"stores": _downstream(name), "consumers": holding.stored_words(one.stream.consumers)}


def _history(snapshot: Snapshot, one: Configured, name: str) -> dict[str, Any]:  # noqa: ARG001  # tabs are called alike
    return {"history": stream_facts.history_of(one.entry.name, limit=_HISTORY_ALL)}


_PARTS = {"": _now, "instruments": _instruments, "connectors": _connectors, "history": _history}


def _downstream(name: str) -> Sequence[panels.Downstream]:
    found: Sequence[panels.Downstream] = panels.call("connectors.downstream", name, default=())
    return found


@require_POST
@login_required
def send_test(request: HttpRequest, name: str) -> HttpResponseRedirect:
    """Send one test event through the intake, and say what it answered."""
    if not request.user.has_perm("streamconfig.change_stream"):
        messages.error(request, "Test events are sent by those who may change streams. Ask the stream's owner.")
        return redirect("stream", name)
    sent = panels.call("monitoring.send_canary", name)
    if sent is None:
        messages.error(request, "No canaries are sent by this deployment.")
    elif sent.is_accepted:
        messages.success(request, f"The intake took a test event of {name} in ({sent.status}). Its way stands below.")
    else:
        messages.error(request, f"The test event was not taken: {sent.error}")
    return redirect("stream", name)
