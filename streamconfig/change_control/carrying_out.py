"""From the last approval to the revision: at once, or at the moment that the request names."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from eventplatform.core.errors import RejectedError
from streamconfig import lookups
from streamconfig.change_control import judging, ledger, publishing
from streamconfig.change_control.actors import Actor
from streamconfig.change_control.errors import RequestEmptyError
from streamconfig.change_control.publishing import Published
from streamconfig.models import ChangeRequest

log = logging.getLogger(__name__)
State = ChangeRequest.State
SCHEDULE = Actor("schedule")  # who applies what is due


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request: published at once where no approval was missing, else waiting."""

    request: ChangeRequest
    published: Published | None = None


def go_on(request: ChangeRequest, by: Actor) -> Outcome:
    """Publish or schedule what lacks no approval any more. The caller holds the request's lock.

    Raises:
        RejectedError: it can't be made; nothing of it is.
    """
    if judging.missing(request):
        return Outcome(request)
    ledger.require_moment(request.effective_at)
    if request.effective_at is None:
        return Outcome(request, publish(request, by))
    publishing.checked(lookups.current_document(), request.changes)
    request.state, request.problem = State.SCHEDULED, ""
    request.save(update_fields=["state", "problem"])
    publishing.reschedule()
    ledger.note(request, by, "scheduled", request.effective_at.isoformat())
    return Outcome(request)


def go_on_or_wait(request: ChangeRequest, by: Actor) -> Outcome:
    """As `go_on`; what can't be made stays approved and says why, so that the last approval isn't lost with it."""
    _apply_others(timezone.now())  # not within the savepoint: what is due holds, whatever becomes of this one
    try:
        with transaction.atomic():
            return go_on(request, by)
    except RejectedError as error:
        request.refresh_from_db()
        request.state, request.problem = State.APPROVED, f"{error} {error.hint}"
        request.save(update_fields=["state", "problem"])
        ledger.note(request, by, "conflict", request.problem, code=error.code)
        return Outcome(request)


def publish(request: ChangeRequest, by: Actor, *, effective_at: datetime | None = None) -> Published | None:
    """Make it live and close it; None where all of it held already, because somebody else wanted the same.

    What is due goes first: readers obey it already, so this request is judged against it.
    """
    if not request.is_emergency and request.state != State.SCHEDULED:
        _apply_others(timezone.now())
    was_scheduled = request.state == State.SCHEDULED
    made: Published | None = None
    try:
        with transaction.atomic():
            made = publishing.publish(request, effective_at=effective_at)
    except RequestEmptyError:
        log.info("change.held_already", extra={"change": request.pk})
    request.state, request.closed_at, request.problem = State.APPLIED, timezone.now(), ""
    request.applied_revision = made.revision if made else None
    request.save(update_fields=["state", "applied_revision", "closed_at", "problem"])
    if was_scheduled:
        publishing.reschedule()
    text = f"revision {made.revision}" if made else "All of it held already."
    ledger.note(request, by, "applied", text)
    return made


def apply_due(now: datetime | None = None) -> list[Published]:
    """Turn scheduled requests whose moment has come into revisions. Readers obeyed them at that moment already.

    Safe to run twice at once, and late. One that doesn't fit any more goes back to review, whole; one that still waits for
    approvals at its moment says so.
    """
    now = now or timezone.now()
    made = _apply_others(now)
    waiting = ChangeRequest.objects.filter(state__in=[State.IN_REVIEW, State.APPROVED], effective_at__lte=now)
    for number in waiting.exclude(problem__startswith=LAPSED).values_list("pk", flat=True):
        _lapse(number, now)
    return made


LAPSED = "Its moment passed before it could be applied."


def _apply_others(now: datetime) -> list[Published]:
    due = ChangeRequest.objects.filter(state=State.SCHEDULED, effective_at__lte=now).order_by("effective_at", "pk")
    return [made for number in due.values_list("pk", flat=True) if (made := _apply_one(number, now)) is not None]


@transaction.atomic
def _apply_one(number: int, now: datetime) -> Published | None:
    request = ledger.locked(number)
    if request.state != State.SCHEDULED or request.effective_at is None or request.effective_at > now:
        return None  # another tick was faster, or its author
    try:
        with transaction.atomic():
            return publish(request, SCHEDULE, effective_at=request.effective_at)
    except RejectedError as error:
        request.refresh_from_db()
        request.state, request.problem = State.IN_REVIEW, f"{LAPSED} {error} {error.hint}"
        request.save(update_fields=["state", "problem"])
        publishing.reschedule()
        ledger.note(request, SCHEDULE, "conflict", request.problem, code=error.code)
        return None


@transaction.atomic
def _lapse(number: int, now: datetime) -> None:
    request = ledger.locked(number)
    is_due = request.effective_at is not None and request.effective_at <= now
    if is_due and request.state in {State.IN_REVIEW, State.APPROVED} and not request.problem.startswith(LAPSED):
        request.problem = f"{LAPSED} Set another moment, or none, and ask again."
        request.save(update_fields=["problem"])
        ledger.note(request, SCHEDULE, "conflict", request.problem, code="change.moment_passed")
