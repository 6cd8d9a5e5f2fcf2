"""The only writer of change requests, and the only way to what is live: draft, submit, decide, publish or schedule."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from streamconfig import lookups
from streamconfig.change_control import approvals, publishing
from streamconfig.change_control.actors import Actor
from streamconfig.change_control.errors import (
    RequestEditedError,
    RequestEmptyError,
    RequestForbiddenError,
    RequestMissingError,
    RequestStateError,
)
from streamconfig.change_control.publishing import Published
from streamconfig.configuration.changes import Change, content_hash
from streamconfig.models import ChangeRequest, Comment, RequestStep, Verdict

log = logging.getLogger(__name__)
State = ChangeRequest.State
Source = ChangeRequest.Source


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request: published at once where no approval was missing, else waiting."""

    request: ChangeRequest
    published: Published | None = None


@transaction.atomic
def propose(
    *,
    by: Actor,
    changes: Sequence[Change],
    title: str,
    reason: str = "",
    source: str = Source.ADMIN,
    base_revision: int = 0,
    effective_at: datetime | None = None,
) -> Outcome:
    """Draft and submit in one step, as forms, imports and the API do."""
    request = draft(
        by=by,
        changes=changes,
        title=title,
        reason=reason,
        source=source,
        base_revision=base_revision,
        effective_at=effective_at,
    )
    return submit(request.pk, by=by, seen=request.edit)


@transaction.atomic
def draft(
    *,
    by: Actor,
    changes: Sequence[Change],
    title: str,
    reason: str = "",
    source: str = Source.ADMIN,
    base_revision: int = 0,
    effective_at: datetime | None = None,
) -> ChangeRequest:
    """Write a request down; nobody is asked yet."""
    if not changes:
        raise RequestEmptyError
    request = ChangeRequest.objects.create(
        title=title[:200],
        reason=reason,
        source=source,
        author=by.user,
        author_name=by.name,
        changes_text=_text(changes),
        content_hash=_hash(changes, effective_at),
        base_revision=base_revision or lookups.newest_revision(),
        effective_at=effective_at,
    )
    note(request, by, "drafted", reason)
    return request


@transaction.atomic
def edit(
    number: int,
    *,
    by: Actor,
    seen: int,
    title: str,
    reason: str,
    changes: Sequence[Change],
    effective_at: datetime | None,
    base_revision: int | None = None,
) -> ChangeRequest:
    """Say something else. What others approved was what it said before, so their approvals don't count any more."""
    request = _opened(number, seen, "edited", State.DRAFT, State.IN_REVIEW, State.APPROVED, State.SCHEDULED)
    _require_author(request, by)
    if not changes:
        raise RequestEmptyError
    was_scheduled = request.state == State.SCHEDULED
    request.title, request.reason, request.effective_at = title[:200], reason, effective_at
    request.changes_text, request.content_hash = _text(changes), _hash(changes, effective_at)
    request.base_revision = base_revision or request.base_revision
    request.edit += 1
    request.problem = ""
    if request.state != State.DRAFT:
        request.state = State.IN_REVIEW
    request.save()
    if was_scheduled:
        publishing.reschedule()
    note(request, by, "edited", "Approvals of what it said before don't count any more.")
    return request


@transaction.atomic
def submit(number: int, *, by: Actor, seen: int) -> Outcome:
    """Ask for the approvals that the policies want. Where they want none, it is published at once."""
    request = _opened(number, seen, "submitted", State.DRAFT)
    _require_author(request, by)
    publishing.checked(lookups.current_document(), request.changes)
    approvals.require_authorship(request, by)
    request.state, request.submitted_at = State.IN_REVIEW, timezone.now()
    request.save(update_fields=["state", "submitted_at"])
    note(request, by, "submitted", request.reason)
    return _go_on(request, by)


@transaction.atomic
def approve(number: int, *, by: Actor, seen: int, comment: str = "") -> Outcome:
    """Approve what was seen; the last approval that is missing publishes or schedules it."""
    request = _opened(number, seen, "approved", State.IN_REVIEW)
    approvals.require_approver(request, by)
    _decide(request, by, Verdict.Kind.APPROVE, comment)
    note(request, by, "approved", comment)
    return _go_on(request, by)


@transaction.atomic
def reject(number: int, *, by: Actor, seen: int, comment: str) -> ChangeRequest:
    """Say no, and why."""
    request = _opened(number, seen, "rejected", State.IN_REVIEW, State.APPROVED, State.SCHEDULED)
    approvals.require_approver(request, by)
    _decide(request, by, Verdict.Kind.REJECT, comment)
    return _close(request, by, State.REJECTED, "rejected", comment)


