"""Tabs of the list and of a stream, instruments, teams, stale and findings, and who sees which button."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from eventplatform import panels
from streamconfig import services
from streamconfig.change_control import requests
from streamconfig.change_control.actors import of_user
from tests import configuring

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams")]

NOW = datetime.now(UTC)
STEERED: dict[str, Any] = {
    "streams": {
        "ui.click": {
            "schema_title": "ui/click",
            "destination_event_service": "analytics",
            "sample": {"unit": "session", "rate": 0.5},
            "windows": [{"from": (NOW + timedelta(days=3)).isoformat()}],
            "ramp": [{"at": (NOW + timedelta(days=9)).isoformat(), "rate": 0.2}],
            "about": {"owner": "web", "expires_on": "2020-01-01", "task": "https://example.org/T1"},
        }
    },
    "teams": {"web": {"title": "Web team", "contact": "#web", "email": "web@example.org"}},
    "overrides": {"enwiki": {"streams": {"ui.click": {"sample": {"unit": "session", "rate": 0.01}}}}},
    "instruments": {
        "ab-test": {
            "stream": "ui.click",
            "title": "Blue button",
            "owner": "web",
            "sample": {"unit": "device", "rate": 0.1},
            "audience": {"except_sites": ["testwiki"], "is_logged_in": True},
            "contextual_attributes": ["page_id"],
        },
        "stopped": {"stream": "page.change", "is_enabled": False},
        "over": {"stream": "page.change", "expires_on": "2020-01-01"},
        "running": {"stream": "page.change"},
    },
}


@pytest.fixture
def steered(streams: None) -> None:
    configuring.configure(STEERED)


def signed_in(name: str, *permissions: str, team: str = "") -> Client:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="streamconfig", codename__in=permissions))
    if team:
        user.groups.add(Group.objects.create(name=f"team: {team}"))
    client = Client()
    client.force_login(user)
    return client


def halve_tomorrow(stream: str) -> int:
    """A request that is approved and waits for its moment."""
    wish = configuring_wish(stream, 0.25)
    asked = services.propose(
        wish, by=configuring.author_named("ann"), title="Halve it", reason="x", effective_at=NOW + timedelta(days=1)
    )
    assert asked is not None
    requests.approve(asked.request.pk, by=of_user(configuring.approver("an approver")), seen=asked.request.edit)
    return asked.request.pk


def configuring_wish(stream: str, rate: float) -> services.Wish:
    settings: Mapping[str, Any] = {"sample": {"unit": "session", "rate": rate}}
    return lambda before: before.with_entries(
        [type(one)(one.name, {**one.settings, **settings}, one.is_enabled, one.about, one.own)]
        if (one := before.get(stream))
        else []
    )


def names(client: Client, query: str) -> list[str]:
    return [one.name for one in client.get(f"/streams?{query}").context["page"]]


def test_list__my_team__by_its_key_and_its_title(steered: None) -> None:
    configuring.configure({"streams": {"by.title": {"schema_title": "x", "about": {"owner": "Web team"}}}})

    assert sorted(names(signed_in("ann", team="web"), "team=mine")) == ["by.title", "ui.click"]
    assert "You are in no team" in signed_in("bob").get("/streams?team=mine").content.decode()


def test_list__scheduled__shows_both_rates(client: Client) -> None:
    halve_tomorrow("ui.click")

    assert names(client, "view=scheduled") == ["ui.click"]
    assert "50\u202f% of sessions → 25\u202f%" in client.get("/streams?view=scheduled").content.decode()


def test_list__many_refused__fails_and_needs_attention(
    client: Client, monkeypatch: pytest.MonkeyPatch, schemas_known: None
) -> None:
    monkeypatch.setitem(panels._functions, "monitoring.refused_shares", lambda: {"page.change": 0.061})

    answer = client.get("/streams?view=attention")

    assert names(client, "view=attention") == ["page.change"]
    assert "6.1\u202f% rejected" in answer.content.decode()


@pytest.fixture
def schemas_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every title counts as registered."""
    monkeypatch.setattr("registry.schema.schema_set.SchemaSet.has_title", lambda _self, _title: True)


@pytest.mark.parametrize(
    "query", ["service=analytics&q=click", "owner=Web+team", "canary=true&sort=canary", "page=99", "q=%00"]
)
def test_list__any_address__answers(client: Client, query: str) -> None:
    assert client.get(f"/streams?{query}").status_code == 200


def test_list__chips__lead_to_the_list_without_them(client: Client) -> None:
    chips = client.get("/streams?service=analytics&q=click").context["chips"]

    assert {chip.text: chip.link for chip in chips} == {"Service: analytics": "?q=click", "Words: click": "?service=analytics"}


def test_stream__now__holds_overrides_window_and_timeline(client: Client, steered: None) -> None:
    answer = client.get("/streams/ui.click")
    page = answer.content.decode()

    assert "1\u202f% of sessions" in page
    assert [(one.phase, one.text) for one in answer.context["points"] if one.phase != "past"] == [
        ("now", "50\u202f% of sessions, but the window is closed"),
        ("future", "Window opens"),
        ("future", "20\u202f% of sessions"),
    ]
    assert 'href="/teams/web"' in page
    assert 'href="https://example.org/T1"' in page


