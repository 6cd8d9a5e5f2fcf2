"""The wizard that creates a stream: each step by itself, the review, and the way of what was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from eventplatform import panels
from registry import services as registry_services
from streamconfig import lookups
from streamconfig.change_control import requests
from streamconfig.change_control.actors import of_user
from streamconfig.models import ChangeRequest
from tests import configuring

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams", "schema")]

ABOUT = {"name": "ui.scroll", "owner": "Web team", "purpose": "Learn how far people read"}
SAMPLING = {"unit": "session", "percent": "5", "when": "once", "begins": "2026-12-01T00:00", "time_zone": "UTC"}


@pytest.fixture
def schema(tmp_path: Path) -> None:
    """One schema with an example is registered."""
    file = tmp_path / "jsonschema/ui/scroll/1.0.0.yaml"
    file.parent.mkdir(parents=True)
    text = "$id: /ui/scroll/1.0.0\n$schema: https://json-schema.org/draft-07/schema#\ntitle: ui/scroll\ntype: object\n"
    file.write_text(f'{text}examples: [{{"$schema": /ui/scroll/1.0.0, meta: {{stream: x}}}}]\n')
    registry_services.import_folder(name="mine", folder=tmp_path)


def person(name: str, *permissions: str) -> User:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="streamconfig", codename__in=permissions))
    return user


@pytest.fixture
def engineer(db: None) -> Client:
    client = Client()
    client.force_login(person("engineer", "wire_stream", "change_stream", "add_stream"))
    return client


def walk(client: Client) -> Any:
    """Every step up to the review; answers the review's page."""
    client.post("/streams/new/schema", {"schema_title": "ui/scroll"})
    client.post("/streams/new/about", ABOUT)
    client.post("/streams/new/sampling", SAMPLING)
    return client.post("/streams/new/stores", {"service": "main", "canary": "on", "retention_hours": "24"}, follow=True)


def test_wizard__all_steps__ask_for_the_stream_and_follow_it(engineer: Client) -> None:
    review = walk(engineer)

    assert review.redirect_chain[-1][0] == "/streams/new/review"
    assert "The stream ui.scroll is added" in review.content.decode()

    followed = engineer.post("/streams/new/review", {"reason": "As the plan says"}, follow=True)

    row = ChangeRequest.objects.latest("pk")
    assert followed.redirect_chain[-1][0] == f"/streams/new/{row.pk}"
    assert (row.state, row.reason, row.source) == ("in_review", "As the plan says", "page")
    assert [one.state for one in followed.context["steps"]] == ["ok", "info", "unknown", "unknown", "unknown"]
    assert engineer.session.get("new_stream") is None


def test_wizard__approved__stream_is_there_with_all_that_was_said(engineer: Client) -> None:
    walk(engineer)
    engineer.post("/streams/new/review", {"reason": "As the plan says"})
    row = ChangeRequest.objects.latest("pk")

    requests.approve(row.pk, by=of_user(configuring.approver("an approver")), seen=row.edit)

    entry = lookups.current_document().get("ui.scroll")
    assert entry is not None
    assert entry.as_json() == {
        "schema_title": "ui/scroll",
        "destination_event_service": "main",
        "canary_events_enabled": True,
        "sample": {"unit": "session", "rate": 0.05},
        "about": {"owner": "Web team", "purpose": "Learn how far people read"},
        "windows": [{"from": "2026-12-01T00:00:00Z"}],
        "log": {"retention_hours": 24},
    }
    page = engineer.get(f"/streams/new/{row.pk}")
    assert page.context["is_published"]
    assert [one.title for one in page.context["steps"]][:3] == ["Asked for", "Approved", "Published"]


