"""Pages of change requests: the lists, and what waits for whoever looks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from streamconfig import stale
from streamconfig.change_control import verbs
from streamconfig.change_control.actors import Actor, of_user
from streamconfig.models import ChangeRequest
from streamconfig.pages import changes_lists
from streamconfig.pages.changes_words import moment_words

_PAGE = 50
_SHOWN = 100  # of each part of the inbox


@dataclass(frozen=True, slots=True)
class Row:
    """A request in a list."""

    request: ChangeRequest
    state: str
    word: str
    symbol: str
    why: str = ""

    @property
    def when(self) -> str:
        """From when it holds, in words."""
        moment = self.request.effective_at
        return moment_words(moment) if moment else "once approved" if self.request.is_open else ""


def row(request: ChangeRequest, why: str = "") -> Row:
    """A request with its badge."""
    state, word, symbol = changes_lists.BADGES[request.state]
    if request.is_emergency:
        word = f"{word}, emergency"
    return Row(request, state, word, symbol, why or request.problem)


@require_safe
def index(request: HttpRequest) -> HttpResponseBase:
    """The requests, by what is to be done with them, narrowed as the address says."""
    actor = of_user(request.user)
    lists = {one.name: one for one in changes_lists.LISTS}
    chosen = lists.get(request.GET.get("show", ""), changes_lists.LISTS[0])
    asked = {name: value for name, value in request.GET.dict().items() if value}
    found = changes_lists.narrowed(chosen.found(actor), asked).order_by("-pk")
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [row(one) for one in page],
        "chosen": chosen.name,
        "lists": [(one.name, one.label, one.found(actor).count()) for one in changes_lists.LISTS],
        "asked": asked,
        "query": "&".join(part for part in request.GET.urlencode().split("&") if not part.startswith("page=")),
        "choices": changes_lists.choices(),
        "is_narrowed": any(asked.get(name) for name in ("q", "author", "source", "state")),
        "waits": changes_lists.inbox_count(request.user),
        "may_stop": actor.may("stop_now"),
    }
    return render(request, "streamconfig/changes/list.html", context)


@require_safe
def inbox(request: HttpRequest) -> HttpResponseBase:
    """What waits for whoever looks: decisions, own requests that need a hand, the team's, emergencies, stale things."""
    actor = of_user(request.user)
    parts = [
        ("For you to decide", "Nothing waits for your approval", _decisions(actor)),
        ("Yours, and needing you", "None of your requests waits for you", _own(actor)),
        (
            "Emergencies to look back at",
            "No emergency waits for a second pair of eyes",
            _rows(changes_lists.to_look_back_at(actor)),
        ),
        ("Of your teams", "Nobody asks to change what your teams own", _rows(changes_lists.of_teams(actor))),
    ]
    context = {"parts": parts, "total": sum(len(rows) for _, _, rows in parts), "stale": _stale(actor)}
    return render(request, "streamconfig/changes/inbox.html", context)


def _decisions(actor: Actor) -> list[Row]:
    found = changes_lists.waiting_for(actor).defer(None).order_by("submitted_at")[:_SHOWN]
    return [row(one) for one in found if verbs.may(one, actor).approve.is_allowed]


def _own(actor: Actor) -> list[Row]:
    reasons = {ChangeRequest.State.DRAFT: "Not submitted yet"}
    found = changes_lists.asked_of_author(actor).order_by("-pk")[:_SHOWN]
    return [
        row(one, one.problem or reasons.get(ChangeRequest.State(one.state), "A reviewer asked for changes")) for one in found
    ]


def _rows(found: Iterable[ChangeRequest]) -> list[Row]:
    return [row(one) for one in list(found)[:_SHOWN]]


def _stale(actor: Actor) -> list[stale.StaleItem]:
    """Streams and instruments of the person's teams that nobody seems to need."""
    return [one for one in stale.stale_items() if one.owner in actor.teams][:_SHOWN] if actor.teams else []
