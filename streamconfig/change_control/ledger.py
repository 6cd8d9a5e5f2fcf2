"""The rows of a request, for the verbs: found and locked, kept in words, and every step written down."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils import timezone

from streamconfig.change_control.actors import Actor
from streamconfig.change_control.errors import (
    MomentFarError,
    MomentPassedError,
    RequestEditedError,
    RequestMissingError,
    RequestStateError,
)
from streamconfig.configuration.changes import Change, content_hash
from streamconfig.models import ChangeRequest, RequestStep, Verdict
from streamconfig.notifying import telling

log = logging.getLogger(__name__)
_FARTHEST = timedelta(days=365_000)  # beyond, computing with days ends


def note(request: ChangeRequest, by: Actor, what: str, text: str = "", **facts: object) -> None:
    """Keep what happened; whoever is to hear of it is told by `telling`, in the same transaction."""
    user = by.user.pk if by.user is not None else None
    step = RequestStep.objects.create(request=request, who=by.name, what=what, note=text, facts={"user": user, **facts})
    telling.tell(request, step)
    log.info("change.step", extra={"change": request.pk, "what": what, "who": by.name})


def found(number: int) -> ChangeRequest:
    """The request, to look at.

    Raises:
        RequestMissingError: there is none.
    """
    request = ChangeRequest.objects.filter(pk=number).first()
    if request is None:
        raise RequestMissingError(number=number)
    return request


def locked(number: int) -> ChangeRequest:
    """The request, which nobody else changes until this transaction ends.

    Raises:
        RequestMissingError: there is none.
    """
    request = ChangeRequest.objects.select_for_update().filter(pk=number).first()
    if request is None:
        raise RequestMissingError(number=number)
    return request


def opened(number: int, seen: int, verb: str, *states: str) -> ChangeRequest:
    """The locked request, in one of the states, and as the person saw it.

    Raises:
        RequestStateError: it is in another state by now.
        RequestEditedError: it says something else by now.
    """
    request = locked(number)
    if request.state not in states:
        raise RequestStateError(number=number, state=request.get_state_display().lower(), verb=verb)
    if request.edit != seen:
        raise RequestEditedError(number=number)
    return request


def decide(request: ChangeRequest, by: Actor, kind: str, comment: str) -> None:
    """Keep a verdict on what the request says now, with the groups that it counts for."""
    Verdict.objects.create(
        request=request,
        user=by.user,
        name=by.name,
        roles=sorted(by.counts_as),
        kind=kind,
        content_hash=request.content_hash,
        comment=comment,
    )


def require_moment(effective_at: datetime | None) -> None:
    """Refuse a moment that is over: what held then is history; and one that nobody can mean.

    Raises:
        MomentPassedError, MomentFarError: it is.
    """
    now = timezone.now()
    if effective_at is not None and not now < effective_at < now + _FARTHEST:
        error = MomentPassedError if effective_at <= now else MomentFarError
        raise error(moment=effective_at.isoformat(timespec="minutes"))


def is_asked(changes: Collection[Change]) -> bool:
    """True where an open request asks for exactly these changes, as soon as it may."""
    return ChangeRequest.objects.filter(closed_at=None, changes_text=text_of(changes), effective_at=None).exists()


def text_of(changes: Collection[Change]) -> str:
    """Changes as the row keeps them."""
    return json.dumps([one.as_json() for one in changes], ensure_ascii=False, allow_nan=False)


def hash_of(changes: Collection[Change], effective_at: datetime | None, edit: int) -> str:
    """What approvals are bound to. With the number of the edit, so that an edit back to what was approved wants new ones."""
    return content_hash(changes, effective_at.isoformat() if effective_at else "", str(edit))
