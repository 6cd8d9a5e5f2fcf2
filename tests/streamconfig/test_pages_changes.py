"""Pages of change requests: the lists, the inbox, one request with each verb by direct POST, its form."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from monitoring.demo_users import ensure_groups
from streamconfig import lookups
from streamconfig.change_control import requests
from streamconfig.change_control.actors import of_user
from streamconfig.configuration.changes import Change, Field
from streamconfig.models import ChangeRequest
from tests import configuring
from tests.streamconfig.asking import ROLES, act, clicks, halved, person, signed_in, state_of, text

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams")]
State = ChangeRequest.State


@pytest.fixture(autouse=True)
def groups(db: None) -> None:
    ensure_groups()


def test_list__tabs_and_filters__narrow(client: Client) -> None:
    open_one = halved(effective_at=timezone.now() + timedelta(days=3))

    for query, found in (
        ("", [open_one.pk]),
        ("q=ui.click", [open_one.pk]),
        (f"q={open_one.pk}", [open_one.pk]),
        ("q=nothing+like+it", []),
        ("author=nobody", []),
        ("source=git", []),
        ("state=in_review", [open_one.pk]),
        ("show=closed", []),
        ("show=scheduled", []),
        ("show=mine", []),
        ("show=applied&q=begin", [ChangeRequest.objects.earliest("pk").pk]),
        ("show=what&page=99", [open_one.pk]),
    ):
        assert [one.pk for one in client.get(f"/changes?{query}").context["page"]] == found, query


def test_inbox__each_person__sees_what_waits_for_them() -> None:
    change = halved()
    act(signed_in("approver"), change, "ask", comment="Say why")
    other = halved(rate=0.1)

    mine = signed_in("editor").get("/changes/inbox").context["parts"]
    theirs = signed_in("approver").get("/changes/inbox").context["parts"]

    assert [one.request.pk for one in mine[1][2]] == [change.pk]
    assert [one.request.pk for one in theirs[0][2]] == [other.pk]
    assert "Sign in" in text(Client(), "/changes/inbox")


def test_inbox__my_team_owns_it__shown() -> None:
    halved()
    user = person("viewer", "web person")
    user.groups.add(Group.objects.get_or_create(name="team: Web team")[0])

    parts = signed_in("viewer", "web person").get("/changes/inbox").context["parts"]

    assert len(parts[3][2]) == 1


def test_navigation__approver__count_of_the_inbox() -> None:
    halved()

    assert 'Changes<span class="nav-count ">1</span>' in text(signed_in("approver"), "/changes")
    assert 'Changes<span class="nav-count' not in text(signed_in("viewer"), "/changes")


def test_page__in_words__percent_state_and_who_may() -> None:
    change = halved(effective_at=timezone.now().replace(year=2999, month=11, day=23, hour=0, minute=0))

    page = text(signed_in("approver"), f"/changes/{change.pk}")

    assert "50\u202f% of sessions" in page
    assert "25\u202f% of sessions" in page
    assert "In review, 0 of 1" in page
    assert "23 Nov 2999, 00:00 UTC" in page
    assert "You may approve" in page
    assert "Less is sampled" in page or "sampl" in page
    assert "It is the last approval" in page


def test_page__of_the_author__may_not_approve() -> None:
    change = halved()

    page = text(signed_in("editor"), f"/changes/{change.pk}")

    assert 'id="do-approve"' not in page
    assert 'id="do-cancel"' in page


@pytest.mark.parametrize("role", ["anonymous", *ROLES])
def test_approve__each_role_by_direct_post__as_it_may(role: str) -> None:
    change = halved()
    client = Client() if role == "anonymous" else signed_in(role)

    answer = act(client, change, "approve", comment="fine")

    may = role in {"approver", "engineer", "administrator"}
    assert answer.status_code == (302 if may else 403)
    assert state_of(change) == (State.APPLIED if may else State.IN_REVIEW)


@pytest.mark.parametrize("verb", ["reject", "ask"])
@pytest.mark.parametrize("role", ["anonymous", *ROLES])
def test_decide_against__each_role_by_direct_post__as_it_may(role: str, verb: str) -> None:
    change = halved()
    client = Client() if role == "anonymous" else signed_in(role)

    answer = act(client, change, verb, comment="no")

    may = role in {"approver", "engineer", "administrator"}
    assert answer.status_code == (302 if may else 403)
    assert state_of(change) == ({"reject": State.REJECTED, "ask": State.DRAFT}[verb] if may else State.IN_REVIEW)


@pytest.mark.parametrize("verb", ["submit", "cancel"])
@pytest.mark.parametrize("role", ["anonymous", *ROLES])
def test_own_verbs__each_role_by_direct_post__the_author_or_an_administrator(role: str, verb: str) -> None:
    change = halved(is_draft=True, name="the author")
    client = Client() if role == "anonymous" else signed_in(role)

    answer = act(client, change, verb)

    may = role == "administrator"
    assert answer.status_code == (302 if may else 403)
    assert (state_of(change) == State.DRAFT) is not may
    assert act(signed_in("editor", "the author"), change, verb).status_code == (409 if may else 302)


def test_approve__own_request__refused() -> None:
    change = halved(name="both")
    client = signed_in("approver", "both")

    assert act(client, change, "approve").status_code == 403
    assert state_of(change) == State.IN_REVIEW


def test_approve__edited_meanwhile__409_and_the_comment_is_kept() -> None:
    change = halved()
    answer = signed_in("approver").post(f"/changes/{change.pk}/approve", {"seen": "0", "comment": "I looked well"})

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "was edited after you opened it" in page
    assert "I looked well" in page
    assert state_of(change) == State.IN_REVIEW


def test_approve__decided_meanwhile__409_with_the_state() -> None:
    change = halved()
    act(signed_in("approver"), change, "reject", comment="no")

    answer = act(signed_in("engineer"), change, "approve")

    assert answer.status_code == 409
    assert "is rejected" in answer.content.decode()


def test_reject__without_a_reason__refused() -> None:
    change = halved()

    answer = act(signed_in("approver"), change, "reject")

    assert answer.status_code == 400
    assert "Say why" in answer.content.decode()
    assert state_of(change) == State.IN_REVIEW


def test_approve__with_a_moment__is_scheduled_and_says_when() -> None:
    change = halved(effective_at=timezone.now() + timedelta(days=5))

    act(signed_in("approver"), change, "approve")

    assert state_of(change) == State.SCHEDULED
    assert "Scheduled, " in text(Client(), f"/changes/{change.pk}")


def test_comment__written__stands_escaped_in_the_discussion() -> None:
    change = halved()

    act(signed_in("viewer"), change, "comment", comment="<script>alert(1)</script> why?")

    page = text(Client(), f"/changes/{change.pk}")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; why?" in page
    assert act(Client(), change, "comment", comment="me too").status_code == 403


@pytest.mark.parametrize("verb", ["delete", "publish", "apply_due"])
def test_verbs__unknown__404(verb: str) -> None:
    assert act(signed_in("administrator"), halved(), verb).status_code == 404


def test_verbs__by_get__405() -> None:
    assert signed_in("administrator").get(f"/changes/{halved().pk}/approve").status_code == 405


def test_page__another_order_of_streams__names_no_stream_and_is_shown() -> None:
    names = list(lookups.current_document().as_json()["streams"])
    order = Change("streams", "", "moved", (Field(("order",), names, names[::-1]),))
    asked = requests.draft(by=of_user(person("engineer")), changes=[order], title="Turn round", reason="Patterns first")

    assert signed_in("engineer").get(f"/changes/{asked.pk}").status_code == 200


def test_edit__value_reason_and_moment__saved_and_approvals_void() -> None:
    change = halved()
    client = signed_in("editor")
    form = client.get(f"/changes/{change.pk}/edit")
    (box,) = form.context["boxes"]

    answer = client.post(
        f"/changes/{change.pk}/edit",
        {"seen": "1", "title": "A tenth", "reason": "Less", "effective_at": "2999-01-04T00:00", box.name: "0.1"},
    )

    assert answer.status_code == 302
    change.refresh_from_db()
    assert (change.title, change.edit, str(change.effective_at)) == ("A tenth", 2, "2999-01-04 00:00:00+00:00")
    assert change.changes[0].fields[0].becomes == 0.1


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ({"value": "0,1"}, 400, "can&#x27;t be read"),
        ({"value": "NaN"}, 400, "can&#x27;t be read"),
        ({"value": "1e400"}, 400, "finite number"),
        ({"value": '"\\ud800"'}, 400, "half of a character"),
        ({"value": '{"a": "\\u0000"}'}, 400, "U+0000"),
        ({"value": '{"a":' * 400 + "1" + "}" * 400}, 400, "nested more than"),
        ({"value": "[" * 100_000}, 400, "can&#x27;t be read"),
        ({"value": "7"}, 400, "from 0 to 1"),
        ({"effective_at": "next monday"}, 400, "is no date"),
        ({"effective_at": "0001-01-01T00:00+14:00"}, 400, "is no date"),
        ({"effective_at": "9999-12-31T00:00"}, 400, "a thousand years"),
        ({"effective_at": "2001-01-01T00:00"}, 409, "has passed"),
        ({"seen": "7"}, 409, "was edited after"),
        ({"seen": "x" * 50}, 409, "was edited after"),
    ],
)
def test_edit__bad_input__told_and_nothing_saved(typed: dict[str, str], status: int, said: str) -> None:
    change = halved()
    client = signed_in("editor")
    (box,) = client.get(f"/changes/{change.pk}/edit").context["boxes"]
    data = {"seen": "1", "title": "t", "reason": "r", "effective_at": "", **typed}
    data[box.name] = data.pop("value", "0.25")

    answer = client.post(f"/changes/{change.pk}/edit", data)

    assert answer.status_code == status, answer.content.decode()[-3000:]
    assert said in answer.content.decode()
    change.refresh_from_db()
    assert change.edit == 1


@pytest.mark.parametrize("role", ["anonymous", "viewer", "editor", "approver"])
def test_edit__of_somebody_else__403(role: str) -> None:
    change = halved(name="the author")
    client = Client() if role == "anonymous" else signed_in(role)

    assert client.get(f"/changes/{change.pk}/edit").status_code == 403
    assert client.post(f"/changes/{change.pk}/edit", {"seen": "1", "title": "mine now"}).status_code == 403


def conflicting() -> ChangeRequest:
    change = halved(rate=0.25)
    held = {**clicks(), "sample": {"unit": "session", "rate": 0.4}}
    configuring.configure({"streams": {"ui.click": held}}, author="somebody", reason="quicker")
    return change


@pytest.mark.parametrize(("choice", "rate"), [("mine", 0.25), ("theirs", None)])
def test_merge__conflict__decided_place_by_place(choice: str, rate: float | None) -> None:
    change = conflicting()
    client = signed_in("editor")
    page = text(client, f"/changes/{change.pk}")
    assert "Somebody else changed 1 of its places" in page
    assert 'name="choice streams ui.click sample.rate"' in page
    assert "computed while the change is in conflict" in page

    answer = client.post(f"/changes/{change.pk}/merge", {"seen": "1", "choice streams ui.click sample.rate": choice})

    change.refresh_from_db()
    if rate is None:
        assert answer.status_code == 400  # nothing is left of it
    else:
        assert answer.status_code == 302
        assert change.changes[0].fields[0].was == 0.4


def test_page__of_a_closed_request__still_reads() -> None:
    change = halved()
    act(signed_in("editor"), change, "cancel")

    page = text(Client(), f"/changes/{change.pk}")

    assert "Cancelled" in page
    assert "25\u202f% of sessions" in page
