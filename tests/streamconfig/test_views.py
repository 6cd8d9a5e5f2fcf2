"""`/api/v1/streams`, through HTTP; the reference's address is tried in `test_action_api`."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from streamconfig import lookups, snapshots
from tests import configuring

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("streams")]

API = "/w/api.php"


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