def test_wizard__test_event__sent_once_and_its_refusal_told(engineer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    walk(engineer)
    engineer.post("/streams/new/review", {"reason": "As the plan says"})
    row = ChangeRequest.objects.latest("pk")
    requests.approve(row.pk, by=of_user(configuring.approver("an approver")), seen=row.edit)
    sent: list[str] = []

    class Refused:
        error = "The intake is away."

    def send(name: str) -> Refused:
        sent.append(name)
        return Refused()

    monkeypatch.setitem(panels._functions, "monitoring.send_canary", send)

    page = engineer.post(f"/streams/new/{row.pk}/test", follow=True)

    assert sent == ["ui.scroll"]
    assert "The intake is away." in page.content.decode()
    assert not page.context["can_test"]  # a page that asks again by itself doesn't send by itself again


@pytest.mark.parametrize(
    ("step", "posted", "field"),
    [
        ("schema", {"schema_title": "no/such"}, "schema_title"),
        ("about", {**ABOUT, "name": "ui.click"}, "name"),
        ("about", {**ABOUT, "name": "ui/scroll"}, "name"),
        ("about", {**ABOUT, "name": "/^ui\\./"}, "name"),
        ("about", {**ABOUT, "owner": ""}, "owner"),
        ("about", {**ABOUT, "review_on": "2027-02-01", "expires_on": "2027-01-01"}, "review_on"),
        ("sampling", {"unit": "session", "when": "always"}, "percent"),
        ("sampling", {"percent": "5", "when": "always"}, "unit"),
        ("sampling", {"unit": "session", "percent": "101", "when": "always"}, "percent"),
        ("sampling", {"when": "once"}, "begins"),
        ("sampling", {"when": "once", "begins": "2026-12-02T00:00", "ends": "2026-12-01T00:00"}, "ends"),
        ("sampling", {"when": "weekly", "start": "09:00", "end": "17:00", "time_zone": "UTC"}, "days"),
        ("sampling", {"when": "weekly", "days": ["mon"], "start": "9", "end": "17:00", "time_zone": "UTC"}, "start"),
        ("sampling", {"when": "weekly", "days": ["mon"], "start": "09:00", "end": "17:00", "time_zone": "Mars"}, "time_zone"),
        ("stores", {"partitions": "0"}, "partitions"),
    ],
)
def test_wizard__mistake__stands_at_its_field(engineer: Client, step: str, posted: dict[str, Any], field: str) -> None:
    page = engineer.post(f"/streams/new/{step}", posted)

    assert field in page.context["form"].errors
    assert step not in engineer.session.get("new_stream", {})


def test_wizard__later_step_first__leads_to_the_first_that_is_open(engineer: Client) -> None:
    engineer.post("/streams/new/schema", {"schema_title": "ui/scroll"})

    assert engineer.get("/streams/new/review").headers["Location"] == "/streams/new/about"
    assert engineer.get("/streams/new").headers["Location"] == "/streams/new/about"
    assert engineer.get("/streams/new/nonsense").status_code == 404

    engineer.post("/streams/new/restart")

    assert engineer.get("/streams/new").headers["Location"] == "/streams/new/schema"


@pytest.mark.parametrize("permissions", [(), ("change_stream",), ("change_stream", "approve_change")])
def test_wizard__not_an_engineer__is_told_whom_to_ask(engineer: Client, permissions: tuple[str, ...]) -> None:
    client = Client()
    client.force_login(person("somebody", *permissions))

    for path in ("schema", "about", "sampling", "stores", "review"):
        asked, posted = client.get(f"/streams/new/{path}"), client.post(f"/streams/new/{path}", {"reason": "x"})
        assert asked.status_code == posted.status_code == 403
        assert "Ask engineer" in asked.content.decode()
    assert not ChangeRequest.objects.filter(title__startswith="Create").exists()


def test_wizard__name_taken_meanwhile__refused_with_its_code(engineer: Client) -> None:
    walk(engineer)
    configuring.configure({"streams": {"ui.scroll": {"schema_title": "ui/scroll"}}})

    answer = engineer.post("/streams/new/review", {"reason": "x"})

    assert answer.status_code == 409
    assert "stream.exists" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ui.scroll", "Free."),
        ("ui.click", "There is a stream ui.click already."),
        ("job.mine", "stands for it now"),
        ("a b", "can&#x27;t"),
    ],
)
def test_name_check__while_typing__says_whether_it_is_free(engineer: Client, name: str, told: str) -> None:
    assert told in engineer.get("/streams/new/name", {"name": name}).content.decode()


def test_schema_step__search__narrows(engineer: Client) -> None:
    def found(words: str) -> list[str]:
        return [one.title for one in engineer.get("/streams/new/schema", {"q": words}).context["found"]]

    assert found("scroll ui") == ["ui/scroll"]
    assert found("nothing") == []
    page = engineer.get("/streams/new/schema", {"q": "nothing", "schema_title": "ui/scroll"})
    assert [one.title for one in page.context["found"]] == ["ui/scroll"]  # what was chosen stays in sight


def test_followed__no_new_stream__is_404(engineer: Client) -> None:
    configuring.switch(["ui.click"], is_enabled=False)
    row = ChangeRequest.objects.latest("pk")

    assert engineer.get(f"/streams/new/{row.pk}").status_code == 404
    assert engineer.get("/streams/new/999999").status_code == 404
