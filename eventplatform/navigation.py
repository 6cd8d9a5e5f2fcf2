"""The shell's navigation: entries that lead somewhere, the current one marked."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils.functional import SimpleLazyObject

from eventplatform import panels

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """A link of the navigation; `count` and `state` tell what waits behind it."""

    path: str
    title: str
    icon: str
    name: str = ""
    short: str = ""
    is_current: bool = False
    count: int = 0
    state: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under one title."""

    title: str
    entries: tuple[Entry, ...]


_GROUPS = (
    Group("", (Entry("/overview", "Overview", "overview"), Entry("/", "Start here", "start", short="Start"))),
    Group(
        "Steer",
        (
            Entry("/streams", "Streams", "stream", name="streams"),
            Entry("/instruments", "Instruments", "dot"),
            Entry("/changes", "Changes", "change", name="changes"),
            Entry("/schemas", "Schemas", "schema", name="schemas"),
            Entry("/services", "Services", "arrow"),
            Entry("/keys", "Producer keys", "lock", name="keys", short="Keys"),
        ),
    ),
    Group("Move", (Entry("/connectors", "Connectors", "connector", name="connectors"),)),
    Group(
        "Find out",
        (
            Entry("/alerts", "Alerts", "warn", name="alerts"),
            Entry("/trace", "Where is my event?", "trace", short="Trace"),
            Entry("/outcomes", "Outcomes", "check"),
            Entry("/traffic", "Traffic", "stream"),
            Entry("/hours", "Hours", "clock"),
            Entry("/live", "Live events", "play", short="Live"),
            Entry("/rejected", "Rejected events", "rejected", name="rejected", short="Rejected"),
            Entry("/sql", "Realtime SQL", "search", short="SQL"),
        ),
    ),
)
_TABS = ("/overview", "/streams", "/rejected", "/trace", "/connectors", "/schemas", "/")
_RED = frozenset({"rejected", "alerts"})  # what waits behind them is trouble
_TABS_SHOWN = 4  # the fifth place is "More"


def navigation(request: HttpRequest) -> dict[str, object]:
    """Context processor: `navigation` for `_nav.html`, `_topbar.html` and `_tabbar.html`; made when a template asks."""
    return {"navigation": SimpleLazyObject(lambda: _navigation(request))}


def _navigation(request: HttpRequest) -> dict[str, object]:
    counts = _counts(request)
    groups = tuple(_group(group, request.path, counts) for group in _GROUPS)
    groups = tuple(group for group in groups if group.entries)
    every = {entry.path: entry for group in groups for entry in group.entries}
    tabs = [every[path] for path in _TABS if path in every][:_TABS_SHOWN]
    return {
        "home": "/",
        "deployment": settings.DEPLOYMENT,
        "groups": groups,
        "tabs": tabs,
        "foot": _foot(request),
        "stale_seconds": panels.call("streamconfig.stale_seconds"),
    }


def _counts(request: HttpRequest) -> Mapping[str, int]:
    """What waits behind the entries; behind "Changes" what waits for whoever looks."""
    user = getattr(request, "user", None)
    try:
        found: dict[str, int] = dict(panels.call("navigation.counts", default={}))
        if user is not None:
            found["changes"] = panels.call("streamconfig.inbox_count", user, default=0)
    except Exception:
        # A page that says what is broken must not break on its navigation.
        log.exception("navigation.counts_unknown")
        return {}
    return found


def _group(group: Group, path: str, counts: Mapping[str, int]) -> Group:
    entries = tuple(_entry(entry, path, counts) for entry in group.entries if _exists(entry.path))
    return replace(group, entries=entries)


def _entry(entry: Entry, path: str, counts: Mapping[str, int]) -> Entry:
    is_current = path == entry.path or (entry.path != "/" and path.startswith(f"{entry.path}/"))
    count = counts.get(entry.name, 0)
    state = "fail" if entry.name in _RED and count else ""
    return replace(entry, short=entry.short or entry.title, is_current=is_current, count=count, state=state)


def _foot(request: HttpRequest) -> tuple[Entry, ...]:
    user = getattr(request, "user", None)
    who = Entry(f"/admin/login/?next={quote(request.path)}", "Sign in", "user")
    if user is not None and user.is_authenticated:
        who = Entry("/account", user.get_username(), "user")
    return (Entry("/admin/", "Admin", "admin"), who)


@cache
def _exists(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True
