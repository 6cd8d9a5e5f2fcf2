"""`/api/v1/changes`, `revisions`, sections and findings: for who may see the pages; 503 while the database is away."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from streamconfig.api import changes, revisions
from streamconfig.configuration import document
from streamconfig.models import ChangeRequest, Revision
from tests import configuring

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams")]

ALL = ["changes", "revisions", "revisions/1", "revisions/1/document", "findings", "teams", "sites", "policies"]


@pytest.fixture
def two(streams: None) -> None:
    """A second revision, with a team."""
    configuring.configure({"teams": {"web": {"title": "Web", "contact": "#web"}}}, author="ann", reason="Somebody answers")


@pytest.mark.usefixtures("two")
def test_changes__narrowed__are_told_newest_first(client: Client) -> None:
    answer = client.get("/api/v1/changes").json()

    assert [one["state"] for one in answer["results"]] == ["applied", "applied"]
    assert answer["results"][0]["author"] == "ann"
    for query, count in (
        ("author=ann", 1),
        ("state=draft", 0),
        ("q=Somebody", 1),
        ("source=admin", 2),
        ("is_emergency=true", 0),
    ):
        assert client.get(f"/api/v1/changes?{query}").json()["count"] == count, query
    paged = client.get("/api/v1/changes?limit=1").json()
    assert (len(paged["results"]), paged["count"]) == (1, 2)
    assert client.get(paged["next"]).json()["results"][0]["author"] == "tests"


@pytest.mark.usefixtures("two")
def test_change__one__tells_what_was_asked_said_and_done(client: Client) -> None:
    number = ChangeRequest.objects.get(author_name="ann").pk

    answer = client.get(f"/api/v1/changes/{number}").json()

    assert answer["changes"][0]["section"] == "teams"
    assert (answer["state"], answer["applied_revision"]) == ("applied", 2)
    assert "applied" in [step["what"] for step in answer["steps"]]
    assert answer["verdicts"][0]["kind"] == "approve"
    assert answer["effects"]
    assert {"policy", "missing", "given_by"} <= set(answer["requirements"][0])


@pytest.mark.usefixtures("two")
def test_revision__one_and_its_document__are_what_was_published(client: Client) -> None:
    answer = client.get("/api/v1/revisions/2").json()
    text = client.get("/api/v1/revisions/2/document")

    assert (answer["author"], answer["changes"][0]["name"], answer["hash"]) == ("ann", "web", Revision.objects.get(pk=2).hash)
    assert document.read(text.json()).section("teams") == {"web": {"title": "Web", "contact": "#web"}}
    assert "immutable" in text["Cache-Control"]
    again = client.get("/api/v1/revisions/2/document", headers={"If-None-Match": text["ETag"]})
    assert again.status_code == 304
    assert [one["number"] for one in client.get("/api/v1/revisions").json()["results"]] == [2, 1]
    assert client.get("/api/v1/revisions?author=ann").json()["count"] == 1


@pytest.mark.usefixtures("two")
def test_sections__list_and_item__are_told_from_the_snapshot(client: Client) -> None:
    assert client.get("/api/v1/teams").json()["results"] == [{"key": "web", "title": "Web", "contact": "#web"}]
    assert client.get("/api/v1/teams/web").json() == {"key": "web", "title": "Web", "contact": "#web"}
    assert client.get("/api/v1/services").json()["count"] == 0


def test_findings__narrowed__tell_place_and_remedy(client: Client) -> None:
    found = client.get("/api/v1/findings?code=owner.missing").json()["results"]

    assert [(one["section"], one["name"], one["pointer"]) for one in found] == [("streams", "/^job\\..+/", "/about/owner")]
    assert found[0]["remedy"]
    assert client.get("/api/v1/findings?level=error&name=nobody").json()["count"] == 0


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("changes/99", "change.not_found"),
        ("revisions/99", "revision.not_found"),
        ("revisions/99/document", "revision.not_found"),
        ("teams/nobody", "item.not_found"),
    ],
)
def test_read__of_what_is_not_there__is_404_with_its_code(client: Client, path: str, code: str) -> None:
    answer = client.get(f"/api/v1/{path}")

    assert (answer.status_code, answer.json()["code"]) == (404, code)


@pytest.mark.parametrize("query", ["state=open", "limit=0", "is_emergency=2", "limit=x"])
def test_changes__bad_parameter__is_a_problem(client: Client, query: str) -> None:
    answer = client.get(f"/api/v1/changes?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "query.bad_parameter")


@pytest.mark.parametrize("path", ALL)
def test_read__where_pages_need_a_login__is_for_people_who_are_known(client: Client, settings: Any, path: str) -> None:
    settings.PAGES_NEED_LOGIN = True

    refused = client.get(f"/api/v1/{path}")
    client.force_login(User.objects.create_user("ann"))

    assert (refused.status_code, refused.json()["code"], refused["WWW-Authenticate"]) == (
        401,
        "api.sign_in",
        'Bearer realm="api"',
    )
    assert client.get(f"/api/v1/{path}").status_code == 200
    assert not refused.has_header("Access-Control-Allow-Origin")


def test_read__streams_where_pages_need_a_login__stay_open(client: Client, settings: Any) -> None:
    settings.PAGES_NEED_LOGIN = True

    assert client.get("/api/v1/streams").status_code == 200


def test_history__database_away__is_503_and_streams_go_on(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> Any:
        raise OperationalError

    monkeypatch.setattr(changes, "page_of_rows", away)
    monkeypatch.setattr(revisions, "page_of_rows", away)

    for path in ("changes", "revisions"):
        answer = client.get(f"/api/v1/{path}")
        assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "history.away", "2")
    assert client.get("/api/v1/streams").status_code == 200


@pytest.mark.usefixtures("two")
def test_lists__longer_ones__cost_no_more_queries(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for path in ("changes", "revisions"):
        client.get(f"/api/v1/{path}")
        with django_assert_num_queries(2):
            client.get(f"/api/v1/{path}")
