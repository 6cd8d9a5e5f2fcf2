"""Judging an event and looking at files before they are merged: verdicts with places, limits, nothing written."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.utils import timezone

from eventplatform import panels
from registry import services
from registry.api import checks as api_checks
from registry.models import Repository, SchemaTitle, SchemaVersion, Waiver

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("samples")]

VALIDATE, CHECK = "/api/v1/schemas/validate", "/api/v1/schemas/check"
EVENT: dict[str, Any] = {"$schema": "/sample/test_event/1.1.0", "meta": {"stream": "test.event"}, "test": "hello"}
SCHEMA = "$schema: https://json-schema.org/draft-07/schema#\ntype: object\n"


def post(client: Client, address: str, body: Any, **headers: str) -> Any:
    return client.post(address, body, content_type="application/json", headers=headers)


def check(client: Client, files: dict[str, str], repository: str = "primary") -> Any:
    response = post(client, CHECK, {"repository": repository, "files": files})
    assert response.status_code == 200, response.content
    return response.json()


def test_validate__good_event__valid_as_the_intake_would_fill_it(client: Client) -> None:
    found = post(client, VALIDATE, EVENT).json()

    assert (found["valid"], found["violations"]) == (True, [])
    assert (found["schema"], found["title"], found["version"]) == ("/sample/test_event/1.1.0", "sample/test_event", "1.1.0")
    assert 0 < found["microseconds"] < 100_000


def test_validate__bad_event__each_place_told_without_its_value(client: Client) -> None:
    response = post(client, VALIDATE, {**EVENT, "test": {"password": "hunter2"}, "unknown": 1})
    places = {one["pointer"]: one["keyword"] for one in response.json()["violations"]}

    assert (response.status_code, response.json()["valid"]) == (200, False)
    assert places["/test"] == "type"
    assert all(one["message"] and one["code"] == "event.invalid" for one in response.json()["violations"])
    assert b"hunter2" not in response.content


@pytest.mark.parametrize("schema", ["/sample/test_event/1.0.0", "sample/test_event"])
def test_validate__schema_in_the_address__counts(client: Client, schema: str) -> None:
    found = post(client, f"{VALIDATE}?schema={schema}", {**EVENT, "$schema": schema}).json()

    assert found["title"] == "sample/test_event"


@pytest.mark.parametrize(
    ("event", "query", "status", "code"),
    [
        ({"meta": {}}, "", 400, "schema.missing"),
        ({"$schema": 1}, "", 400, "schema.bad_id"),
        ({"$schema": "https://example.org/x/1.0.0"}, "", 400, "schema.bad_id"),
        ({"$schema": "/nobody/1.0.0"}, "", 400, "schema.unknown"),
        (EVENT, "?schema=/nobody/1.0.0", 404, "schema.not_found"),
        ([EVENT, EVENT], "", 413, "body.too_many_events"),
        ([1], "", 400, "event.not_an_object"),
        ("text", "", 400, "body.not_events"),
        ("", "", 400, "body.not_events"),
        ({}, "", 400, "body.empty"),
    ],
)
def test_validate__no_verdict_possible__problem(client: Client, event: Any, query: str, status: int, code: str) -> None:
    response = client.post(f"{VALIDATE}{query}", json.dumps(event), content_type="application/json")

    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert response.json()["code"] == code


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"{", "application/json", "json.invalid"),
        (b'{"a": NaN}', "application/json", "json.invalid"),
        (b"[" * 5000, "application/json", "json.too_deep"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "application/json", "json.too_deep"),
        (b'{"a": 99999999999999999999}', "application/json", "json.number_out_of_range"),
        (b"<event/>", "application/xml", "body.content_type"),
        (b'{"a": "' + b"x" * 1_100_000 + b'"}', "application/json", "body.too_large"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_validate__hostile_body__refused_as_at_the_intake(client: Client, body: bytes, content_type: str, code: str) -> None:
    response = client.post(VALIDATE, body, content_type=content_type)

    assert (response["Content-Type"], response.json()["code"]) == ("application/problem+json", code)


def test_validate__other_origins__may_post(client: Client) -> None:
    response = client.options(VALIDATE, headers={"origin": "https://example.org", "access-control-request-method": "POST"})

    assert response.status_code == 204
    assert "POST" in response["Access-Control-Allow-Methods"]
    assert "content-type" in response["Access-Control-Allow-Headers"]
    assert post(Client(enforce_csrf_checks=True), VALIDATE, EVENT)["Access-Control-Allow-Origin"] == "*"


@override_settings(PAGES_NEED_LOGIN=True)
def test_validate__pages_need_login__stays_open(client: Client) -> None:
    assert post(client, VALIDATE, EVENT).status_code == 200


def test_question__asked_with_get__is_the_title_of_that_name(client: Client, tmp_path: Path) -> None:
    assert client.get(VALIDATE).json()["code"] == "schema.not_found"

    for name in ("validate", "check"):
        file = tmp_path / f"jsonschema/{name}/1.0.0.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(f"$id: /{name}/1.0.0\n{SCHEMA}")
    services.import_folder(name="third", folder=tmp_path)

    assert [client.get(f"/api/v1/schemas/{name}").json()["title"] for name in ("validate", "check")] == ["validate", "check"]
    with override_settings(PAGES_NEED_LOGIN=True):
        assert client.get(CHECK).status_code == 200


def test_check__good_version__would_be_published_and_is_not(client: Client, samples: Path) -> None:
    old = (samples / "primary/jsonschema/sample/test_event/1.1.0.yaml").read_text()
    before = SchemaVersion.objects.count()

    found = check(
        client,
        {
            "jsonschema/sample/test_event/1.1.0.yaml": old,
            "jsonschema/sample/test_event/1.2.0.yaml": old.replace("1.1.0", "1.2.0"),
            "README.md": "Words.",
        },
    )

    assert (found["is_ok"], found["would_publish"], found["unchanged"]) == (True, ["/sample/test_event/1.2.0"], 1)
    assert found["ignored"] == ["README.md"]
    assert (found["comparisons"][0]["old"], found["comparisons"][0]["is_enough"]) == ("/sample/test_event/1.1.0", True)
    assert SchemaVersion.objects.count() == before
    assert Repository.objects.get(name="primary").failed_at is None


def test_check__problems__by_file_and_line(client: Client, samples: Path) -> None:
    path = "sample/test_event/1.0.0.yaml"
    changed = (samples / f"primary/jsonschema/{path}").read_text().replace("type: string", "type: integer")
    files = {
        f"jsonschema/{path}": changed,
        "jsonschema/a/b/1.0.0.yaml": f"$id: /a/b/2.0.0\n{SCHEMA}",
        "jsonschema/c/d/1.0.0.yaml": f"title: c/d\n$id: /c/d/1.0.0\n{SCHEMA}properties:\n  x: {{$ref: /nobody/1.0.0}}\n",
        "jsonschema/ui/button_click/9.0.0.yaml": f"$id: /ui/button_click/9.0.0\n{SCHEMA}",
    }

    found = check(client, files)
    problems = {one["path"]: (one["code"], one["line"]) for one in found["problems"]}

    assert (found["is_ok"], found["is_clean"]) == (False, False)
    assert problems[f"jsonschema/{path}"][0] == "schema.version_changed"
    assert problems["jsonschema/a/b/1.0.0.yaml"] == ("schema.file_id", 1)
    assert problems["jsonschema/c/d/1.0.0.yaml"][1] == 6
    assert problems["jsonschema/ui/button_click/9.0.0.yaml"][0] == "schema.title_taken"
    assert all(one["message"] and one["remedy"] for one in found["problems"])


def test_check__references__resolved_in_the_files_and_in_the_live_registry(client: Client) -> None:
    files = {
        "jsonschema/fragment/own/1.0.0.yaml": f"$id: /fragment/own/1.0.0\n{SCHEMA}properties: {{own: {{type: string}}}}\n",
        "jsonschema/x/y/1.0.0.yaml": (
            f"$id: /x/y/1.0.0\n{SCHEMA}allOf: [{{$ref: /fragment/own/1.0.0}}, {{$ref: /fragment/sample/common/1.0.0}}]\n"
        ),
    }

    found = check(client, files)

    assert found["problems"] == []
    assert set(found["would_publish"]) == {"/fragment/own/1.0.0", "/x/y/1.0.0"}


def breaking(version: str = "1.1.0") -> dict[str, str]:
    old = f"title: x/y\n$id: /x/y/1.0.0\n{SCHEMA}properties:\n  a: {{type: string}}\n"
    new = f"title: x/y\n$id: /x/y/{version}\n{SCHEMA}properties:\n  a: {{type: integer}}\n"
    return {"jsonschema/x/y/1.0.0.yaml": old, f"jsonschema/x/y/{version}.yaml": new}


def of_compatibility(found: Any) -> list[Any]:
    return [one for one in found["findings"] if one["kind"] == "compatibility"]


def test_check__breaking_version__told_with_line_until_it_is_a_major_one(client: Client) -> None:
    found = check(client, breaking())
    told = of_compatibility(found)

    assert (found["is_ok"], found["is_clean"]) == (True, False)
    assert {(one["path"], one["line"]) for one in told} == {("jsonschema/x/y/1.1.0.yaml", 6)}
    assert told[0]["pointer"] == "/properties/a/type"
    assert "2.0.0" in told[0]["remedy"]
    assert of_compatibility(check(client, breaking("2.0.0"))) == []


def test_check__waived__does_not_count(client: Client) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    for rule in {one["code"] for one in check(client, breaking())["findings"] if one["level"] == "error"}:
        Waiver.objects.create(title="x/y", rule=rule, reason="A mistake.", ends_on=tomorrow, author="ann")

    found = check(client, breaking())

    assert of_compatibility(found)[0]["waived"]["reason"] == "A mistake."
    assert found["is_clean"]


def test_check__level_of_the_title__counts(client: Client, tmp_path: Path) -> None:
    for path, text in breaking().items():
        if "1.0.0" in path:
            (tmp_path / path).parent.mkdir(parents=True)
            (tmp_path / path).write_text(text)
    services.import_folder(name="primary", folder=tmp_path)
    SchemaTitle.objects.filter(name="x/y").update(compatibility="NONE")

    assert of_compatibility(check(client, breaking())) == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ([], 400, "check.bad_body"),
        ({"repository": "primary"}, 400, "check.bad_body"),
        ({"repository": "primary", "files": {}}, 400, "check.bad_body"),
        ({"repository": "primary", "files": {"jsonschema/a/1.0.0.yaml": 1}}, 400, "check.bad_body"),
        ({"repository": "primary", "files": {"README.md": ""}}, 400, "check.bad_body"),
        ({"repository": 1, "files": {"jsonschema/a": ""}}, 400, "check.bad_body"),
        ({"repository": "primary\0", "files": {"jsonschema/a": ""}}, 400, "check.bad_body"),
        ({"repository": "nobody", "files": {"jsonschema/a": ""}}, 404, "repository.not_found"),
        ({"repository": "primary", "files": {"jsonschema/a/1.0.0.yaml": "x" * 8_400_000}}, 413, "body.too_large"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_check__unfit_body__problem(client: Client, body: Any, status: int, code: str) -> None:
    response = post(client, CHECK, body)

    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "path",
    ["jsonschema/../../etc/1.0.0.yaml", "jsonschema/.git/1.0.0.yaml", "jsonschema//a/1.0.0.yaml", "jsonschema/a\nb/1.0.0.yaml"],
)
def test_check__odd_paths__harmless(client: Client, path: str) -> None:
    assert post(client, CHECK, {"repository": "primary", "files": {path: "$id: /etc/1.0.0"}}).status_code == 200


def test_check__another_at_work__try_again(client: Client) -> None:
    with api_checks._CHECKS:
        response = post(client, CHECK, {"repository": "primary", "files": breaking()})

    assert (response.status_code, response.json()["code"], response["Retry-After"]) == (503, "check.busy", "2")
    assert check(client, breaking())["is_ok"]


def test_check__too_long__given_up(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_checks, "MAX_CHECK_SECONDS", -1.0)

    assert post(client, CHECK, {"repository": "primary", "files": breaking()}).json()["code"] == "check.too_long"


def test_check__pages_need_login__for_people_with_an_account() -> None:
    stranger = Client(enforce_csrf_checks=True)
    User.objects.create_user("ci", password="a-long-password")
    basic = "Basic " + base64.b64encode(b"ci:a-long-password").decode()
    body = {"repository": "primary", "files": breaking()}

    with override_settings(PAGES_NEED_LOGIN=True):
        refused = post(stranger, CHECK, body)
        allowed = post(stranger, CHECK, body, authorization=basic)
        wrong = post(stranger, CHECK, body, authorization="Basic " + base64.b64encode(b"ci:x").decode())

    assert (refused.status_code, refused.json()["code"]) == (401, "login.needed")
    assert refused["WWW-Authenticate"].startswith("Basic")
    assert allowed.status_code == 200
    assert wrong.status_code == 401


@pytest.mark.parametrize(("stream", "is_right"), [("test.event", True), ("nobody", False), (None, False), ([], False)])
def test_validate__stream__told_whether_it_takes_such_events(
    client: Client, monkeypatch: pytest.MonkeyPatch, stream: Any, *, is_right: bool
) -> None:
    monkeypatch.setattr(panels, "call", lambda *_, **__: ("test.event",))
    event = {"$schema": "/sample/test_event/1.1.0", "meta": {"stream": stream}, "test": "hello"}

    answer = client.post("/api/v1/schemas/validate", event, content_type="application/json").json()

    assert answer["is_stream_right"] is is_right
