"""The page of what is stale: streams and instruments that nobody seems to need or to answer for."""

from __future__ import annotations

from functools import lru_cache

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from streamconfig import lookups, stale
from streamconfig.change_control.actors import of_user
from streamconfig.pages import tabs
from streamconfig.stale import StaleItem

_PAGE = 50
_SECONDS_KEPT = 60  # a count beside a tab may be as old as that


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """What is stale, the longest standing first; `kind`, `reason` and `owner` narrow."""
    snapshot = lookups.snapshot()
    every = sorted(stale.stale_items(), key=lambda one: (one.since is None, str(one.since), one.name))
    asked = {name: value for name, value in request.GET.dict().items() if value}
    teams = tabs.own_teams(snapshot.stream_set.document, of_user(request.user).teams)
    shown = [one for one in every if _fits(one, asked, teams)]
    context = {
        "page": Paginator(shown, _PAGE).get_page(request.GET.get("page")),
        "total": len(every),
        "asked": asked,
        "choices": [
            ("kind", "Kind", [("stream", "streams"), ("instrument", "instruments")]),
            ("reason", "Reason", sorted({(why.code, why.code.replace("_", " ")) for one in every for why in one.reasons})),
            ("owner", "Team", [("mine", "my teams"), *sorted({(one.owner, one.owner) for one in every if one.owner})]),
        ],
        "query": urlencode({name: value for name, value in asked.items() if name != "page"}),
        "tabs": tabs.other_tabs("stale"),
        **tabs.head(request, snapshot.stream_set),
    }
    return render(request, "streamconfig/stale.html", context)


def _fits(one: StaleItem, asked: dict[str, str], teams: frozenset[str]) -> bool:
    owner, words = asked.get("owner"), asked.get("q", "").lower().split()
    return (
        all(word in f"{one.name} {one.owner}".lower() for word in words)
        and asked.get("kind") in (None, one.kind)
        and ("reason" not in asked or any(why.code == asked["reason"] for why in one.reasons))
        and (one.owner in teams if owner == "mine" else owner in (None, one.owner))
    )


def count() -> int:
    """How many items are stale; at most a minute old, since every list shows it."""
    return _count(lookups.snapshot().tag, int(timezone.now().timestamp()) // _SECONDS_KEPT)


@lru_cache(maxsize=2)
def _count(_tag: str, _minute: int) -> int:
    return len(stale.stale_items())
