"""The tabs above the lists of streams, and what their heads say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from eventplatform.outage import unless_away
from streamconfig import lookups
from streamconfig.configuration.document import Document
from streamconfig.configuration.stream_set import StreamSet
from streamconfig.pages import findings, stale
from streamconfig.pages.facts import ATTENTION, Facts

_WORDS = {"": "All", "mine": "My team\u2019s", "attention": "Needs attention", "scheduled": "Scheduled changes"}


@dataclass(frozen=True, slots=True)
class Tab:
    """One view of the streams, with its address and how many it shows."""

    title: str
    link: str
    count: int
    is_current: bool = False


def chosen(asked: Mapping[str, str]) -> str:
    """The view that an address asks for; `team=mine` is the address that people share."""
    if asked.get("team") == "mine":
        return "mine"
    view = asked.get("view", "")
    return view if view in _WORDS else ""


def own_teams(document: Document, keys: Collection[str]) -> frozenset[str]:
    """The keys of somebody's teams, and their titles: streams imported from elsewhere name their owner by title."""
    known = document.section("teams")
    titles = {str(known[key]["title"]) for key in keys if known.get(key, {}).get("title")}
    return frozenset({*keys, *titles})


def views_of(every: Sequence[Facts], teams: Collection[str]) -> dict[str, list[Facts]]:
    """The streams of each view."""
    return {
        "": list(every),
        "mine": [one for one in every if one.configured.entry.about.owner in teams],
        "attention": [one for one in every if one.state in ATTENTION],
        "scheduled": [one for one in every if one.next_at],
    }


def tabs(views: Mapping[str, Collection[Facts]], current: str) -> list[Tab]:
    """All tabs above the list of streams."""
    found = [Tab(word, _link(name), len(views[name]), current == name) for name, word in _WORDS.items()]
    return [*found, *_others(current)]


def other_tabs(current: str) -> list[Tab]:
    """The tabs above a list that is a page of its own: counting the first ones would cost what their list costs."""
    return [*(Tab(word, _link(name), 0) for name, word in _WORDS.items()), *_others(current)]


def _link(view: str) -> str:
    query = {"": "", "mine": "?team=mine"}.get(view, f"?view={view}")
    return reverse("streams") + query


def _others(current: str) -> Iterable[Tab]:
    yield Tab("Stale", reverse("stale"), unless_away(stale.count, 0), current == "stale")
    yield Tab("Findings", reverse("findings"), unless_away(findings.count, 0), current == "findings")


def head(request: HttpRequest, streams: StreamSet) -> dict[str, Any]:
    """What stands above every list of streams."""
    document = streams.document
    owners = {one.entry.about.owner for one in streams.entries if one.entry.about.owner}
    return {
        "stream_count": len(streams),
        "service_count": len({one.stream.service for one in streams.entries if one.stream.service}),
        "team_count": len({*owners, *document.section("teams")}),
        "instrument_count": len(document.section("instruments")),
        "may_add": request.user.has_perm("streamconfig.wire_stream"),
        "revision": lookups.snapshot().revision,
    }