def test_stream__scheduled_and_asked_for__stand_in_its_timeline(client: Client) -> None:
    number = halve_tomorrow("ui.click")
    services.propose(configuring_wish("ui.click", 0.1), by=configuring.author_named("ann"), title="A tenth", reason="x")

    points = [one for one in client.get("/streams/ui.click").context["points"] if one.phase == "future"]

    assert [(one.text, one.badge[1]) for one in points] == [
        ("10\u202f% of sessions", "Waits for approval"),
        ("25\u202f% of sessions", "Approved"),
    ]
    assert points[1].link == reverse("change", args=[number])


@pytest.mark.parametrize("tab", ["", "instruments", "connectors", "history", "nonsense"])
@pytest.mark.parametrize("name", ["ui.click", "job.anything", "/^job\\..+/"])
def test_stream__every_tab__answers(client: Client, steered: None, tab: str, name: str) -> None:
    assert client.get(reverse("stream", args=[name]), {"tab": tab}).status_code == 200


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("", ["ab-test", "stopped", "over", "running"]),
        ("state=stopped", ["stopped"]),
        ("state=expired", ["over"]),
        ("state=silent", ["ab-test"]),
        ("state=on", ["running"]),
        ("owner=web", ["ab-test"]),
        ("stream=ui.click", ["ab-test"]),
        ("q=blue", ["ab-test"]),
    ],
)
def test_instruments__filters__narrow(client: Client, steered: None, query: str, keys: list[str]) -> None:
    assert [one.key for one in client.get(f"/instruments?{query}").context["page"]] == keys


def test_instrument__page__says_what_holds(client: Client, steered: None) -> None:
    page = client.get("/instruments/ab-test").content.decode()

    assert "10\u202f% of devices" in page
    assert "testwiki" in page
    assert "not logged in" not in page
    assert client.get("/instruments/nobody").status_code == 404


def test_team__page__streams_people_and_open_changes(client: Client, steered: None) -> None:
    signed_in("ann", team="web")
    services.propose(configuring_wish("ui.click", 0.1), by=configuring.author_named("eve"), title="A tenth", reason="x")

    page = client.get("/teams/web").content.decode()

    assert all(word in page for word in ("ui.<wbr>click", "Blue button", "ann", "A tenth", "web@example.org"))
    assert "Platform team" in client.get("/teams").content.decode()
    assert client.get("/teams/Platform team").status_code == 200
    assert client.get("/teams/nobody").status_code == 404


def test_stale__expired__stands_there_and_filters(client: Client, steered: None) -> None:
    every = client.get("/streams/stale").context["page"]

    assert ("stream", "ui.click") in {(one.kind, one.name) for one in every}
    assert {one.kind for one in client.get("/streams/stale?kind=instrument").context["page"]} == {"instrument"}
    assert list(client.get("/streams/stale?q=no+such").context["page"]) == []


def test_findings__of_lint__narrow_by_level_and_code(client: Client, steered: None) -> None:
    found = [one for one, _ in client.get("/streams/findings").context["page"]]

    assert found
    level, code = found[0].level, found[0].code
    assert {one.level for one, _ in client.get(f"/streams/findings?level={level}").context["page"]} == {level}
    assert {one.code for one, _ in client.get(f"/streams/findings?code={code}").context["page"]} == {code}


def test_send_test__by_roles__and_what_became_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    class Taken:
        is_accepted, status, error = True, 201, ""

    def send(name: str) -> Taken:
        sent.append(name)
        return Taken()

    monkeypatch.setitem(panels._functions, "monitoring.send_canary", send)

    refused = signed_in("viewer").post("/test-events/ui.click", follow=True)
    taken = signed_in("editor", "change_stream").post("/test-events/ui.click", follow=True)

    assert sent == ["ui.click"]
    assert "Ask the stream" in refused.content.decode()
    assert "took a test event" in taken.content.decode()


@pytest.mark.parametrize(
    ("permissions", "buttons"),
    [
        ((), []),
        (("change_stream",), ["Send a test event", "Retire", "Propose a change"]),
    ],
)
def test_stream__by_permission__shows_the_buttons_that_work(permissions: tuple[str, ...], buttons: list[str]) -> None:
    page = signed_in("somebody", *permissions).get("/streams/ui.click").content.decode()

    assert [word for word in ("Send a test event", "Retire", "Propose a change") if f"{word}</" in page] == buttons


def test_list__many_streams__asks_the_database_as_often_as_for_few(
    client: Client, django_assert_max_num_queries: Any, schemas_known: None
) -> None:
    configuring.configure({"streams": {f"many.{number}": {"schema_title": "x"} for number in range(250)}})
    client.get("/streams")  # what is kept per revision is worked out here

    with django_assert_max_num_queries(20):
        page = client.get("/streams").context["page"]

    assert page.paginator.count == 253


def test_stream__several_panels__how_all_connectors_do_is_read_once(client: Client, schemas_known: None) -> None:
    client.get("/streams/ui.click")

    with CaptureQueriesContext(connection) as queries:
        client.get("/streams/ui.click")

    of_all = [one["sql"] for one in queries if 'FROM "connectors_lease"' in one["sql"] and '"stream" = ' not in one["sql"]]
    assert len(of_all) == 1
