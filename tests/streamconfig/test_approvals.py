"""What an approval is worth: bound to what was seen, of a person once, as the policies before the change want it."""

from __future__ import annotations

import pytest

from streamconfig import services
from streamconfig.change_control import approvals, requests
from streamconfig.change_control.errors import (
    RequestEditedError,
    RequestForbiddenError,
)
from tests import configuring
from tests.streamconfig.people import person
from tests.streamconfig.wishing import (
    People,
    approve,
    ask,
    ask_rate,
    rate_now,
    rates,
    soon,
    state_of,
    two_people,
)

pytestmark = pytest.mark.slow


def test_approvals__two_wanted__one_person_counts_once(people: People) -> None:
    two_people()
    request = ask_rate(people["editor"], 0.25)
    approve(request, people["approver"])

    with pytest.raises(RequestForbiddenError):
        approve(request, people["approver"])
    assert state_of(request) == "in_review"
    assert approve(request, people["engineer"]).published


def test_approvals__edited_after_one__are_void(people: People) -> None:
    two_people()
    request = ask_rate(people["editor"], 0.25)
    approve(request, people["approver"])
    requests.edit(request.pk, by=people["editor"], seen=1, title="More", reason="", changes=rates(0.5, 1.0), effective_at=None)

    approve(request, people["engineer"])

    assert (state_of(request), rate_now()) == ("in_review", 0.5)
    assert approve(request, people["approver"]).published


def test_approvals__edited_and_edited_back__are_void_all_the_same(people: People) -> None:
    two_people()
    request = ask_rate(people["editor"], 0.25)
    approve(request, people["approver"])
    for seen, rate in ((1, 1.0), (2, 0.25)):
        requests.edit(
            request.pk, by=people["editor"], seen=seen, title="", reason="", changes=rates(0.5, rate), effective_at=None
        )

    assert approve(request, people["engineer"]).published is None


def test_approvals__moment_changed__are_void(people: People) -> None:
    request = ask_rate(people["editor"], 0.25, effective_at=soon())
    approve(request, people["approver"])

    requests.edit(
        request.pk, by=people["editor"], seen=1, title="", reason="", changes=request.changes, effective_at=soon(7200)
    )

    assert state_of(request) == "in_review"
    assert requests.apply_due(soon(9000)) == []


def test_approve__seen_before_an_edit__is_refused(people: People) -> None:
    request = ask_rate(people["editor"], 0.25)
    requests.edit(request.pk, by=people["editor"], seen=1, title="", reason="", changes=rates(0.5, 1.0), effective_at=None)

    with pytest.raises(RequestEditedError):
        requests.approve(request.pk, by=people["approver"], seen=1)


def test_approve__one_outside_the_team_wanted__colleagues_are_not_enough(people: People) -> None:
    two_people(outside_team=True)
    other = person("webapprover2", "approver", "web")
    request = ask_rate(people["editor"], 0.25)
    approve(request, people["webapprover"])
    assert approve(request, other).published is None

    assert approve(request, people["approver"]).published


def test_approve__group_that_no_policy_asks__is_refused_and_told_who_may(people: People) -> None:
    request = ask(
        people["engineer"],
        services.with_fields(["ui.click"], {"about.sensitivity": "personal", "schema_title": "ui/other"}),
    )
    approve(request, people["approver"])  # counts for "every change"

    with pytest.raises(RequestForbiddenError, match="administrator, engineer"):
        approve(request, people["webapprover"])
    assert approve(request, people["administrator"]).published


def test_approver__asked_for_changes_after_approving__counts_no_more(people: People) -> None:
    two_people()
    request = ask_rate(people["editor"], 0.25)
    approve(request, people["approver"])
    requests.ask_for_changes(request.pk, by=people["approver"], seen=1, comment="On second thought")
    requests.submit(request.pk, by=people["editor"], seen=1)

    assert approve(request, people["engineer"]).published is None


def test_policies__request_that_lowers_them__is_judged_by_those_before(people: People) -> None:
    two_people()
    free = services.with_item("policies", "two", {"effects": ["*"], "waives": True})
    wish = lambda before: services.with_rates(["ui.click"], 0.6)(free(before))  # noqa: E731  # two wishes as one

    request = ask(people["administrator"], wish)

    assert [one.missing for one in approvals.requirements(request)] == [2]


def test_policies__by_source__hold_for_that_source_alone(people: People) -> None:
    configuring.configure({"policies": {"git": {"effects": ["*"], "sources": ["git"], "waives": True}}})

    assert state_of(ask(people["editor"], services.with_rates(["ui.click"], 0.6), source="git")) == "applied"
    assert state_of(ask(people["editor"], services.with_rates(["ui.click"], 0.7), source="api")) == "in_review"
