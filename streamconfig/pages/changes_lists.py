"""The lists of change requests: which they are, whose, and what waits for whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from streamconfig.change_control.actors import Actor, of_user
from streamconfig.configuration.changes import Change
from streamconfig.models import ChangeRequest, Stream, Verdict
from streamconfig.pages import pending
from streamconfig.request_models import OPEN

State = ChangeRequest.State
Requests = QuerySet[ChangeRequest]
_MOST_DIGITS = 19  # of what a bigint holds
_MOST_LOOKED_AT = 200  # open requests whose content is read for one page

BADGES: Mapping[str, tuple[str, str, str]] = {
    State.DRAFT: ("unknown", "Draft", "edit"),
    State.IN_REVIEW: ("warn", "In review", "clock"),
    State.APPROVED: ("ok", "Approved", "check"),
    State.SCHEDULED: ("info", "Scheduled", "clock"),
    State.APPLIED: ("ok", "Applied", "ok"),
    State.REJECTED: ("fail", "Rejected", "close"),
    State.CANCELLED: ("paused", "Cancelled", "close"),
}


@dataclass(frozen=True, slots=True)
class List:
    """A tab: its name in the address, what it is called, and what it holds for a person."""

    name: str
    label: str
    found: Callable[[Actor], Requests]


def _every() -> Requests:
    return ChangeRequest.objects.defer("changes_text")


def waiting_for(actor: Actor) -> Requests:
    """In review, not the person's own, and not yet decided by the person as it stands."""
    if actor.user is None or not actor.may("approve_change"):
        return ChangeRequest.objects.none()
    decided = Verdict.objects.filter(request=OuterRef("pk"), user=actor.user, content_hash=OuterRef("content_hash"))
    return _every().filter(~Exists(decided), state=State.IN_REVIEW).exclude(author=actor.user)


def asked_of_author(actor: Actor) -> Requests:
    """The person's own open ones that a reviewer asked to change, that can't be applied, or that are not submitted."""
    if actor.user is None:
        return ChangeRequest.objects.none()
    asked = Verdict.objects.filter(request=OuterRef("pk"), kind=Verdict.Kind.ASK, content_hash=OuterRef("content_hash"))
    is_stuck = Q(Exists(asked)) | ~Q(problem="") | Q(state=State.DRAFT) | Q(pk__in=pending.stuck_numbers())
    return _every().filter(is_stuck, author=actor.user, state__in=OPEN)


def emergencies() -> Requests:
    """Published before any approval, and nobody looked at them since."""
    return _every().filter(is_emergency=True, reviewed_after_by="", state=State.APPLIED)


def to_look_back_at(actor: Actor) -> Requests:
    """The emergencies that the person may look back at."""
    if actor.user is None or not actor.may("approve_change"):
        return ChangeRequest.objects.none()
    return emergencies().exclude(author=actor.user)


def _mine(actor: Actor) -> Requests:
    return _every().filter(author=actor.user) if actor.user is not None else ChangeRequest.objects.none()


LISTS: Sequence[List] = (
    List("open", "Open", lambda _: _every().filter(state__in=OPEN)),
    List("review", "For me to decide", waiting_for),
    List("mine", "Mine", _mine),
    List("scheduled", "Scheduled", lambda _: _every().filter(state=State.SCHEDULED)),
    List("applied", "Applied", lambda _: _every().filter(state=State.APPLIED)),
    List("closed", "Rejected, cancelled", lambda _: _every().filter(state__in=(State.REJECTED, State.CANCELLED))),
    List("emergencies", "Emergencies to look at", lambda _: emergencies()),
)


def of_teams(actor: Actor) -> list[ChangeRequest]:
    """Other people's open requests that touch what the person's teams own."""
    if not actor.teams:
        return []
    owned = frozenset(Stream.objects.filter(owner__in=actor.teams).values_list("name", flat=True))
    rows = ChangeRequest.objects.filter(state__in=OPEN).exclude(author=actor.user)[:_MOST_LOOKED_AT]
    return [one for one in rows if any(_is_owned(change, owned, actor.teams) for change in one.changes)]


def _is_owned(change: Change, streams: frozenset[str], teams: frozenset[str]) -> bool:
    if change.section == "streams" and change.name in streams:
        return True
    said = {one.becomes if one.is_set else one.was for one in change.fields if one.keys[-1:] == ("owner",)}
    return bool({str(value) for value in said} & teams) or (change.section == "teams" and change.name in teams)


def narrowed(found: Requests, asked: Mapping[str, str]) -> Requests:
    """The requests that fit the filters of an address."""
    if text := asked.get("q", "").strip():
        says = Q(title__icontains=text) | Q(reason__icontains=text) | Q(changes_text__icontains=text)
        if text.isascii() and text.isdecimal() and len(text) < _MOST_DIGITS:
            says |= Q(pk=int(text))
        found = found.filter(says)
    if author := asked.get("author"):
        found = found.filter(author_name=author)
    if source := asked.get("source"):
        found = found.filter(source=source)
    if (state := asked.get("state")) in BADGES:
        found = found.filter(state=state)
    return found


def choices() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The selects: parameter, label, values."""
    authors = ChangeRequest.objects.order_by("author_name").values_list("author_name", flat=True).distinct()[:100]
    return [
        ("author", "Asked by", [(name, name) for name in authors]),
        ("source", "Came by", [(value, label) for value, label in ChangeRequest.Source.choices]),
        ("state", "State", [(value, word) for value, (_, word, _) in BADGES.items()]),
    ]


def inbox_count(user: Any) -> int:
    """How much waits for a person: cheap, since the navigation of every page asks."""
    if not user.is_authenticated:
        return 0
    actor = of_user(user)
    return waiting_for(actor).count() + asked_of_author(actor).count() + to_look_back_at(actor).count()
