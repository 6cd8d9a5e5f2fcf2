"""Writes of `/api/v1/changes` and `/api/v1/kill`: by token or session, as the person who asks, told by code and place."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from monitoring.demo_users import ensure_groups
from streamconfig import accounts, lookups
from streamconfig.models import ApiToken, ChangeRequest, Revision
from tests import configuring
from tests.streamconfig.conftest import DOCUMENT

pytestmark = pytest.mark.slow

CLICK = {**DOCUMENT["streams"]["ui.click"], "about": {"owner": "web"}}
HALF = {"section": "streams", "name": "ui.click", "kind": "changed"}
HALVED = {**HALF, "fields": [{"keys": ["sample", "rate"], "was": 0.5, "becomes": 0.25}]}


class Program:
    """A client with a token, as programs have one."""

    def __init__(self, name: str, *groups: str) -> None:
        self.user = User.objects.create_user(name, email=f"{name}@example.org", password="irrelevant-here")
        self.user.groups.set([Group.objects.get_or_create(name=one)[0] for one in groups])
        self.secret = accounts.make_token(self.user, name="tests", days=1).secret
        self.client = Client(enforce_csrf_checks=True)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = body if isinstance(body, str | bytes) else json.dumps(body)
        headers = {"Authorization": f"Bearer {self.secret}", **headers}
        return self.client.generic(method, f"/api/v1/{path}", given, content_type="application/json", headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)


@pytest.fixture
def world(db: None) -> dict[str, Program]:
    ensure_groups()
    document = {**DOCUMENT, "teams": {"web": {"title": "Web"}}, "streams": {**DOCUMENT["streams"], "ui.click": CLICK}}
    configuring.configure(document)
    return {
        "ann": Program("ann", "editor", "team: web"),
        "bob": Program("bob", "approver"),
        "eve": Program("eve", "viewer"),
        "dan": Program("dan", "engineer"),
    }


def rate() -> Any:
    entry = lookups.current_document().get("ui.click")
    return entry.settings["sample"]["rate"] if entry else None


def asked(world: dict[str, Program], **more: Any) -> dict[str, Any]:
    answer = world["ann"].post("changes", {"title": "Half", "reason": "Full", "changes": [HALVED], **more})
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


def test_post__changes__wait_for_approval_and_are_applied_by_another(world: dict[str, Program]) -> None:
    answer = world["ann"].post("changes", {"title": "Half", "reason": "The store is full", "changes": [HALVED]})
    made = answer.json()

    assert (answer.status_code, answer["Location"]) == (201, f"/api/v1/changes/{made['number']}")
    assert (made["state"], made["author"], made["requirements"][0]["missing"]) == ("in_review", "ann", 1)
    assert rate() == 0.5

    approved = world["bob"].post(f"changes/{made['number']}/approve", {"edit": made["edit"]}).json()

    assert (approved["state"], approved["revision"]) == ("applied", 2)
    assert rate() == 0.25
    assert ChangeRequest.objects.get(pk=made["number"]).source == "api"


def test_post__part_of_a_document__is_the_same_change(world: dict[str, Program]) -> None:
    wished = {"streams": {"ui.click": {**CLICK, "sample": {"unit": "session", "rate": 0.25}}}}
    made = world["ann"].post("changes", {"title": "Half", **wished, "submit": False}).json()

    assert made["state"] == "draft"
    fields = made["changes"][0]["fields"]
    assert [(one["path"], one["was"], one["becomes"]) for one in fields] == [("sample.rate", 0.5, 0.25)]


def test_post__single_settings_and_removals__keep_the_rest(world: dict[str, Program]) -> None:
    body = {"title": "Tidy", "set": {"streams": {"ui.click": {"sample.rate": 0.1}}}, "remove": {"streams": ["page.change"]}}

    made = world["dan"].post("changes", {**body, "submit": False}).json()

    assert {(one["name"], one["kind"]) for one in made["changes"]} == {("ui.click", "changed"), ("page.change", "removed")}


def test_post__scheduled__keeps_its_moment(world: dict[str, Program]) -> None:
    moment = timezone.now() + timedelta(days=3)
    made = asked(world, effective_at=moment.isoformat())
    approved = world["bob"].post(f"changes/{made['number']}/approve", {"edit": made["edit"]}).json()

    assert approved["state"] == "scheduled"
    assert approved["effective_at"][:16] == moment.isoformat()[:16]


def test_dry_run__writes_nothing_and_tells_effects(world: dict[str, Program]) -> None:
    answer = world["ann"].post("changes/dry-run", {"changes": [HALVED]})
    seen = answer.json()

    assert answer.status_code == 200
    assert seen["is_applicable"] is True
    assert [one["code"] for one in seen["effects"]] == ["rate_down"]
    assert seen["requirements"][0]["missing"] == 1
    assert ChangeRequest.objects.count() == 1  # the one that the world was made by


def test_dry_run__of_something_new__has_no_factor_but_is_unbounded(world: dict[str, Program]) -> None:
    """JSON has no infinity."""
    new = {"streams": {"ui.other": {**CLICK, "schema_title": "ui/click"}}}

    answer = world["dan"].post("changes/dry-run", new)
    (effect,) = [one for one in answer.json()["effects"] if one["code"] == "new_stream"]
    made = world["dan"].post("changes", {"title": "New", **new, "submit": False}).json()

    assert (answer.status_code, effect["factor"], effect["is_unbounded"]) == (200, None, True)
    assert world["dan"].send("GET", f"changes/{made['number']}").status_code == 200


def test_dry_run__what_cannot_be__each_place_is_named(world: dict[str, Program]) -> None:
    bad = {"streams": {"ui.click": {**CLICK, "sample": {"unit": "session", "rate": 7}}}}
    seen = world["ann"].post("changes/dry-run", bad).json()

    assert seen["is_applicable"] is False
    assert [one["pointer"] for one in seen["problems"]] == ["/streams/ui.click/sample/rate"]
    assert seen["problems"][0]["remedy"]


def test_dry_run__conflict_and_forbidden_place__told(world: dict[str, Program]) -> None:
    other = {**HALF, "fields": [{"keys": ["sample", "rate"], "was": 0.9, "becomes": 0.25}]}
    wire = {"set": {"streams": {"ui.click": {"schema_title": "page/change"}}}}

    conflicting = world["ann"].post("changes/dry-run", {"changes": [other]}).json()
    forbidden = world["ann"].post("changes/dry-run", wire).json()

    assert conflicting["conflicts"][0]["place"] == "streams ui.click sample.rate"
    assert conflicting["is_applicable"] is False
    assert "schema_title" in forbidden["refusal"]


def test_patch__other_content__voids_approvals_and_keeps_the_rest(world: dict[str, Program]) -> None:
    made = asked(world)
    url = f"changes/{made['number']}"
    answer = world["ann"].send("PATCH", url, {"edit": made["edit"], "set": {"streams": {"ui.click": {"sample.rate": 0.3}}}})
    edited = answer.json()

    assert answer.status_code == 200, edited
    assert (edited["edit"], edited["title"], edited["reason"]) == (2, "Half", "Full")
    assert edited["changes"][0]["fields"][0]["becomes"] == 0.3

    stale = world["bob"].post(f"{url}/approve", {"edit": made["edit"]})
    assert (stale.status_code, stale.json()["code"]) == (409, "change.edited_meanwhile")


@pytest.mark.parametrize(
    ("verb", "who", "state"), [("reject", "bob", "rejected"), ("ask", "bob", "draft"), ("cancel", "ann", "cancelled")]
)
def test_verbs__by_who_may__change_the_state(verb: str, who: str, state: str, world: dict[str, Program]) -> None:
    made = asked(world)

    answer = world[who].post(f"changes/{made['number']}/{verb}", {"edit": 1, "comment": "Since"})

    assert (answer.status_code, answer.json()["state"]) == (200, state)


def test_ask_then_submit__goes_round_again(world: dict[str, Program]) -> None:
    made = asked(world)
    world["bob"].post(f"changes/{made['number']}/ask", {"edit": 1, "comment": "Less"})

    assert world["ann"].post(f"changes/{made['number']}/submit", {"edit": 1}).json()["state"] == "in_review"


def test_comment__anybody_known__is_kept(world: dict[str, Program]) -> None:
    made = asked(world)

    assert world["eve"].post(f"changes/{made['number']}/comment", {"text": "Why?"}).status_code == 200
    assert ChangeRequest.objects.get(pk=made["number"]).comments.get().text == "Why?"


def test_merge__conflict__decided_by_place(world: dict[str, Program]) -> None:
    made = asked(world)
    configuring.configure({"streams": {"ui.click": {**CLICK, "sample": {"unit": "session", "rate": 0.4}}}})
    url = f"changes/{made['number']}/merge"

    undecided = world["ann"].post(url, {"edit": 1})
    assert (undecided.status_code, undecided.json()["code"]) == (409, "change.conflict")
    place = undecided.json()["conflicts"][0]["place"]

    merged = world["ann"].post(url, {"edit": 1, "choices": {place: "mine"}}).json()
    assert merged["changes"][0]["fields"][0] == {"path": "sample.rate", "keys": ["sample", "rate"], "was": 0.4, "becomes": 0.25}


@pytest.mark.parametrize("verb", ["2/roll-back", "1/restore"])
def test_revision__taken_back__is_a_draft_that_goes_the_way_of_all(world: dict[str, Program], verb: str) -> None:
    made = asked(world)
    world["bob"].post(f"changes/{made['number']}/approve", {"edit": made["edit"]})

    answer = world["ann"].post(f"revisions/{verb}", {"reason": "Too few"})
    back = answer.json()

    assert (answer.status_code, back["state"], rate()) == (201, "draft", 0.25)
    world["ann"].post(f"changes/{back['number']}/submit", {"edit": back["edit"]})
    world["bob"].post(f"changes/{back['number']}/approve", {"edit": back["edit"]})
    assert rate() == 0.5


def test_revision__that_is_not_there__is_told(world: dict[str, Program]) -> None:
    answer = world["ann"].post("revisions/99/roll-back", {"reason": "Too few"})

    assert (answer.status_code, answer.json()["code"]) == (404, "revision.not_found")


def test_kill__stops_at_once_and_is_looked_at_afterwards(world: dict[str, Program]) -> None:
    answer = world["ann"].post("kill", {"streams": ["ui.click"], "reason": "Leaks names"})
    made = answer.json()
    entry = lookups.current_document().get("ui.click")

    assert (answer.status_code, made["state"], made["is_emergency"]) == (201, "applied", True)
    assert entry is not None
    assert entry.is_enabled is False

    assert world["ann"].post(f"changes/{made['number']}/look-back", {}).status_code == 400  # an empty object is no body
    own = world["ann"].post(f"changes/{made['number']}/look-back", {"comment": "Right"})
    looked = world["bob"].post(f"changes/{made['number']}/look-back", {"comment": "Right"})
    assert (own.status_code, looked.status_code) == (403, 200)


VERBS = {
    "POST changes": {"title": "Half", "changes": [HALVED]},
    "PATCH changes/{n}": {"edit": 1, "title": "Other"},
    "POST changes/{n}/approve": {"edit": 1},
    "POST changes/{n}/reject": {"edit": 1, "comment": "No"},
    "POST changes/{n}/ask": {"edit": 1, "comment": "Less"},
    "POST changes/{n}/cancel": {"edit": 1},
    "POST changes/{n}/merge": {"edit": 1},
    "POST kill": {"streams": ["ui.click"], "reason": "Now"},
}
MAY = {
    "POST changes": {"ann", "dan"},
    "PATCH changes/{n}": {"ann"},
    "POST changes/{n}/approve": {"bob", "dan"},
    "POST changes/{n}/reject": {"bob", "dan"},
    "POST changes/{n}/ask": {"bob", "dan"},
    "POST changes/{n}/cancel": {"ann"},
    "POST changes/{n}/merge": {"ann"},
    "POST kill": {"ann", "bob", "dan"},
}


@pytest.mark.parametrize("who", ["ann", "bob", "eve", "dan", ""])
@pytest.mark.parametrize("verb", VERBS)
def test_verb__posted_directly__obeyed_by_role_alone(verb: str, who: str, world: dict[str, Program]) -> None:
    made = asked(world)
    method, _, path = verb.partition(" ")
    before = ChangeRequest.objects.values_list("pk", "state", "edit"), Revision.objects.count()
    kept = list(before[0])
    program = world[who or "ann"]
    if not who:
        program.secret = "ep_nobody"

    answer = program.send(method, path.format(n=made["number"]), VERBS[verb])

    if who in MAY[verb]:
        assert answer.status_code in {200, 201}, answer.content
    else:
        assert answer.status_code == (403 if who else 401), answer.content
        assert answer.json()["remedy"]
        assert (list(ChangeRequest.objects.values_list("pk", "state", "edit")), Revision.objects.count()) == (kept, before[1])


def test_session__without_its_csrf_token__refused_with_it_taken(world: dict[str, Program]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world["ann"].user)
    body = json.dumps({"title": "Half", "changes": [HALVED]})

    forged = client.post("/api/v1/changes", body, content_type="application/json")
    client.get("/admin/login/")
    client.cookies["csrftoken"] = "a" * 32
    fair = client.post("/api/v1/changes", body, content_type="application/json", headers={"X-CSRFToken": "a" * 32})

    assert (forged.status_code, forged.json()["code"]) == (403, "api.refused")
    assert fair.status_code == 201


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ("", None, ""),
        ("{", "json.invalid", ""),
        ("[1]", "api.bad_body", ""),
        ({"title": "x", "chnages": []}, "api.bad_body", "/chnages"),
        ({"changes": [HALVED]}, "api.bad_body", "/title"),
        ({"title": "x" * 201, "changes": [HALVED]}, "api.bad_body", "/title"),
        ({"title": "x", "changes": [{**HALVED, "kind": "odd"}]}, "api.bad_body", "/changes/0/kind"),
        ({"title": "x", "changes": [{**HALF, "fields": [{"keys": []}]}]}, "api.bad_body", "/changes/0/fields/0/keys"),
        ({"title": "x", "changes": [HALVED], "streams": {}}, "api.bad_body", "/changes"),
        ({"title": "x", "changes": [{**HALF, "name": "", "kind": "moved"}]}, "api.bad_body", "/changes/0/fields"),
        ({"title": "x", "changes": [{**HALF, "fields": []}]}, "api.bad_body", "/changes/0/fields"),
        ({"title": "x", "changes": [{**HALVED, "name": ""}]}, "api.bad_body", "/changes/0/name"),
        ({"title": "x", "changes": [{**HALVED, "section": "defaults"}]}, "api.bad_body", "/changes/0"),
        ({"title": "x", "effective_at": "9999-12-31T00:00:00Z", "changes": [HALVED]}, "change.moment_too_far", ""),
        ({"title": "x", "effective_at": "tomorrow", "changes": [HALVED]}, "api.bad_body", "/effective_at"),
        ({"title": "x", "effective_at": "2099-01-01T00:00:00", "changes": [HALVED]}, "api.bad_body", "/effective_at"),
        ({"title": "x", "effective_at": "2020-01-01T00:00:00Z", "changes": [HALVED]}, "change.moment_passed", ""),
        ({"title": "x", "changes": []}, "change.empty", ""),
        ({"title": "x", "set": {"streams": {"nowhere": {"a": 1}}}}, "stream.not_found", ""),
        ({"title": "x", "set": {"planets": {"mars": {"a": 1}}}}, "api.bad_body", "/set/planets"),
        ({"title": "x", "remove": {"teams": ["nobody"]}}, "item.not_found", ""),
        ({"title": "x\u0000", "changes": [HALVED]}, None, ""),
        ('{"title": "\\ud800", "changes": []}', "json.invalid", ""),
        ('{"title": ' + "[" * 5000, "json.too_deep", ""),
        (
            {"title": "x", "streams": {"ui.click": {**CLICK, "sample": {"rate": 7}}}},
            "streams.invalid",
            "/streams/ui.click/sample/rate",
        ),
    ],
)
def test_post__bad_body__told_by_code_and_place(body: Any, code: str | None, pointer: str, world: dict[str, Program]) -> None:
    answer = world["ann"].post("changes", body)
    said = answer.json()

    assert answer["Content-Type"] == "application/problem+json"
    assert 400 <= answer.status_code < 500
    assert said["remedy"]
    assert said.get("pointer", "") == pointer or code is None
    assert said["code"] == code or code is None
    assert ChangeRequest.objects.count() == 1


@pytest.mark.parametrize("path", ["changes/999999/approve", "changes/99999999999999999999/approve"])
def test_post__no_such_change__404(path: str, world: dict[str, Program]) -> None:
    assert world["bob"].post(path, {"edit": 1}).status_code == 404


def test_tokens__kept_as_hashes_and_refused_once_expired_revoked_or_owner_gone(world: dict[str, Program]) -> None:
    ann = world["ann"]
    row = ApiToken.objects.get(user=ann.user)
    assert ann.secret not in json.dumps(list(ApiToken.objects.values()), default=str)
    assert ann.secret.startswith(row.prefix)

    assert ann.post("changes/dry-run", {"changes": [HALVED]}).status_code == 200
    row.refresh_from_db()
    assert row.last_used_at is not None

    ApiToken.objects.filter(pk=row.pk).update(expires_at=timezone.now())
    assert ann.post("changes/dry-run", {"changes": [HALVED]}).status_code == 401
    ApiToken.objects.filter(pk=row.pk).update(expires_at=None)
    User.objects.filter(pk=ann.user.pk).update(is_active=False)
    answer = ann.post("changes/dry-run", {"changes": [HALVED]})
    assert (answer.status_code, answer.json()["code"]) == (401, "api.login_needed")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    User.objects.filter(pk=ann.user.pk).update(is_active=True)
    assert accounts.revoke_token(world["bob"].user, row.pk) is False
    assert accounts.revoke_token(ann.user, row.pk) is True
    assert ann.post("changes/dry-run", {"changes": [HALVED]}).status_code == 401


def test_tokens__bad_wish__refused(world: dict[str, Program]) -> None:
    for name, days in (("", 1), ("x", 0), ("x", 366)):
        with pytest.raises(accounts.TokenRefusedError):
            accounts.make_token(world["ann"].user, name=name, days=days)
