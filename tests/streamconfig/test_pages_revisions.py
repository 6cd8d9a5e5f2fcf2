"""Revisions compared and taken back, the kill switch and what it shows."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from monitoring.demo_users import ensure_groups
from streamconfig import lookups
from streamconfig.change_control import rollback
from streamconfig.change_control.actors import of_user
from streamconfig.models import ChangeRequest, Revision
from tests import configuring
from tests.streamconfig.asking import ROLES, act, halved, person, signed_in, text

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams")]
State = ChangeRequest.State


@pytest.fixture(autouse=True)
def groups(db: None) -> None:
    ensure_groups()


def test_roll_back__applied_change__leads_to_a_draft_that_takes_it_back() -> None:
    change = halved()
    act(signed_in("approver"), change, "approve")

    answer = act(signed_in("editor"), change, "roll-back")

    draft = ChangeRequest.objects.latest("pk")
    assert answer.headers["Location"] == f"/changes/{draft.pk}"
    assert (draft.state, draft.changes[0].fields[0].becomes) == (State.DRAFT, 0.5)
    assert act(signed_in("viewer"), change, "roll-back").status_code == 403


def test_revisions__list_and_page__with_request_author_and_hash(client: Client) -> None:
    change = halved()
    act(signed_in("approver"), change, "approve")

    assert [row.number for row in client.get("/revisions?name=ui.click").context["page"]] == [2, 1]
    page = text(client, "/revisions/2")
    assert f'href="/changes/{change.pk}"' in page
    assert Revision.objects.get(number=2).hash[:12] in page
    assert "the editor" in page
    assert "do-roll-back" not in page  # a stranger may look


def test_revision__compared_with_an_earlier_one__says_what_differs(client: Client) -> None:
    configuring.switch(["ui.click"], is_enabled=False)
    configuring.switch(["ui.click"], is_enabled=True)

    assert client.get("/revisions/3?from=1").context["told"] == ()
    assert len(client.get("/revisions/3?from=2").context["told"]) == 1
    assert client.get("/revisions/3?from=3").status_code == 404
    assert client.get("/revisions/3?from=abc").status_code == 200


@pytest.mark.parametrize("verb", ["roll-back", "restore"])
@pytest.mark.parametrize("role", ["anonymous", *ROLES])
def test_revision__taken_back_by_direct_post__as_each_role_may(role: str, verb: str) -> None:
    configuring.switch(["ui.click"], is_enabled=False)
    client = Client() if role == "anonymous" else signed_in(role)
    number = 2 if verb == "roll-back" else 1

    answer = client.post(f"/revisions/{number}/{verb}")

    may = role in {"editor", "approver", "engineer", "administrator"}
    assert answer.status_code == (302 if may else 403)
    assert ChangeRequest.objects.filter(state=State.DRAFT).exists() is may


@pytest.mark.parametrize("role", ["anonymous", *ROLES])
def test_kill__each_role_by_direct_post__as_it_may(role: str) -> None:
    client = Client() if role == "anonymous" else signed_in(role)

    answer = client.post("/kill", {"streams": ["ui.click"], "reason": "It floods"})

    may = role in {"editor", "approver", "engineer", "administrator"}
    assert answer.status_code == (302 if may else 403)
    assert (not lookups.fresh_snapshot().streams["ui.click"].is_enabled) is may
    assert client.get("/kill").status_code == (200 if may else 403)


def test_kill__stopped__shown_with_who_and_resumed_by_request() -> None:
    client = signed_in("editor")
    client.post("/kill", {"streams": ["ui.click"], "reason": "It floods"})
    stop = ChangeRequest.objects.latest("pk")

    page = text(client, "/kill")
    assert "by the editor" in page
    assert "It floods" in page
    assert [one.request.pk for one in signed_in("approver").get("/changes/inbox").context["parts"][2][2]] == [stop.pk]
    assert act(client, stop, "look-back").status_code == 403  # not by who stopped
    assert act(signed_in("approver"), stop, "look-back").status_code == 302

    client.post("/kill", {"do": "resume", "streams": ["ui.click"], "reason": "Mended"})
    resume = ChangeRequest.objects.latest("pk")
    assert resume.state == State.IN_REVIEW
    act(signed_in("approver"), resume, "approve")
    assert lookups.fresh_snapshot().streams["ui.click"].is_enabled


@pytest.mark.parametrize(
    "data",
    [
        {"streams": ["ui.click"]},
        {"reason": "why"},
        {"streams": ["nobody"], "reason": "why"},
        {"do": "resume", "streams": ["nobody"]},
    ],
)
def test_kill__nothing_chosen_or_no_reason__refused(data: dict[str, Any]) -> None:
    revision = lookups.newest_revision()

    answer = signed_in("editor").post("/kill", data)

    assert 400 <= answer.status_code < 500
    assert lookups.newest_revision() == revision


def test_kill__all_instruments__stopped_at_once() -> None:
    item = {"stream": "ui.click", "sample": {"unit": "session", "rate": 1}}
    configuring.configure({"instruments": {"one": item, "two": item}})

    signed_in("editor").post("/kill", {"all": "1", "reason": "Too loud"})

    assert not any(one.get("is_enabled", True) for one in lookups.current_document().section("instruments").values())


def test_pages__hostile_text__is_escaped() -> None:
    evil = {"schema_title": "x", "about": {"owner": "<script>alert(1)</script>", "purpose": '"><img src=x>'}}
    configuring.configure({"streams": {"evil": evil}}, author="<b>eve</b>", reason="<i>r</i>")
    change = ChangeRequest.objects.latest("pk")

    for path in (
        "/changes?show=applied",
        f"/changes/{change.pk}",
        "/revisions",
        f"/revisions/{change.applied_revision}",
        "/kill",
    ):
        page = text(signed_in("editor"), path)
        assert "<script>alert" not in page
        assert "<img src=x>" not in page
        assert "<b>eve" not in page


def test_rollback__of_the_first_revision__page_shows_it() -> None:
    draft = rollback.roll_back(1, by=of_user(person("administrator")))

    assert signed_in("administrator").get(f"/changes/{draft.pk}").status_code == 200
