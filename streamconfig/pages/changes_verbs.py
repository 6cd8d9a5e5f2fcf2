"""What people do to a change request from its page: each verb is one POST, refused ones show the page with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from eventplatform.core.errors import RejectedError
from streamconfig.change_control import kill, requests, rollback
from streamconfig.change_control.actors import Actor, of_user
from streamconfig.change_control.requests import Outcome
from streamconfig.models import ChangeRequest
from streamconfig.pages import changes_detail, posted
from streamconfig.pages.changes_words import moment_words

_MERGE = "choice "  # a form's field for a place in conflict is named so
State = ChangeRequest.State


@require_POST
def act(request: HttpRequest, number: int, verb: str) -> HttpResponseBase:
    """Do it; what goes wrong stands above the request as it is now, and what was typed is kept."""
    done = _VERBS.get(verb)
    if done is None:
        raise Http404(verb)
    change = get_object_or_404(ChangeRequest, pk=number)
    actor, said = of_user(request.user), request.POST.get("comment", "").strip()
    try:
        target, word = done(request, change, actor, said)
    except RejectedError as error:
        change.refresh_from_db()
        return changes_detail.page(request, change, error, said, verb)
    if word:
        messages.success(request, word)
    return redirect("change", target)


Done = tuple[int, str]


def _seen(request: HttpRequest) -> int:
    """The edit that the page showed; nothing sane was seen where the field is missing."""
    return posted.number(request.POST.get("seen", ""))


def _told(number: int, outcome: Outcome) -> Done:
    if outcome.published:
        return number, f"Published as revision {outcome.published.revision}. Clients read it within 2 seconds."
    change = outcome.request
    if change.state == State.SCHEDULED and change.effective_at:
        return number, f"Scheduled: it holds from {moment_words(change.effective_at)}."
    words = {
        State.IN_REVIEW: "It waits for approval.",
        State.APPROVED: "Approved, but it could not be applied yet: see why below.",
    }
    return number, words.get(State(change.state), "")


def _submit(request: HttpRequest, change: ChangeRequest, by: Actor, said: str) -> Done:  # noqa: ARG001  # a verb's signature
    return _told(change.pk, requests.submit(change.pk, by=by, seen=_seen(request)))


def _approve(request: HttpRequest, change: ChangeRequest, by: Actor, said: str) -> Done:
    outcome = requests.approve(change.pk, by=by, seen=_seen(request), comment=said)
    if outcome.request.state == State.IN_REVIEW:
        return change.pk, "Approved. Another approval is still missing."
    return _told(change.pk, outcome)


def _ask(request: HttpRequest, change: ChangeRequest, by: Actor, said: str) -> Done:
    requests.ask_for_changes(change.pk, by=by, seen=_seen(request), comment=said)
    return change.pk, f"{change.author_name} is asked for changes."


def _reject(request: HttpRequest, change: ChangeRequest, by: Actor, said: str) -> Done:
    requests.reject(change.pk, by=by, seen=_seen(request), comment=said)
    return change.pk, "Rejected. Nothing was changed."


def _cancel(request: HttpRequest, change: ChangeRequest, by: Actor, said: str) -> Done:
    requests.cancel(change.pk, by=by, seen=_seen(request), comment=said)
    return change.pk, "Cancelled. Nothing was changed."


def _retry(request: HttpRequest, change: ChangeRequest, by: Actor, said: str) -> Done:  # noqa: ARG001  # likewise
    return _told(change.pk, requests.retry(change.pk, by=by, seen=_seen(request)))


def _comment(request: HttpRequest, change: ChangeRequest, by: Actor, said: str) -> Done:  # noqa: ARG001  # likewise
    requests.comment(change.pk, by=by, text=said)
    return change.pk, ""


def _merge(request: HttpRequest, change: ChangeRequest, by: Actor, said: str) -> Done:  # noqa: ARG001  # likewise
    choices = {name.removeprefix(_MERGE): request.POST.get(name, "") for name in request.POST if name.startswith(_MERGE)}
    outcome = requests.merge(change.pk, by=by, seen=_seen(request), choices=choices)
    if outcome.published:
        return _told(change.pk, outcome)
    return change.pk, "Merged with what was published since. Approvals of what it said before don't count any more."


def _roll_back(request: HttpRequest, change: ChangeRequest, by: Actor, said: str) -> Done:  # noqa: ARG001  # likewise
    made = rollback.roll_back(change.applied_revision or 0, by=by)
    return made.pk, "This draft takes it back. Look at it, then submit it."


def _look_back(request: HttpRequest, change: ChangeRequest, by: Actor, said: str) -> Done:  # noqa: ARG001  # likewise
    kill.look_back(change.pk, by=by)
    return change.pk, "Noted that you looked at it."


_VERBS: Mapping[str, Callable[[HttpRequest, ChangeRequest, Actor, str], Done]] = {
    "submit": _submit,
    "approve": _approve,
    "ask": _ask,
    "reject": _reject,
    "cancel": _cancel,
    "retry": _retry,
    "comment": _comment,
    "merge": _merge,
    "roll-back": _roll_back,
    "look-back": _look_back,
}
