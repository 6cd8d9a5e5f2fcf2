"""What a person may do to a request, and why not: one answer for buttons and for who is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from django.utils import timezone

from streamconfig.change_control import judging
from streamconfig.change_control.actors import Actor
from streamconfig.models import ChangeRequest
from streamconfig.request_models import OPEN

State = ChangeRequest.State


@dataclass(frozen=True, slots=True)
class Verb:
    """Something that can be done to a request. `is_fitting`: its state allows it, so that a button is worth showing."""

    is_fitting: bool
    why_not: str = ""

    @property
    def is_allowed(self) -> bool:
        """True where this person may do it now."""
        return self.is_fitting and not self.why_not


@dataclass(frozen=True, slots=True)
class Verbs:
    """All that can be done to a request, as one person may."""

    edit: Verb
    submit: Verb
    approve: Verb
    reject: Verb
    ask_for_changes: Verb
    cancel: Verb
    merge: Verb
    retry: Verb
    comment: Verb
    look_back: Verb
    roll_back: Verb

    def __iter__(self) -> Iterator[tuple[str, Verb]]:
        return iter([(one.name, getattr(self, one.name)) for one in fields(self)])

    @property
    def allowed(self) -> frozenset[str]:
        """The names of those that the person may do now."""
        return frozenset(name for name, verb in self if verb.is_allowed)


def may(request: ChangeRequest, actor: Actor, *, is_conflicting: bool = False) -> Verbs:
    """What a person may do. `is_conflicting`: the request's examination found conflicts, so merging is worth offering."""
    state = State(request.state)
    decide = judging.why_not_approve(request, actor)
    own = _why_not_author(request, actor)
    ask = judging.why_not_ask(actor)
    moment = _why_not_moment(request)
    return Verbs(
        edit=Verb(state in OPEN, own),
        submit=Verb(state == State.DRAFT, own or moment),
        approve=Verb(state == State.IN_REVIEW, decide or moment or _why_not_help(request, actor)),
        reject=Verb(state in OPEN and state != State.DRAFT, decide),
        ask_for_changes=Verb(state in {State.IN_REVIEW, State.APPROVED}, decide),
        cancel=Verb(state in OPEN, own),
        merge=Verb(state in OPEN and is_conflicting, own),
        retry=Verb(state == State.APPROVED, _why_not_retry(own, decide) or moment),
        comment=Verb(True, "" if actor.user is not None else "Log in to take part."),
        look_back=Verb(_waits_for_a_look(request), decide),
        roll_back=Verb(state == State.APPLIED and bool(request.applied_revision), ask),
    )


def is_author(request: ChangeRequest, by: Actor) -> bool:
    """Who asked for it: by the account, or by its name where a command asked."""
    if request.author_id is not None or by.user is not None:
        return by.user is not None and request.author_id == by.user.pk
    return by.name == request.author_name


def _why_not_author(request: ChangeRequest, actor: Actor) -> str:
    may_all = actor.may("administer_configuration")
    other = "" if may_all or is_author(request, actor) else f"Only {request.author_name} can change this request."
    return judging.why_not_ask(actor) or other


def _why_not_retry(own: str, decide: str) -> str:
    return own if own and decide else ""


def _why_not_help(request: ChangeRequest, actor: Actor) -> str:
    return judging.why_not_help(request, actor) if request.state == State.IN_REVIEW else ""


def _why_not_moment(request: ChangeRequest) -> str:
    has_passed = request.effective_at is not None and request.effective_at <= timezone.now()
    return "Its moment has passed: its author has to set another." if has_passed else ""


def _waits_for_a_look(request: ChangeRequest) -> bool:
    return request.is_emergency and request.state == State.APPLIED and not request.reviewed_after_by
