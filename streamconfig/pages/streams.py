"""The list of streams: views as tabs, filters, order and page, all in the address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError

from streamconfig import lookups
from streamconfig.api.filters import narrow
from streamconfig.change_control.actors import of_user
from streamconfig.configuration.stream_set import Configured, StreamSet
from streamconfig.pages import facts as stream_facts
from streamconfig.pages import pending as requests
from streamconfig.pages import tabs
from streamconfig.pages.facts import Facts

_PAGE = 50
_STATES = {
    "fail": "Failing",
    "warn": "Needs a look",
    "info": "Changes soon",
    "ok": "Receiving",
    "unknown": "No events yet",
    "paused": "Off or closed",
}
_SORTS: Mapping[str, tuple[str, Callable[[Facts], Any]]] = {
    "": ("state, then volume", lambda one: one.rank),
    "name": ("name", lambda one: one.name),
    "volume": ("volume", lambda one: (-(one.events or 0), one.name)),
    "canary": ("canary age", lambda one: (one.canary_at is not None, str(one.canary_at), one.name)),
}
_SAMPLINGS: Mapping[str, tuple[str, Callable[[Facts], bool]]] = {
    "part": ("below 100 %", lambda one: one.rate < 1),
    "all": ("100 %", lambda one: one.rate == 1),
}
_CANARIES = (("true", "on"), ("false", "off"))
_NOT_FILTERS = {"view", "page", "sort"}


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set, and the address without it."""

    text: str
    link: str


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """All streams, narrowed and sorted as the address says."""
    snapshot = lookups.snapshot()
    asked = {name: value for name, value in request.GET.dict().items() if value}
    pending = requests.by_item()
    known = stream_facts.known_now(snapshot, pending)
    every = stream_facts.facts_of(snapshot.stream_set.entries, known)
    teams = tabs.own_teams(snapshot.stream_set.document, of_user(request.user).teams)
    views = tabs.views_of(every, teams)
    shown = _narrowed(snapshot.stream_set.entries, views[tabs.chosen(asked)], asked)
    page = Paginator(_chosen(shown, asked), _PAGE).get_page(request.GET.get("page"))
    choices = _choices(snapshot.stream_set)
    context = {
        "page": page,
        "total": len(snapshot.stream_set),
        "asked": asked,
        "query": urlencode({name: value for name, value in asked.items() if name != "page"}),
        "problems": snapshot.stream_set.problems,
        "choices": choices,
        "chips": _chips(asked, choices),
        "tabs": tabs.tabs(views, tabs.chosen(asked)),
        "is_my_team_empty": tabs.chosen(asked) == "mine" and not teams,
        "open_changes": len({one.number for several in pending.values() for one in several}),
        **tabs.head(request, snapshot.stream_set),
    }
    return render(request, "streamconfig/index.html", context)


def _narrowed(entries: Iterable[Configured], view: Iterable[Facts], asked: Mapping[str, str]) -> list[Facts]:
    try:
        names = {one.entry.name for one in narrow(entries, asked)}
    except ValidationError:
        return list(view)  # a mistyped filter shows everything rather than an error page
    return [one for one in view if one.name in names]


def _chosen(facts: Iterable[Facts], asked: Mapping[str, str]) -> list[Facts]:
    state, sampling = asked.get("state"), _SAMPLINGS.get(asked.get("sampling", ""))
    found = [one for one in facts if (state not in _STATES or one.state == state) and (sampling is None or sampling[1](one))]
    return sorted(found, key=_SORTS.get(asked.get("sort", ""), _SORTS[""])[1])


def _choices(streams: StreamSet) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The selects: parameter, label, and the values that occur."""
    services = sorted({one.stream.service for one in streams.entries if one.stream.service})
    titles = {key: str(team.get("title") or key) for key, team in streams.document.section("teams").items()}
    owners = sorted({one.entry.about.owner for one in streams.entries if one.entry.about.owner})
    return [
        ("service", "Service", [(name, name) for name in services]),
        ("owner", "Team", [(name, titles.get(name, name)) for name in owners]),
        ("state", "State", list(_STATES.items())),
        ("sampling", "Sampling", [(name, label) for name, (label, _) in _SAMPLINGS.items()]),
        ("sort", "Sort", [(name, label) for name, (label, _) in _SORTS.items() if name]),
    ]


def _chips(asked: Mapping[str, str], choices: Iterable[tuple[str, str, list[tuple[str, str]]]]) -> list[Chip]:
    """The filters that are set; each leads to the list without it."""
    labels = {name: (label, dict(values)) for name, label, values in choices}
    labels |= {"q": ("Words", {}), "canary": ("Canaries", dict(_CANARIES))}
    found = []
    for name, value in asked.items():
        if name in labels and name not in _NOT_FILTERS:
            label, values = labels[name]
            rest = {key: held for key, held in asked.items() if key not in (name, "page")}
            found.append(Chip(f"{label}: {values.get(value, value)}", f"?{urlencode(rest)}"))
    return found
