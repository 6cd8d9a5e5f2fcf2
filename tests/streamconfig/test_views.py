"""The reference's address and `/api/v1/streams`, through HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from streamconfig import lookups, snapshots
from tests import configuring

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams")]

API = "/w/api.php"


def ask(client: Client, **parameters: str) -> Any:
    return client.get(API, {"action": "streamconfigs", **parameters}).json()


def test_streamconfigs__all__are_in_order_and_merged(client: Client) -> None:
    streams = ask(client, format="json", formatversion="2")["streams"]

    assert list(streams) == ["page.change", "ui.click", "/^job\\..+/"]
    assert streams["page.change"] == {
        "topic_prefixes": None,
        "canary_events_enabled": True,
        "consumers": {"warehouse": {"enabled": True}},
        "schema_title": "page/change",
        "destination_event_service": "main",
        "message_key_fields": {"page_id": "page.page_id"},
        "stream": "page.change",
        "topics": ["page.change"],
    }


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({"streams": ""}, []),
        ({"streams": "ui.click|nobody|page.change|ui.click"}, ["ui.click", "page.change"]),
        ({"streams": "\x1fui.click\x1fpage.change"}, ["ui.click", "page.change"]),
        ({"streams": "job.a"}, ["job.a"]),
        ({"constraints": "destination_event_service=main"}, ["page.change", "/^job\\..+/"]),
        ({"constraints": "destination_event_service=main|canary_events_enabled=true"}, []),
        ({"streams": "job.a|ui.click", "constraints": "canary_events_enabled=1"}, ["job.a", "ui.click"]),
    ],
)
def test_streamconfigs__narrowed__answers_names_in_order(client: Client, parameters: dict[str, str], names: list[str]) -> None:
    assert list(ask(client, **parameters)["streams"]) == names


def test_streamconfigs__posted__is_the_same(client: Client) -> None:
    answer = client.post(API, {"action": "streamconfigs", "streams": "ui.click"})

    assert list(answer.json()["streams"]) == ["ui.click"]


def test_streamconfigs__stranger__may_be_cached_for_ten_minutes(client: Client) -> None:
    answer = client.get(API, {"action": "streamconfigs", "origin": "*"})

    assert answer["Cache-Control"] == "max-age=600, s-maxage=600, public"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Cookie" in answer["Vary"]
    assert answer.has_header("Expires")
    assert not answer.has_header("ETag")


def test_streamconfigs__user__is_cached_privately(client: Client) -> None:
    client.force_login(User.objects.create_user("ann"))

    answer = client.get(API, {"action": "streamconfigs"})

    assert answer["Cache-Control"] == "private, must-revalidate, max-age=600"
    assert not answer.has_header("Access-Control-Allow-Origin")


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"action": "query"}, "unknown_action"),
        ({}, "unknown_action"),
        ({"action": "streamconfigs", "formatversion": "1"}, "badvalue"),
        ({"action": "streamconfigs", "streams": "|".join(f"s{n}" for n in range(251))}, "toomanyvalues"),
        ({"action": "streamconfigs", "constraints": "|".join(f"s{n}" for n in range(51))}, "toomanyvalues"),
    ],
)
def test_streamconfigs__mistakes__are_200_with_the_code_in_a_header(
    client: Client, parameters: dict[str, str], code: str
) -> None:
    answer = client.get(API, parameters)

    assert (answer.status_code, answer["MediaWiki-API-Error"]) == (200, code)
    assert answer["Cache-Control"] == "private, must-revalidate, max-age=0"
    assert set(answer.json()) == {"error", "servedby"}
    assert set(answer.json()["error"]) == {"code", "info", "docref"}


def test_streamconfigs__250_streams__are_not_too_many(client: Client) -> None:
    assert ask(client, streams="|".join(f"s{n}" for n in range(250))) == {"streams": {}}


def test_streamconfigs__empty_containers__are_printed_as_php_does(client: Client) -> None:
    configuring.configure({"streams": {"s": {"producers": {}, "topics": []}}}, author="tests", reason="")

    stream = ask(client, streams="s")["streams"]["s"]

    assert (stream["producers"], stream["topics"]) == ([], [])


def test_streamconfigs__all_settings__warns(client: Client) -> None:
    assert "deprecated" in ask(client, all_settings="true")["warnings"]["streamconfigs"]["warnings"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["page.change", "ui.click", "/^job\\..+/"]),
        ("schema_title=ui/click", ["ui.click"]),
        ("service=main", ["page.change", "/^job\\..+/"]),
        ("canary=false", []),
        ("q=platform", ["page.change"]),
        ("q=rebuild+state", ["page.change"]),
        ("is_enabled=true&service=analytics", ["ui.click"]),
        ("utm_source=x&service=analytics", ["ui.click"]),
    ],
)
def test_list__filters__narrow(client: Client, query: str, names: list[str]) -> None:
    answer = client.get(f"/api/v1/streams?{query}").json()

    assert [stream["name"] for stream in answer["results"]] == names
    assert (answer["count"], answer["revision"]) == (len(names), 1)


def test_list__unchanged__is_304_without_a_query(client: Client) -> None:
    first = client.get("/api/v1/streams")
    assert first["Cache-Control"] == "no-cache"

    with CaptureQueriesContext(connection) as queries:
        again = client.get("/api/v1/streams", headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content, len(queries)) == (304, b"", 0)
    assert again["ETag"] == first["ETag"]


def test_list__after_a_publish__is_new_at_the_next_request(client: Client) -> None:
    etag = client.get("/api/v1/streams")["ETag"]
    configuring.switch(["ui.click"], is_enabled=False, author="ann", reason="")

    answer = client.get("/api/v1/streams", headers={"If-None-Match": etag})

    assert answer.status_code == 200
    assert {one["name"]: one["is_enabled"] for one in answer.json()["results"]}["ui.click"] is False


def test_detail__stream__says_all_of_it(client: Client) -> None:
    answer = client.get("/api/v1/streams/ui.click").json()

    assert answer["sampling"] == {"unit": "session", "rate": 0.5}
    assert answer["about"]["owner"] == "Web team"
    assert set(answer["about"].values()) == {"Web team", ""}
    assert answer["settings"]["stream"] == "ui.click"


def test_detail__name_under_a_pattern__is_computed(client: Client) -> None:
    answer = client.get("/api/v1/streams/job.a").json()

    assert (answer["name"], answer["topics"], answer["settings"]["stream"]) == ("job.a", ["job.a"], "/^job\\..+/")


def test_detail__unknown__is_a_problem_with_remedy(client: Client) -> None:
    answer = client.get("/api/v1/streams/nobody")

    assert (answer.status_code, answer.json()["code"]) == (404, "stream.not_found")


def test_apis__nothing_read_yet__are_503_with_retry_after(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise snapshots.SnapshotMissingError

    monkeypatch.setattr(lookups, "snapshot", missing)

    for path in (f"{API}?action=streamconfigs", "/api/v1/streams"):
        answer = client.get(path)
        assert (answer.status_code, answer["Retry-After"]) == (503, "2")


def test_apis__foreign_site__may_read_streams(client: Client) -> None:
    assert client.get("/api/v1/streams")["Access-Control-Allow-Origin"] == "*"
