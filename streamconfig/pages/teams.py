"""Pages of teams: who owns what, who is in it, and what is asked for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from streamconfig import lookups
from streamconfig.change_control.actors import TEAM_PREFIX, of_user
from streamconfig.configuration.document import Document
from streamconfig.models import Team
from streamconfig.pages import facts as stream_facts
from streamconfig.pages import instruments
from streamconfig.pages import pending as requests
from streamconfig.pages.owners import owner_of


@dataclass(frozen=True, slots=True)
class Row:
    """A team in the list, or words that streams name as their owner."""

    key: str
    title: str
    contact: str
    is_kept: bool
    streams: int
    instruments: int
    is_mine: bool


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """All teams that are kept, then other names that streams have as owners."""
    document = lookups.snapshot().stream_set.document
    mine = of_user(request.user).teams
    context = {"teams": _rows(document, mine), "nobody": sum(not entry.about.owner for entry in document.entries)}
    return render(request, "streamconfig/teams.html", context)


def _rows(document: Document, mine: frozenset[str]) -> list[Row]:
    kept = document.section("teams")
    by_title = {str(team.get("title") or key): key for key, team in kept.items()}
    streams = Counter(by_title.get(entry.about.owner, entry.about.owner) for entry in document.entries if entry.about.owner)
    items = document.section("instruments").values()
    owned = Counter(by_title.get(str(one["owner"]), str(one["owner"])) for one in items if one.get("owner"))
    rows = []
    for key in (*kept, *sorted({*streams, *owned} - set(kept))):
        team = kept.get(key, {})
        title, contact = str(team.get("title") or key), str(team.get("contact") or "")
        rows.append(Row(key, title, contact, key in kept, streams[key], owned[key], key in mine))
    return rows


@require_safe
def detail(request: HttpRequest, key: str) -> HttpResponseBase:
    """One team: its streams, instruments, people and open changes."""
    snapshot = lookups.snapshot()
    owner = owner_of(snapshot.stream_set.document, key)
    names = {key, owner.name}
    entries = [one for one in snapshot.stream_set.entries if one.entry.about.owner in names]
    owned = [one for one in instruments.every(snapshot) if one.owner in names]
    kept = snapshot.stream_set.document.section("teams").get(key)
    if not (entries or owned or kept is not None):
        raise Http404(f"There is no team {key[:100]}.")
    pending = requests.by_item()
    items = [*(("streams", one.entry.name) for one in entries), *(("instruments", one.key) for one in owned)]
    known = stream_facts.known_now(snapshot, pending, [one.entry.name for one in entries])
    context = {
        "key": key,
        "team": kept or {},
        "owner": owner,
        "is_kept": kept is not None,
        "row": Team.objects.filter(key=key).first(),
        "streams": sorted(stream_facts.facts_of(entries, known), key=lambda one: one.rank),
        "instruments": owned,
        "people": _people(key) if kept is not None else [],
        "group": f"{TEAM_PREFIX}{key}",
        "pending": requests.of_items(items, pending),
        "is_mine": key in of_user(request.user).teams,
    }
    return render(request, "streamconfig/team.html", context)


def _people(key: str) -> list[str]:
    found = get_user_model().objects.filter(groups__name=f"{TEAM_PREFIX}{key}", is_active=True)
    return [user.get_full_name() or user.get_username() for user in found.order_by("username")]
