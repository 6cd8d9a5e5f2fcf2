"""`/api/v1/schemas`: list, title, document, diff, usage, findings; errors as problem documents."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from eventplatform import panels
from registry import revisions, services
from registry.models import Repository, SchemaTitle, SchemaVersion, Waiver
from registry.schema import documents

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("samples")]

API = "/api/v1/schemas"
TITLE = f"{API}/sample/test_event"
SCHEMA = "$schema: https://json-schema.org/draft-07/schema#\ntype: object\n"


def publish(folder: Path, files: dict[str, str], name: str = "third") -> None:
    for path, text in files.items():
        file = folder / "jsonschema" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert services.import_folder(name=name, folder=folder).problems == ()


def names(client: Client, query: str) -> list[str]:
    response = client.get(f"{API}?{query}")
    assert response.status_code == 200, response.content
    return [title["title"] for title in response.json()["results"]]


def test_list__filters__narrow_it(client: Client) -> None:
    every = client.get(API).json()
    found = client.get(f"{API}?field=performer.user_id&repository=primary").json()["results"]

    assert every["count"] == 12
    assert [title["title"] for title in found] == ["page/change", "revision/create"]
    assert found[0]["versions"] == ["1.0.0", "1.1.0"]
    assert (found[0]["latest"], found[0]["role"], found[0]["deprecation"]) == ("1.1.0", "primary", None)
    assert names(client, "q=button+milliseconds") == ["ui/button_click"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("field=performer.user", []),
        ("field=user_id", ["fragment/sample/performer"]),
        ("field=performer_user_id", []),
        ("field=%25", []),
        ("field_prefix=performer.user", ["page/change", "revision/create"]),
        ("prefix=page", ["page/change"]),
        ("title=CHANGE", ["page/change"]),
        ("title=100%25", []),
        ("role=secondary&prefix=ui/", ["ui/button_click", "ui/page_load"]),
        ("deprecated=true", []),
        ("q=" + "x" * 5000, []),
        ("utm_source=x&prefix=page", ["page/change"]),
    ],
)
def test_list__filter__exact(client: Client, query: str, expected: list[str]) -> None:
    assert names(client, query) == expected


def test_list__deprecated__at_any_level(client: Client) -> None:
    SchemaTitle.objects.filter(name="page/change").update(deprecated_since=date(2026, 1, 2), deprecation_reason="Old.")
    Repository.objects.filter(name="secondary").update(deprecated_since=date(2026, 1, 3))

    found = client.get(f"{API}?deprecated=true").json()["results"]

    assert {title["title"] for title in found} >= {"page/change", "ui/button_click"}
    change = next(title for title in found if title["title"] == "page/change")
    assert change["deprecation"] == {"since": "2026-01-02", "reason": "Old.", "replacement": "", "level": "title"}
    assert "page/change" not in names(client, "deprecated=false")


@pytest.mark.parametrize(
    "query",
    [
        "role=third",
        "q=%00",
        "field=%00",
        "deprecated=%00",
        "deprecated=maybe",
        "limit=many",
        "limit=0",
        "limit=-1",
        "offset=-1",
    ],
)
def test_list__senseless_parameter__problem(client: Client, query: str) -> None:
    response = client.get(f"{API}?{query}")

    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert response.json()["code"] == "query.invalid"


@pytest.mark.parametrize(("word", "count"), [("yes", 0), ("true", 0), ("no", 12), ("false", 12), ("", 12)])
def test_list__deprecated__as_the_catalogue_says_it_too(client: Client, word: str, count: int) -> None:
    assert client.get(f"{API}?deprecated={word}").json()["count"] == count


def test_list__pages__limit_and_offset(client: Client) -> None:
    first = client.get(f"{API}?limit=3").json()
    second = client.get(first["next"]).json()

    assert (first["count"], len(first["results"]), second["previous"] is not None) == (12, 3, True)
    assert first["results"][0]["title"] < second["results"][0]["title"]


def test_list__links__lead_somewhere(client: Client) -> None:
    for title in client.get(API).json()["results"]:
        for name, link in title["links"].items():
            if name != "intake":
                assert client.get(link).status_code == 200, link


def test_list__thousand_titles__few_statements(client: Client, django_assert_num_queries: Any) -> None:
    repository, version = Repository.objects.get(name="primary"), SchemaVersion.objects.get(schema_id="/page/change/1.0.0")
    titles = SchemaTitle.objects.bulk_create(SchemaTitle(name=f"many/title{n:04}", repository=repository) for n in range(1000))
    rows: list[SchemaVersion] = []
    for title in titles:
        row = SchemaVersion.objects.get(pk=version.pk) if not rows else rows[0]
        copy = SchemaVersion(**{f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name != "id"})
        copy.title, copy.schema_id, copy.path = title, f"/{title.name}/1.0.0", f"{title.name}/1.0.0.yaml"
        rows.append(copy)
    SchemaVersion.objects.bulk_create(rows)
    for title, row in zip(titles, rows, strict=True):
        title.latest = row
    SchemaTitle.objects.bulk_update(titles, ["latest"])

    with django_assert_num_queries(4):
        response = client.get(f"{API}?limit=1000&prefix=many/")

    assert len(response.json()["results"]) == 1000


@pytest.mark.parametrize(
    ("address", "most"), [("", 3), ("/1.0.0", 2), ("/diff", 5), ("/usage", 12), ("/findings", 5), ("/1.1.0/diff", 5)]
)
def test_detail__any__constant_statements(client: Client, django_assert_max_num_queries: Any, address: str, most: int) -> None:
    client.get(f"{TITLE}{address}")

    with django_assert_max_num_queries(most):
        assert client.get(f"{TITLE}{address}").status_code == 200


def test_detail__title__all_its_versions(client: Client) -> None:
    found = client.get(TITLE).json()

    assert found["versions"] == [one["version"] for one in found["history"]] == ["1.0.0", "1.1.0"]
    assert [one["number"] for one in found["history"]] == [1, 2]
    assert (found["compatibility"], found["guidelines"]) == ("BACKWARD", "compatible")
    assert all(client.get(link).status_code == 200 for one in found["history"] for link in one["links"].values())


def test_document__forms__self_contained_or_as_written(client: Client, samples: Path) -> None:
    document = client.get(f"{TITLE}/1.0.0")
    yaml = client.get(f"{TITLE}/1.0.0?form=yaml")
    raw = client.get(f"{TITLE}/1.0.0?form=raw")

    assert (document["Content-Type"], document.json()["$id"]) == (
        "application/schema+json; charset=utf-8",
        "/sample/test_event/1.0.0",
    )
    assert documents.load(yaml.content.decode()) == document.json()
    assert raw.content == (samples / "primary/jsonschema/sample/test_event/1.0.0.yaml").read_bytes()
    assert document["Cache-Control"].endswith("immutable")
    assert client.get(f"{TITLE}/1.0.0", headers={"if-none-match": document["ETag"]}).status_code == 304
    assert client.get(f"{TITLE}/1.0.0?form=xml").json()["code"] == "query.invalid"


def test_diff__two_versions__told_with_verdicts(client: Client, tmp_path: Path) -> None:
    old = f"$id: /x/y/1.0.0\n{SCHEMA}properties: {{a: {{type: string}}}}\n"
    new = f"$id: /x/y/2.0.0\n{SCHEMA}properties: {{a: {{type: integer}}}}\nrequired: [a]\n"
    publish(tmp_path, {"x/y/1.0.0.yaml": old, "x/y/2.0.0.yaml": new})

    found = client.get(f"{API}/x/y/diff").json()
    back = client.get(f"{API}/x/y/diff?from=2.0.0&to=1.0.0").json()

    assert (found["title"], found["from"], found["to"], found["bump"]) == ("x/y", "1.0.0", "2.0.0", "major")
    assert not found["backward"]["holds"]
    assert {change["path"] for change in found["changes"]} == {"a"}
    assert (back["from"], back["to"]) == ("2.0.0", "1.0.0")
    assert client.get(f"{API}/x/y/2.0.0/diff").json() == found
    assert client.get(f"{API}/x/y/diff?to=1.0.0").json()["code"] == "query.invalid"
    assert client.get(f"{API}/x/y/diff?from=9.9.9").json()["code"] == "schema.not_found"


def test_usage__streams_and_references__listed(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(panels._functions, "streamconfig.streams_of_title", lambda title: (f"stream.of.{title}",))
    uses = f"$id: /x/y/1.0.0\n{SCHEMA}allOf: [{{$ref: /fragment/sample/common/1.0.0}}]\n"
    publish(tmp_path, {"x/y/1.0.0.yaml": uses})

    fragment = client.get(f"{API}/fragment/sample/common/usage").json()
    user = client.get(f"{API}/x/y/usage").json()

    assert "/x/y/1.0.0" in [one["schema_id"] for one in fragment["referenced_by"]]
    assert user["refers_to"] == ["/fragment/sample/common/1.0.0"]
    assert user["streams"] == ["stream.of.x/y"]


def test_findings__broken_guideline__told_and_waived(client: Client, tmp_path: Path) -> None:
    text = f"$id: /x/y/1.0.0\ntitle: x/y\ndescription: d\n{SCHEMA}properties: {{camelCase: {{type: string, maxLength: 1}}}}\n"
    publish(tmp_path, {"x/y/1.0.0.yaml": text})

    before = client.get(f"{API}/x/y/findings").json()
    finding = before["findings"][0]
    Waiver.objects.create(title="x/*", rule=finding["code"], reason="Old.", ends_on=timezone.localdate() + timedelta(days=1))
    after = client.get(f"{API}/x/y/findings").json()

    assert (before["profile"], before["is_clean"]) == ("compatible", False)
    assert finding["alias"] == "schema-snake-case-properties"
    assert [one["waived"]["reason"] for one in after["findings"] if one["code"] == finding["code"]] == ["Old."]
    assert client.get(f"{API}/x/y/findings?profile=lax").json()["code"] == "query.invalid"
    assert client.get(f"{API}/x/y/findings?version=7.0.0").status_code == 404


@pytest.mark.parametrize("word", ["diff", "usage", "findings", "validate", "check"])
def test_title__spelt_like_a_question__is_answered_as_a_title(client: Client, tmp_path: Path, word: str) -> None:
    one, two = (f"$id: /x/{end}/1.0.0\n{SCHEMA}" for end in (word, f"{word}/y"))
    publish(tmp_path, {f"x/{word}/1.0.0.yaml": one, f"x/{word}/y/1.0.0.yaml": two, "x/1.0.0.yaml": f"$id: /x/1.0.0\n{SCHEMA}"})

    assert client.get(f"{API}/x/{word}").json()["title"] == f"x/{word}"
    assert client.get(f"{API}/x/{word}/1.0.0").json()["$id"] == f"/x/{word}/1.0.0"
    assert client.get(f"{API}/x/{word}/y").json()["title"] == f"x/{word}/y"
    assert client.get(f"{API}/x/{word}/findings").json()["schema_id"] == f"/x/{word}/1.0.0"
    assert client.get(f"{API}/x/1.0.0/findings").json()["schema_id"] == "/x/1.0.0"


@pytest.mark.parametrize(
    "path",
    [
        "nobody",
        "nobody/1.0.0",
        "sample/test_event/9.0.0",
        "nobody/diff",
        "nobody/usage",
        "a/../b",
        ".git/HEAD",
        "a//b",
        "a b",
        "sample/test_event/diff?from=%00",
        "sample/test_event/findings?version=9.9.9",
        "%00",
        "",
        "x/",
    ],
)
def test_address__unknown__404_as_a_problem(client: Client, path: str) -> None:
    response = client.get(f"{API}/{path}")

    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert response.json()["code"] == "schema.not_found"
    assert response.json()["remedy"]


@pytest.mark.parametrize("path", ["", "/sample/test_event", "/sample/test_event/1.0.0", "/sample/test_event/diff"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_other_methods__405_as_a_problem(path: str, method: str) -> None:
    response = getattr(Client(enforce_csrf_checks=True), method)(f"{API}{path}", {}, content_type="application/json")

    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert response.json()["code"] == "method.not_allowed"


@pytest.mark.parametrize("path", ["", "/sample/test_event", "/sample/test_event/diff"])
def test_answers__same_revision__304_until_something_changes(client: Client, path: str) -> None:
    first = client.get(f"{API}{path}")
    same = client.get(f"{API}{path}", headers={"if-none-match": first["ETag"]})
    revision = revisions.changed_otherwise()
    changed = client.get(f"{API}{path}", headers={"if-none-match": first["ETag"]})

    assert (same.status_code, same["Cache-Control"], same["Access-Control-Allow-Origin"]) == (304, "no-cache", "*")
    assert (changed.status_code, changed["X-Registry-Revision"]) == (200, str(revision))
    assert first["X-Registry-Revision"] == str(revision - 1)


def test_list__large__packed_for_who_can_unpack(client: Client) -> None:
    assert client.get(API, headers={"accept-encoding": "gzip"})["Content-Encoding"] == "gzip"


@override_settings(PAGES_NEED_LOGIN=True)
def test_reading__pages_need_login__stays_open(client: Client) -> None:
    assert client.get(TITLE).status_code == 200
    assert client.get("/repositories/primary/jsonschema/sample/test_event/latest").status_code == 200


def test_options__any_origin__may_ask(client: Client) -> None:
    response = client.options(TITLE)

    assert (response.status_code, response["Access-Control-Allow-Methods"]) == (204, "GET, HEAD, OPTIONS")


def test_errors__json_for_browsers_too(client: Client) -> None:
    response = client.get(f"{API}/nobody", headers={"accept": "text/html"})

    assert json.loads(response.content)["status"] == 404


@pytest.mark.parametrize("language", ["curl", "js", "php", "python-http"])
def test_code__program__sends_the_example(client: Client, language: str) -> None:
    response = client.get(f"{TITLE}/1.1.0/code/{language}")

    assert (response.status_code, response["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert "/v1/events" in response.content.decode()
    assert "/sample/test_event/1.1.0" in response.content.decode()


def test_code__types__are_the_generators(client: Client) -> None:
    typescript = client.get(f"{TITLE}/1.1.0/code/typescript").content.decode()
    python = client.get(f"{TITLE}/1.1.0/code/python").content.decode()

    assert "export interface TestEvent" in typescript or "export type TestEvent" in typescript
    assert "class TestEvent" in python
    compile(python, "types.py", "exec")


def test_code__unknown_language_or_no_example__problem(client: Client, tmp_path: Path) -> None:
    publish(tmp_path, {"x/y/1.0.0.yaml": f"$id: /x/y/1.0.0\n{SCHEMA}"})

    assert client.get(f"{TITLE}/1.1.0/code/cobol").json()["code"] == "query.invalid"
    assert client.get(f"{API}/x/y/1.0.0/code/curl").json()["code"] == "schema.no_example"
