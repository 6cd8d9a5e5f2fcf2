"""Somebody else was faster: what is shown, how it is merged, what becomes of approvals."""

from __future__ import annotations

import pytest

from streamconfig import lookups, services
from streamconfig.change_control import approvals, requests
from streamconfig.change_control.errors import (
    ChoiceError,
    ConflictError,
    RequestEmptyError,
)
from streamconfig.configuration.changes import Change, Field
from streamconfig.models import Revision
from tests import configuring
from tests.streamconfig.wishing import (
    People,
    approve,
    ask,
    ask_rate,
    rate_now,
    rates,
    state_of,
    two_people,
)

pytestmark = pytest.mark.slow


def test_approve__place_changed_meanwhile__stays_approved_and_says_why(people: People) -> None:
    request = ask_rate(people["editor"], 0.25)
    configuring.publish(services.with_rates(["ui.click"], 0.4))

    outcome = approve(request, people["approver"])

    assert outcome.published is None
    assert (state_of(request), rate_now()) == ("approved", 0.4)
    assert "ui.click sample.rate" in request.problem
    assert [one.what for one in request.steps.all()][-2:] == ["approved", "conflict"]


def test_examine__place_changed_meanwhile__shows_was_theirs_and_mine(people: People) -> None:
    request = ask_rate(people["editor"], 0.25)
    configuring.publish(services.with_rates(["ui.click"], 0.1))

    found = requests.examine(request)

    assert [(one.place, one.was, one.found, one.becomes) for one in found.conflicts] == [
        ("streams ui.click sample.rate", 0.5, 0.1, 0.25)
    ]
    assert not found.is_applicable
    assert [(one.code, one.factor) for one in found.effects] == [("rate_up", 2.5)]  # as seen from what holds now


def test_merge__mine__is_other_content_and_needs_new_approvals(people: People) -> None:
    request = ask_rate(people["editor"], 0.25)
    configuring.publish(services.with_rates(["ui.click"], 0.4))
    approve(request, people["approver"])

    requests.merge(request.pk, by=people["editor"], seen=1, choices={"streams ui.click sample.rate": "mine"})

    assert (state_of(request), request.problem, request.edit) == ("in_review", "", 2)
    assert approve(request, people["approver"]).published
    assert rate_now() == 0.25


def test_merge__theirs_at_one_place__keeps_the_others(people: People) -> None:
    request = ask(people["editor"], services.with_fields(["ui.click"], {"sample.rate": 0.25, "sample.unit": "device"}))
    configuring.publish(services.with_rates(["ui.click"], 0.4))

    requests.merge(request.pk, by=people["editor"], seen=1, choices={"streams ui.click sample.rate": "theirs"})

    approve(request, people["approver"])
    entry = lookups.current_document().get("ui.click")
    assert entry is not None
    assert entry.settings["sample"] == {"unit": "device", "rate": 0.4}


def test_merge__undecided_unknown_or_empty__is_refused(people: People) -> None:
    request = ask_rate(people["editor"], 0.25)
    configuring.publish(services.with_rates(["ui.click"], 0.4))
    place = "streams ui.click sample.rate"

    for choices, error in [({}, ConflictError), ({place: "both"}, ChoiceError), ({"x": "mine"}, ChoiceError)]:
        with pytest.raises(error):
            requests.merge(request.pk, by=people["editor"], seen=1, choices=choices)
    with pytest.raises(RequestEmptyError):
        requests.merge(request.pk, by=people["editor"], seen=1, choices={place: "theirs"})


def test_merge__nothing_in_conflict__keeps_content_and_approvals(people: People) -> None:
    two_people()
    request = ask_rate(people["editor"], 0.25)
    approve(request, people["approver"])
    configuring.publish(services.with_fields(["ui.click"], {"is_enabled": False}))

    requests.merge(request.pk, by=people["editor"], seen=1)

    assert [one.missing for one in approvals.requirements(request)] == [1]
    assert approve(request, people["engineer"]).published
    entry = lookups.current_document().get("ui.click")
    assert entry is not None
    assert (entry.is_enabled, entry.settings["sample"]["rate"]) == (False, 0.25)  # both hold


def test_merge__item_removed_meanwhile__mine_brings_it_back(people: People) -> None:
    request = ask_rate(people["editor"], 0.25)
    configuring.publish(services.without_streams(["ui.click"]))

    place = requests.examine(request).conflicts[0].place
    requests.merge(request.pk, by=people["administrator"], seen=1, choices={place: "mine"})
    assert approve(request, people["engineer"]).published

    entry = lookups.current_document().get("ui.click")
    assert entry is not None
    assert (entry.settings["schema_title"], entry.settings["sample"]["rate"]) == ("ui/click", 0.25)


def test_retry__hindrance_gone__applies_without_new_approvals(people: People) -> None:
    request = ask_rate(people["editor"], 0.25)
    configuring.publish(services.with_rates(["ui.click"], 0.4))
    approve(request, people["approver"])
    configuring.publish(services.with_rates(["ui.click"], 0.5))

    outcome = requests.retry(request.pk, by=people["editor"], seen=1)

    assert outcome.published is not None
    assert (state_of(request), request.problem) == ("applied", "")


def test_approve__somebody_else_did_the_same__is_applied_without_a_revision(people: People) -> None:
    request = ask_rate(people["editor"], 0.25)
    configuring.publish(services.with_rates(["ui.click"], 0.25))
    before = Revision.objects.count()

    approve(request, people["approver"])

    assert (state_of(request), request.applied_revision, Revision.objects.count()) == ("applied", None, before)


def test_submit__in_conflict_already__is_refused_and_stays_a_draft(people: People) -> None:
    request = requests.draft(by=people["editor"], changes=rates(0.9, 0.25), title="Old")

    with pytest.raises(ConflictError):
        requests.submit(request.pk, by=people["editor"], seen=1)
    assert state_of(request) == "draft"


def test_apply__place_whose_parent_is_gone__is_a_conflict_and_leaves_nothing_behind(people: People) -> None:
    orphan = [Change("streams", "ui.load", "changed", (Field(("sample", "rate"), becomes=0.5),))]

    for _ in range(2):
        request = requests.draft(by=people["editor"], changes=orphan, title="Orphan")
        assert [one.place for one in requests.examine(request).conflicts] == ["streams ui.load sample.rate"]
