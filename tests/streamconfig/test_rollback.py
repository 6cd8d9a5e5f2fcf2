"""Back to what was, by one click: a draft that says what goes back, for the same approvals as everything."""

from __future__ import annotations

from typing import Any

import pytest

from streamconfig import lookups, services
from streamconfig.change_control import requests, rollback
from streamconfig.change_control.errors import RequestEmptyError, RequestForbiddenError, RevisionMissingError
from tests import configuring
from tests.streamconfig.wishing import DOCUMENT, People, approve, rate_now, state_of

pytestmark = pytest.mark.slow


def test_roll_back__one_revision__takes_back_its_fields_alone(people: People) -> None:
    configuring.publish(services.with_rates(["ui.click"], 0.25))  # revision 2
    configuring.publish(services.with_rates(["ui.load"], 0.1))

    request = rollback.roll_back(2, by=people["editor"])

    assert (request.state, request.source, request.title) == ("draft", "rollback", "Roll back revision 2")
    assert rate_now() == 0.25
    requests.submit(request.pk, by=people["editor"], seen=1)
    approve(request, people["approver"])
    assert (rate_now(), rate_now("ui.load")) == (0.5, 0.1)


def test_roll_back__changed_again_since__shows_the_conflict_and_merges(people: People) -> None:
    configuring.publish(services.with_rates(["ui.click"], 0.25))
    configuring.publish(services.with_rates(["ui.click"], 0.1))

    request = rollback.roll_back(2, by=people["editor"])

    (conflict,) = requests.examine(request).conflicts
    assert (conflict.was, conflict.found, conflict.becomes) == (0.25, 0.1, 0.5)
    requests.merge(request.pk, by=people["editor"], seen=1, choices={conflict.place: "mine"})
    requests.submit(request.pk, by=people["editor"], seen=2)
    approve(request, people["approver"])
    assert rate_now() == 0.5


def test_roll_back__removed_stream__comes_back_whole(people: People) -> None:
    configuring.publish(services.without_streams(["ui.click"]))

    request = rollback.roll_back(2, by=people["engineer"])
    requests.submit(request.pk, by=people["engineer"], seen=1)
    approve(request, people["approver"])

    assert lookups.current_document().as_json()["streams"] == DOCUMENT["streams"]


def test_roll_back__taken_back_already_or_unknown__is_refused(people: People) -> None:
    configuring.publish(services.with_rates(["ui.click"], 0.25))
    configuring.publish(services.with_rates(["ui.click"], 0.5))

    with pytest.raises(RequestEmptyError):
        rollback.roll_back(2, by=people["editor"])
    with pytest.raises(RevisionMissingError):
        rollback.roll_back(99, by=people["editor"])


def test_roll_back__of_which_something_else_was_made__is_judged_as_such(people: People) -> None:
    """A policy that lets rollbacks through must not let through what somebody writes into one."""
    configuring.publish(services.with_rates(["ui.click"], 0.25))
    request = rollback.roll_back(2, by=people["editor"])
    facts: dict[str, Any] = {"title": "Another", "reason": "", "effective_at": None}

    requests.edit(request.pk, by=people["editor"], seen=1, changes=request.changes, **facts)
    request.refresh_from_db()
    assert request.source == "rollback"

    other = services.changes_of(services.with_rates(["ui.load"], 1.0))
    requests.edit(request.pk, by=people["editor"], seen=2, changes=other, **facts)
    request.refresh_from_db()
    assert request.source == "page"


def test_restore__earlier_revision__brings_back_all_of_it(people: People) -> None:
    configuring.publish(services.with_rates(["ui.click"], 0.25))
    configuring.publish(services.without_streams(["ui.load"]))
    configuring.publish(services.with_item("teams", "new", {"title": "New"}))

    request = rollback.restore(1, by=people["administrator"])
    requests.submit(request.pk, by=people["administrator"], seen=1)
    approve(request, people["engineer"])

    assert lookups.current_document().as_json() == lookups.document_of(1).as_json()
    assert state_of(request) == "applied"
    with pytest.raises(RequestEmptyError):
        rollback.restore(1, by=people["administrator"])


def test_roll_back__by_a_viewer__is_refused(people: People) -> None:
    configuring.publish(services.with_rates(["ui.click"], 0.25))

    with pytest.raises(RequestForbiddenError):
        rollback.roll_back(2, by=people["viewer"])


def test_roll_back__nobody_said_why__whose_change_it_takes_back(people: People) -> None:
    configuring.publish(services.with_rates(["ui.click"], 0.25), author="ann", reason="Slower")

    request = rollback.roll_back(2, by=people["engineer"])

    assert request.reason == "Takes back what ann changed: Slower"
    assert rollback.roll_back(2, by=people["engineer"], reason="It was wrong").reason == "It was wrong"
    assert rollback.restore(1, by=people["engineer"]).reason.startswith("Everything as it was from ")
