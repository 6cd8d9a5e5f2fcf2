"""The only writer of change requests, and the only way to what is live: draft, submit, decide, publish or schedule."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from streamconfig import lookups
from streamconfig.change_control import carrying_out, judging, publishing, verbs
from streamconfig.change_control.actors import Actor
from streamconfig.change_control.carrying_out import Outcome, apply_due
from streamconfig.change_control.errors import (
    ChoiceError,
    ConflictError,
    RequestEmptyError,
    RequestForbiddenError,
    RequestReasonError,
)
from streamconfig.change_control.examining import Examination, examine
from streamconfig.change_control.ledger import decide, hash_of, locked, note, opened, require_moment, text_of
from streamconfig.configuration import resolving
from streamconfig.configuration.changes import Change, apply
from streamconfig.models import ChangeRequest, Comment, Verdict
from streamconfig.request_models import OPEN

__all__ = ["Examination", "Outcome", "Source", "State", "apply_due", "examine", "note"]

State = ChangeRequest.State
Source = ChangeRequest.Source
_ASKED = (State.IN_REVIEW, State.APPROVED, State.SCHEDULED)


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
    is_emergency: bool = False,
) -> ChangeRequest:
    """Write a request down; nobody is asked yet."""
    judging.require_may_ask(by)
    require_moment(effective_at)
    if not changes:
        raise RequestEmptyError
    request = ChangeRequest.objects.create(
        title=title[:200],
        reason=reason,
        source=source,
        author=by.user,
        author_name=by.name,
        changes_text=text_of(changes),
        content_hash=hash_of(changes, effective_at, edit=1),
        base_revision=base_revision or lookups.newest_revision(),
        effective_at=effective_at,
        is_emergency=is_emergency,
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
    source: str = Source.PAGE,
) -> ChangeRequest:
    """Say something else. What others approved was what it said before, so their approvals don't count any more.

    Other changes than before come from `source`: a policy for rollbacks is not for what somebody makes of one.
    """
    request = opened(number, seen, "edited", *OPEN)
    _require_author(request, by)
    if not changes:
        raise RequestEmptyError
    require_moment(effective_at)
    if request.state != State.DRAFT:
        judging.require_authorship(changes, by)
        _require_usable(changes)
    request.title, request.reason, request.effective_at = title[:200], reason, effective_at
    request.base_revision = base_revision or request.base_revision
    request.source = request.source if text_of(changes) == request.changes_text else source
    _rewrite(request, changes)
    note(request, by, "edited", "Approvals of what it said before don't count any more.")
    return request


@transaction.atomic
def merge(number: int, *, by: Actor, seen: int, choices: Mapping[str, str] | None = None) -> Outcome:
    """Bring a request up to what holds now: for each place in conflict, `mine` (as it wants) or `theirs` (as it is).

    What differs afterwards is other content, so approvals don't count any more. Where nothing is in conflict its content
    stays as it is, with its approvals, and one that waited for this goes on.

    Raises:
        ChoiceError: a choice is neither of the two, or its place isn't in conflict.
        ConflictError: a place is undecided.
        RequestEmptyError: theirs everywhere leaves nothing; cancel the request instead.
    """
    request = opened(number, seen, "merged", *OPEN)
    _require_author(request, by)
    changes, is_other = _merged(request, choices or {})
    request.base_revision = lookups.newest_revision()
    if not is_other:
        request.save(update_fields=["base_revision"])
        return carrying_out.go_on_or_wait(request, by) if request.state == State.APPROVED else Outcome(request)
    if request.state != State.DRAFT:
        judging.require_authorship(changes, by)
    _rewrite(request, changes)
    note(request, by, "merged", ", ".join(f"{place}: {choice}" for place, choice in (choices or {}).items()))
    return Outcome(request)


@transaction.atomic
def submit(number: int, *, by: Actor, seen: int) -> Outcome:
    """Ask for the approvals that the policies want. Where they want none, it is published at once.

    Raises:
        RejectedError: it could not be published as it is, or its author may not ask for it; it stays a draft.
    """
    request = opened(number, seen, "submitted", State.DRAFT)
    _require_author(request, by)
    require_moment(request.effective_at)
    judging.require_authorship(request.changes, by)
    publishing.checked(lookups.current_document(), request.changes)
    request.state, request.submitted_at, request.problem = State.IN_REVIEW, timezone.now(), ""
    request.save(update_fields=["state", "submitted_at", "problem"])
    note(request, by, "submitted", request.reason)
    return carrying_out.go_on(request, by)


@transaction.atomic
def approve(number: int, *, by: Actor, seen: int, comment: str = "") -> Outcome:
    """Approve what was seen; the last approval that is missing publishes or schedules it.

    Where it can't be published as things stand, the approval counts all the same: the request stays approved, and says why.
    """
    request = opened(number, seen, "approved", State.IN_REVIEW)
    judging.require_approver(request, by)
    require_moment(request.effective_at)
    judging.require_helpful(request, by)
    decide(request, by, Verdict.Kind.APPROVE, comment)
    note(request, by, "approved", comment)
    return carrying_out.go_on_or_wait(request, by)


@transaction.atomic
def retry(number: int, *, by: Actor, seen: int) -> Outcome:
    """Try an approved request again, once what stood in its way is gone; its author or an approver may."""
    request = opened(number, seen, "applied", State.APPROVED)
    if judging.why_not_approve(request, by):
        _require_author(request, by)
    require_moment(request.effective_at)
    return carrying_out.go_on_or_wait(request, by)


@transaction.atomic
def reject(number: int, *, by: Actor, seen: int, comment: str) -> ChangeRequest:
    """Say no, and why."""
    request = opened(number, seen, "rejected", *_ASKED)
    judging.require_approver(request, by)
    _require_words(comment)
    decide(request, by, Verdict.Kind.REJECT, comment)
    return _close(request, by, State.REJECTED, "rejected", comment)


@transaction.atomic
def ask_for_changes(number: int, *, by: Actor, seen: int, comment: str) -> ChangeRequest:
    """Give it back to its author with what is to be changed; it is a draft again."""
    request = opened(number, seen, "given back", State.IN_REVIEW, State.APPROVED)
    judging.require_approver(request, by)
    _require_words(comment)
    decide(request, by, Verdict.Kind.ASK, comment)
    request.state = State.DRAFT
    request.save(update_fields=["state"])
    note(request, by, "asked", comment)
    return request


@transaction.atomic
def cancel(number: int, *, by: Actor, seen: int, comment: str = "") -> ChangeRequest:
    """Take a request back, also one that is scheduled."""
    request = opened(number, seen, "cancelled", *OPEN)
    _require_author(request, by)
    return _close(request, by, State.CANCELLED, "cancelled", comment)


@transaction.atomic
def comment(number: int, *, by: Actor, text: str) -> Comment:
    """Say something about a request."""
    request = locked(number)
    if by.user is None:
        raise RequestForbiddenError(why_not="Log in to take part.")
    _require_words(text)
    made = Comment.objects.create(request=request, user=by.user, name=by.name, text=text.strip()[:5000])
    note(request, by, "commented", made.text)
    return made


def _merged(request: ChangeRequest, choices: Mapping[str, str]) -> tuple[Sequence[Change], bool]:
    """What a request says once its conflicts are decided, and whether that is something else than before."""
    now, changes = lookups.current_document().as_json(), request.changes
    _, conflicts = apply(now, changes)
    places = {one.place for one in conflicts}
    for place, choice in choices.items():
        if place not in places or choice not in resolving.CHOICES:
            raise ChoiceError(place=place, choice=choice)
    undecided = [one for one in conflicts if one.place not in choices]
    if undecided:
        raise ConflictError(undecided)
    if not conflicts:
        return changes, False
    mine = {place for place, choice in choices.items() if choice == resolving.MINE}
    base = lookups.document_of(request.base_revision).as_json()
    made = resolving.resolved(now, changes, mine, base=base)
    if not made:
        raise RequestEmptyError
    return made, True


def _rewrite(request: ChangeRequest, changes: Collection[Change]) -> None:
    """Other content: back to review, taken off the schedule, to be looked at anew."""
    was_scheduled = request.state == State.SCHEDULED
    request.edit += 1
    request.changes_text = text_of(changes)
    request.content_hash = hash_of(changes, request.effective_at, request.edit)
    request.problem = ""
    if request.state != State.DRAFT:
        request.state = State.IN_REVIEW
    request.save()
    if was_scheduled:
        publishing.reschedule()


def _require_usable(changes: Sequence[Change]) -> None:
    """Refuse what could never be published; a conflict may be merged later."""
    try:
        publishing.checked(lookups.current_document(), changes)
    except ConflictError:
        return


def _require_words(text: str) -> None:
    if not text.strip():
        raise RequestReasonError


def _require_author(request: ChangeRequest, by: Actor) -> None:
    """The author, or somebody who administers."""
    if not (verbs.is_author(request, by) or by.may("administer_configuration")):
        raise RequestForbiddenError(why_not=f"Only {request.author_name} can change this request.")
    judging.require_may_ask(by)


def _close(request: ChangeRequest, by: Actor, state: str, what: str, comment: str) -> ChangeRequest:
    was_scheduled = request.state == State.SCHEDULED
    request.state, request.closed_at = state, timezone.now()
    request.save(update_fields=["state", "closed_at"])
    if was_scheduled:
        publishing.reschedule()
    note(request, by, what, comment)
    return request
