"""The kill switch: at once, audited, looked at afterwards, and undone only as everything else is done."""

from __future__ import annotations

from typing import Any

import pytest

from streamconfig import lookups, services
from streamconfig.change_control import approvals, kill, requests
from streamconfig.change_control.errors import (
    ItemMissingError,
    RequestEmptyError,
    RequestForbiddenError,
    RequestReasonError,
    RequestStateError,
)
from streamconfig.models import ChangeRequest, Revision
from tests import configuring
from tests.streamconfig.wishing import People, approve, ask_rate, rate_now, soon, state_of, two_people

pytestmark = pytest.mark.slow


def off() -> set[str]:
    """The streams and instruments that are switched off."""
    document = lookups.current_document()
    streams = {one.name for one in document.entries if not one.is_enabled}
    return streams | {key for key, item in document.section("instruments").items() if item.get("is_enabled") is False}


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"streams": ["ui.click"]}, {"ui.click"}),
        ({"instruments": ["menu"]}, {"menu"}),
        ({"streams": ["ui.click", "ui.load"], "instruments": ["menu"]}, {"ui.click", "ui.load", "menu"}),
        ({"all_instruments": True}, {"menu", "banner"}),
        ({"all_streams": True, "all_instruments": True}, {"ui.click", "ui.load", "menu", "banner"}),
    ],
)
def test_stop__one_several_or_all__holds_at_once_without_approval(
    named: dict[str, Any], expected: set[str], people: People
) -> None:
    two_people()

    outcome = kill.stop(by=people["editor"], reason="Too loud", **named)

    assert off() == expected
    request = outcome.request
    assert (request.state, request.is_emergency, request.source, request.reason) == ("applied", True, "kill", "Too loud")
    assert outcome.published is not None
    revision = Revision.objects.get(number=outcome.published.revision)
    assert (revision.author, revision.request_id) == ("editor", request.pk)
    assert [(one.who, one.what) for one in request.steps.all()] == [("editor", "drafted"), ("editor", "applied")]


@pytest.mark.parametrize(("role", "is_done"), [("viewer", False), ("editor", True), ("approver", True), ("engineer", True)])
def test_stop__role_by_role__viewers_may_not(role: str, *, is_done: bool, people: People) -> None:
    try:
        kill.stop(by=people[role], streams=["ui.click"], reason="Too loud")
    except RequestForbiddenError:
        assert not is_done  # the other half is asserted below

    assert off() == ({"ui.click"} if is_done else set())


def test_stop__without_a_reason_or_of_nothing__is_refused_whole(people: People) -> None:
    by = people["editor"]
    refused: list[tuple[type[Exception], dict[str, Any]]] = [
        (RequestReasonError, {"streams": ["ui.click"], "reason": "  "}),
        (ItemMissingError, {"streams": ["ui.click", "nobody"], "reason": "x"}),
        (ItemMissingError, {"instruments": ["nobody"], "reason": "x"}),
        (RequestEmptyError, {"reason": "x"}),
    ]
    for error, named in refused:
        with pytest.raises(error):
            kill.stop(by=by, **named)

    assert (off(), ChangeRequest.objects.count()) == (set(), 1)


def test_stop__off_already__is_left_and_the_others_stop(people: People) -> None:
    configuring.switch(["ui.click"], is_enabled=False)

    outcome = kill.stop(by=people["editor"], streams=["ui.click", "ui.load"], reason="Too loud")

    assert [one.name for one in outcome.request.changes] == ["ui.load"]
    with pytest.raises(RequestEmptyError):
        kill.stop(by=people["editor"], streams=["ui.click", "ui.load"], reason="Too loud")


def test_look_back__by_an_approver_other_than_the_author__once(people: People) -> None:
    request = kill.stop(by=people["webapprover"], streams=["ui.click"], reason="Too loud").request
    assert [one.missing for one in approvals.requirements(request)] == [1]
    assert approvals.may(request, people["approver"]).look_back.is_allowed

    for role in ("webapprover", "editor", "viewer"):
        assert not approvals.may(request, people[role]).look_back.is_allowed
        with pytest.raises(RequestForbiddenError):
            kill.look_back(request.pk, by=people[role])
    kill.look_back(request.pk, by=people["approver"], comment="Right so")

    request.refresh_from_db()
    assert request.reviewed_after_by == "approver"
    assert not approvals.missing(request)
    with pytest.raises(RequestStateError):
        kill.look_back(request.pk, by=people["engineer"])


def test_look_back__of_an_ordinary_request__is_refused(people: People) -> None:
    request = ask_rate(people["editor"], 0.25)
    approve(request, people["approver"])

    with pytest.raises(RequestStateError):
        kill.look_back(request.pk, by=people["engineer"])


def test_resume__is_an_ordinary_request(people: People) -> None:
    stopped = kill.stop(by=people["editor"], streams=["ui.click"], instruments=["menu"], reason="Too loud").request

    request = kill.resume(stopped.pk, by=people["editor"]).request

    assert (request.title, state_of(request)) == ("Resume ui.click, menu", "in_review")
    assert off() == {"ui.click", "menu"}
    approve(request, people["approver"])
    assert off() == set()


def test_resume__of_what_is_no_stop__is_refused(people: People) -> None:
    request = ask_rate(people["editor"], 0.25)

    with pytest.raises(RequestStateError):
        kill.resume(request.pk, by=people["editor"])


def test_stop__of_a_stream_with_something_due__keeps_both(people: People) -> None:
    due = ask_rate(people["editor"], 0.25, effective_at=soon())
    approve(due, people["approver"])
    ChangeRequest.objects.filter(pk=due.pk).update(effective_at=soon(-1))

    kill.stop(by=people["editor"], streams=["ui.click"], reason="Too loud")

    assert (off(), rate_now(), state_of(due)) == ({"ui.click"}, 0.25, "applied")


def test_draft__of_somebody_else__can_not_be_made_an_emergency(people: People) -> None:
    """The bypass is `stop` alone: a request that says so is refused by who submits it like any other."""
    changes = services.changes_of(services.with_rates(["ui.click"], 1.0))
    made = requests.draft(by=people["editor"], changes=changes, title="Trick", source="kill")

    assert requests.submit(made.pk, by=people["editor"], seen=1).published is None
