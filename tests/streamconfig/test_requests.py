"""The life of a change request: its states, and who may do what to it, as buttons say and posts find."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from streamconfig import services
from streamconfig.change_control import approvals, requests
from streamconfig.change_control.actors import Actor, of_command, of_user
from streamconfig.change_control.errors import (
    RequestForbiddenError,
    RequestReasonError,
    RequestStateError,
)
from streamconfig.models import ChangeRequest, RequestStep, Revision
from tests.streamconfig.wishing import (
    DOCUMENT,
    People,
    approve,
    ask_rate,
    rate_now,
    rates,
    soon,
    state_of,
)

pytestmark = pytest.mark.slow


def test_request__approved__is_applied_and_told_step_by_step(people: People) -> None:
    request = ask_rate(people["editor"], 0.25)
    assert state_of(request) == "in_review"

    outcome = approve(request, people["approver"])

    assert outcome.published is not None
    assert (state_of(request), rate_now()) == ("applied", 0.25)
    revision = Revision.objects.get(number=outcome.published.revision)
    assert (revision.request_id, revision.author) == (request.pk, "editor")
    steps = [(one.who, one.what) for one in RequestStep.objects.filter(request=request)]
    assert steps == [("editor", "drafted"), ("editor", "submitted"), ("approver", "approved"), ("approver", "applied")]


def test_request__with_a_moment__is_scheduled_then_applied(people: People) -> None:
    request = ask_rate(people["editor"], 0.25, effective_at=soon())

    approve(request, people["approver"])

    assert (state_of(request), rate_now()) == ("scheduled", 0.5)
    moment = request.effective_at
    assert moment is not None
    assert requests.apply_due(moment - timedelta(seconds=1)) == []
    (made,) = requests.apply_due(moment)
    assert (state_of(request), rate_now()) == ("applied", 0.25)
    assert Revision.objects.get(number=made.revision).effective_at == moment
    assert requests.apply_due(moment) == []


def test_request__rejected__says_why_and_is_over(people: People) -> None:
    request = ask_rate(people["editor"], 0.25)
    with pytest.raises(RequestReasonError):
        requests.reject(request.pk, by=people["approver"], seen=1, comment=" ")

    requests.reject(request.pk, by=people["approver"], seen=1, comment="Too little is left")

    assert state_of(request) == "rejected"
    with pytest.raises(RequestStateError):
        approve(request, people["engineer"])


def test_request__cancelled_while_scheduled__never_holds(people: People) -> None:
    request = ask_rate(people["editor"], 0.25, effective_at=soon())
    approve(request, people["approver"])

    requests.cancel(request.pk, by=people["editor"], seen=1)

    assert requests.apply_due(soon(7200)) == []
    assert (state_of(request), rate_now()) == ("cancelled", 0.5)


def test_request__asked_for_changes__is_a_draft_that_can_be_submitted_again(people: People) -> None:
    request = ask_rate(people["editor"], 0.25)

    requests.ask_for_changes(request.pk, by=people["approver"], seen=1, comment="Say until when")

    assert state_of(request) == "draft"
    requests.submit(request.pk, by=people["editor"], seen=1)
    assert state_of(request) == "in_review"


def test_words_alone__are_published_at_once(people: People) -> None:
    outcome = services.propose(
        services.with_fields(["ui.click"], {"about.purpose": "To know"}), by=people["editor"], title="Words"
    )

    assert outcome is not None
    assert outcome.published is not None


def test_nothing_configured__needs_nobody(db: None) -> None:
    outcome = services.propose(services.with_document(DOCUMENT), by=of_command("setup"), title="Begin")

    assert outcome is not None
    assert outcome.published is not None


def test_comment__of_anybody_with_an_account__stays(people: People) -> None:
    request = ask_rate(people["editor"], 0.25)

    requests.comment(request.pk, by=people["viewer"], text=" Why? ")

    assert [one.text for one in request.comments.all()] == ["Why?"]
    with pytest.raises(RequestReasonError):
        requests.comment(request.pk, by=people["viewer"], text=" ")


VERBS: dict[str, tuple[Callable[[ChangeRequest, Actor], object], set[str]]] = {
    "approve": (
        lambda one, by: requests.approve(one.pk, by=by, seen=one.edit),
        {"approver", "webapprover", "engineer", "administrator"},
    ),
    "reject": (
        lambda one, by: requests.reject(one.pk, by=by, seen=one.edit, comment="No"),
        {"approver", "webapprover", "engineer", "administrator"},
    ),
    "ask_for_changes": (
        lambda one, by: requests.ask_for_changes(one.pk, by=by, seen=one.edit, comment="Less"),
        {"approver", "webapprover", "engineer", "administrator"},
    ),
    "cancel": (lambda one, by: requests.cancel(one.pk, by=by, seen=one.edit), {"editor", "administrator"}),
    "edit": (
        lambda one, by: requests.edit(
            one.pk, by=by, seen=one.edit, title="Other", reason="", changes=rates(0.5, 0.3), effective_at=None
        ),
        {"editor", "administrator"},
    ),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("role", ["viewer", "editor", "colleague", "approver", "webapprover", "engineer", "administrator"])
def test_verb__by_each_role__is_refused_or_done_as_the_button_says(verb: str, role: str, people: People) -> None:
    request = ask_rate(people["editor"], 0.25)
    do, allowed = VERBS[verb]

    shown = getattr(approvals.may(request, people[role]), verb)
    try:
        do(request, people[role])
        is_done = True
    except RequestForbiddenError:
        is_done = False

    assert is_done == (role in allowed) == shown.is_allowed
    assert bool(shown.why_not) != shown.is_allowed
    if not is_done:
        assert (state_of(request), request.edit, rate_now()) == ("in_review", 1, 0.5)


def test_viewer__may_not_ask_for_anything(people: People) -> None:
    with pytest.raises(RequestForbiddenError):
        ask_rate(people["viewer"], 0.25)

    assert ChangeRequest.objects.count() == 1


def test_approver__of_a_request_of_their_own__may_not_decide(people: People) -> None:
    request = ask_rate(people["engineer"], 0.25)

    for verb in (requests.reject, requests.ask_for_changes):
        with pytest.raises(RequestForbiddenError):
            verb(request.pk, by=people["engineer"], seen=1, comment="I")
    with pytest.raises(RequestForbiddenError):
        approve(request, people["engineer"])


def test_approver__renamed_after_asking__is_still_the_author(people: People) -> None:
    request = ask_rate(people["engineer"], 0.25)
    User.objects.filter(username="engineer").update(username="somebody-else")

    with pytest.raises(RequestForbiddenError):
        approve(request, of_user(User.objects.get(username="somebody-else")))


def test_approver__who_edited_it__may_not_approve_it(people: People) -> None:
    request = ask_rate(people["editor"], 0.25)
    requests.edit(
        request.pk, by=people["administrator"], seen=1, title="", reason="", changes=rates(0.5, 0.9), effective_at=None
    )

    with pytest.raises(RequestForbiddenError, match="edited"):
        approve(request, people["administrator"])
    assert approve(request, people["approver"]).published


def test_approver__who_asked_by_a_command__may_not_approve_it(people: People) -> None:
    request = ask_rate(of_command("approver"), 0.25)

    with pytest.raises(RequestForbiddenError):
        approve(request, people["approver"])


def test_draft_of_another__submitted__makes_an_author_too(people: People) -> None:
    request = requests.draft(by=people["editor"], changes=rates(0.5, 0.25), title="Draft")
    requests.submit(request.pk, by=people["administrator"], seen=1)

    with pytest.raises(RequestForbiddenError):
        approve(request, people["administrator"])