@transaction.atomic
def cancel(number: int, *, by: Actor, seen: int, comment: str = "") -> ChangeRequest:
    """Take a request back, also one that is scheduled."""
    request = _opened(number, seen, "cancelled", State.DRAFT, State.IN_REVIEW, State.APPROVED, State.SCHEDULED)
    _require_author(request, by)
    return _close(request, by, State.CANCELLED, "cancelled", comment)


@transaction.atomic
def comment(number: int, *, by: Actor, text: str) -> Comment:
    """Say something about a request."""
    request = _locked(number)
    made = Comment.objects.create(request=request, user=by.user, name=by.name, text=text.strip()[:5000])
    note(request, by, "commented")
    return made


def apply_due(now: datetime | None = None) -> list[Published]:
    """Turn scheduled requests whose moment has come into revisions. Readers obeyed them at that moment already."""
    now = now or timezone.now()
    due = ChangeRequest.objects.filter(state=State.SCHEDULED, effective_at__lte=now).order_by("effective_at", "pk")
    return [made for number in due.values_list("pk", flat=True) if (made := _apply_one(number, now)) is not None]


@transaction.atomic
def _apply_one(number: int, now: datetime) -> Published | None:
    request = _locked(number)
    if request.state != State.SCHEDULED or request.effective_at is None or request.effective_at > now:
        return None
    return _publish(request, Actor("schedule"), effective_at=request.effective_at)


def note(request: ChangeRequest, by: Actor, what: str, text: str = "", **facts: object) -> None:
    """Keep what happened; whoever is to hear of it is told by `telling`, in the same transaction."""
    RequestStep.objects.create(request=request, who=by.name, what=what, note=text, facts=facts)
    log.info("change.step", extra={"change": request.pk, "what": what, "who": by.name})


def _go_on(request: ChangeRequest, by: Actor) -> Outcome:
    """Publish or schedule what lacks nothing any more."""
    if approvals.missing(request):
        return Outcome(request)
    if request.effective_at is not None and request.effective_at > timezone.now():
        request.state = State.SCHEDULED
        request.save(update_fields=["state"])
        publishing.reschedule()
        note(request, by, "scheduled", request.effective_at.isoformat())
        return Outcome(request)
    return Outcome(request, _publish(request, by))


def _publish(request: ChangeRequest, by: Actor, effective_at: datetime | None = None) -> Published:
    was_scheduled = request.state == State.SCHEDULED
    made = publishing.publish(request, effective_at=effective_at)
    request.state, request.applied_revision, request.closed_at = State.APPLIED, made.revision, timezone.now()
    request.save(update_fields=["state", "applied_revision", "closed_at"])
    if was_scheduled:
        publishing.reschedule()
    note(request, by, "applied", f"revision {made.revision}")
    return made


def _close(request: ChangeRequest, by: Actor, state: str, what: str, comment: str) -> ChangeRequest:
    was_scheduled = request.state == State.SCHEDULED
    request.state, request.closed_at = state, timezone.now()
    request.save(update_fields=["state", "closed_at"])
    if was_scheduled:
        publishing.reschedule()
    note(request, by, what, comment)
    return request


def _decide(request: ChangeRequest, by: Actor, kind: str, comment: str) -> None:
    Verdict.objects.create(
        request=request,
        user=by.user,
        name=by.name,
        roles=sorted(by.roles),
        kind=kind,
        content_hash=request.content_hash,
        comment=comment,
    )


def _locked(number: int) -> ChangeRequest:
    request = ChangeRequest.objects.select_for_update().filter(pk=number).first()
    if request is None:
        raise RequestMissingError(number=number)
    return request


def _opened(number: int, seen: int, verb: str, *states: str) -> ChangeRequest:
    """The locked request, in one of the states, and as the person saw it."""
    request = _locked(number)
    if request.state not in states:
        raise RequestStateError(number=number, state=request.get_state_display().lower(), verb=verb)
    if request.edit != seen:
        raise RequestEditedError(number=number)
    return request


def _require_author(request: ChangeRequest, by: Actor) -> None:
    """The author, or somebody who administers."""
    is_own = by.user is not None and request.author_id == by.user.pk
    if not (is_own or by.name == request.author_name or by.may("administer_configuration")):
        raise RequestForbiddenError(why_not=f"Only {request.author_name} can change this request.")


def _text(changes: Collection[Change]) -> str:
    return json.dumps([one.as_json() for one in changes], ensure_ascii=False, allow_nan=False)


def _hash(changes: Collection[Change], effective_at: datetime | None) -> str:
    return content_hash(changes, effective_at.isoformat() if effective_at else "")
