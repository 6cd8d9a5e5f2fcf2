"""Requests with a moment of their own: past ones, lapsed ones, ones that don't fit any more when it comes."""

from __future__ import annotations

import pytest

from streamconfig import lookups, services
from streamconfig.change_control import approvals, requests
from streamconfig.change_control.errors import (
    MomentPassedError,
)
from streamconfig.models import ChangeRequest
from tests import configuring
from tests.streamconfig.wishing import (
    People,
    approve,
    ask,
    ask_rate,
    rate_now,
    soon,
    state_of,
)

pytestmark = pytest.mark.slow


def test_moment__in_the_past__is_refused(people: People) -> None:
    with pytest.raises(MomentPassedError):
        ask_rate(people["editor"], 0.25, effective_at=soon(-1))
    request = ask_rate(people["editor"], 0.25)
    with pytest.raises(MomentPassedError):
        requests.edit(
            request.pk, by=people["editor"], seen=1, title="", reason="", changes=request.changes, effective_at=soon(-1)
        )


def test_moment__passed_before_the_approval__lapses_once_and_needs_another(people: People) -> None:
    request = ask_rate(people["editor"], 0.25, effective_at=soon())
    ChangeRequest.objects.filter(pk=request.pk).update(effective_at=soon(-1))

    requests.apply_due()
    requests.apply_due()

    assert (state_of(request), rate_now()) == ("in_review", 0.5)
    assert "moment passed" in request.problem
    assert [one.what for one in request.steps.all()].count("conflict") == 1
    with pytest.raises(MomentPassedError):
        approve(request, people["approver"])
    assert not approvals.may(request, people["approver"]).approve.is_allowed


def test_schedule__in_conflict_when_its_moment_comes__goes_back_whole(people: People) -> None:
    wish = services.with_fields(["ui.click"], {"sample.rate": 0.25, "sample.unit": "device"})
    request = ask(people["editor"], wish, effective_at=soon())
    approve(request, people["approver"])
    configuring.publish(services.with_rates(["ui.click"], 0.4))

    assert requests.apply_due(soon(7200)) == []

    assert state_of(request) == "in_review"
    assert "ui.click sample.rate" in request.problem
    assert request.steps.last().what == "conflict"  # type: ignore[union-attr]  # it has steps
    entry = lookups.current_document().get("ui.click")
    assert entry is not None
    assert entry.settings["sample"] == {"unit": "session", "rate": 0.4}


def test_schedule__one_that_fails__does_not_keep_others(people: People) -> None:
    broken = ask_rate(people["editor"], 0.25, effective_at=soon())
    fine = ask_rate(people["editor"], 0.1, name="ui.load", effective_at=soon(3700))
    for one in (broken, fine):
        approve(one, people["approver"])
    configuring.publish(services.with_rates(["ui.click"], 0.4))

    assert len(requests.apply_due(soon(7200))) == 1

    assert (state_of(broken), state_of(fine), rate_now("ui.load")) == ("in_review", "applied", 0.1)


def test_schedule__due_but_not_written_yet__goes_before_what_is_published_next(people: People) -> None:
    """Readers obey it since its moment, so whoever publishes after that is judged against it."""
    due = ask_rate(people["editor"], 0.25, effective_at=soon())
    approve(due, people["approver"])
    other = ask_rate(people["editor"], 0.1)
    ChangeRequest.objects.filter(pk=due.pk).update(effective_at=soon(-1))

    approve(other, people["approver"])

    assert (state_of(due), state_of(other), rate_now()) == ("applied", "approved", 0.25)


def test_examine__another_waits_for_its_moment_at_the_same_place__warns(people: People) -> None:
    first = ask_rate(people["editor"], 0.25, effective_at=soon())
    approve(first, people["approver"])
    second = ask_rate(people["editor"], 0.1, effective_at=soon(7200))
    elsewhere = ask(people["editor"], services.with_fields(["ui.click"], {"is_enabled": False}))

    (overlap,) = requests.examine(second).scheduled_overlaps

    assert (overlap.number, overlap.places) == (first.pk, ("streams ui.click sample.rate",))
    assert requests.examine(elsewhere).scheduled_overlaps == ()
