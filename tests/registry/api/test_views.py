"""Schemas as files over HTTP: each form, listings, headers; nothing beside what is published."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from registry import services
from registry.models import Repository, SchemaTitle, SchemaVersion
from registry.schema import documents

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("samples")]

TITLE = "/repositories/primary/jsonschema/sample/test_event"


def test_file__yaml__is_what_was_written(client: Client, samples: Path) -> None:
    response = client.get(f"{TITLE}/1.0.0.yaml")

    assert response.content == (samples / "primary/jsonschema/sample/test_event/1.0.0.yaml").read_bytes()
    assert response["Content-Type"] == "application/yaml; charset=utf-8"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("address", ["latest", "latest.yaml", "latest.json", "1.1.0", "1.1.0.json"])
def test_file__each_name__is_the_newest_version(client: Client, address: str) -> None:
    response = client.get(f"{TITLE}/{address}")

    assert documents.load(response.content.decode())["$id"] == "/sample/test_event/1.1.0"
    assert response["Cache-Control"].startswith("public, max-age=60" if "latest" in address else "public, max-age=31536000")


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/yaml"),
        ("application/json", "application/json"),
        ("application/schema+json", "application/schema+json"),
        ("application/schema+json, application/yaml;q=0.5", "application/schema+json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/plain"),
        ("application/yaml, application/json;q=0.1", "application/yaml"),
    ],
)
def test_file__without_ending__accept_decides(client: Client, accept: str, content_type: str) -> None:
    response = client.get(f"{TITLE}/1.0.0", headers={"accept": accept})

    assert response["Content-Type"] == f"{content_type}; charset=utf-8"
    assert "Accept" in response["Vary"]
    if content_type.endswith("json"):
        assert json.loads(response.content)["$id"] == "/sample/test_event/1.0.0"


def test_file__known_etag__not_modified(client: Client) -> None:
    first = client.get(f"{TITLE}/latest")

    second = client.get(f"{TITLE}/latest", headers={"if-none-match": first["ETag"]})

    assert second.status_code == 304
    assert second["Access-Control-Allow-Origin"] == "*"
    assert client.get(f"{TITLE}/latest.json")["ETag"] != first["ETag"]


@pytest.mark.parametrize(
    "path",
    [
        "/repositories/primary/jsonschema/sample/test_event/9.0.0",
        "/repositories/primary/jsonschema/.git/HEAD",
        "/repositories/primary/jsonschema/../../etc/passwd",
        "/repositories/primary/jsonschema/sample/test_event/README.md",
        "/repositories/primary/jsonschema/ui/button_click/1.0.0",
        "/repositories/absent/jsonschema/",
        "/repositories/absent/",
    ],
)
def test_file__absent__problem_with_code(client: Client, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "repository.no_such_file"


def test_file__with_references__served_self_contained(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "jsonschema/x/y/1.0.0.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(
        "$id: /x/y/1.0.0\n$schema: https://json-schema.org/draft-07/schema#\nallOf: [{$ref: /fragment/sample/common/1.0.0}]\n"
    )
    services.import_folder(name="third", folder=tmp_path)

    response = client.get("/repositories/third/jsonschema/x/y/1.0.0.yaml")

    assert "$ref" not in response.content.decode()
    assert "request_id" in documents.load(response.content.decode())["properties"]["meta"]["properties"]


def test_listing__json__has_the_references_shape(client: Client) -> None:
    root = client.get("/repositories/", headers={"accept": "application/json"}).json()
    folder = client.get(f"{TITLE}/", headers={"accept": "application/json"}).json()
    above = client.get("/repositories/secondary/jsonschema/ui/", headers={"accept": "application/json"}).json()

    assert [(entry["name"], entry["type"]) for entry in root] == [("primary", "directory"), ("secondary", "directory")]
    assert root[0]["mtime"].endswith(" GMT")
    assert {"1.0.0", "1.0.0.yaml", "1.1.0.json", "latest", "latest.yaml"} <= {entry["name"] for entry in folder}
    assert {frozenset(entry) for entry in folder} == {frozenset({"name", "type", "mtime", "size"})}
    assert [entry["name"] for entry in folder] == sorted(entry["name"] for entry in folder)
    assert [entry["name"] for entry in above] == ["button_click", "page_load"]


def test_listing__known_etag__not_modified(client: Client) -> None:
    first = client.get(f"{TITLE}/", headers={"accept": "application/json"})
    again = client.get(f"{TITLE}/", headers={"accept": "application/json", "if-none-match": first["ETag"]})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Cache-Control"] == first["Cache-Control"]


def test_file__base_with_a_slash_before_an_id__found_as_by_the_reference(client: Client) -> None:
    found = client.get("/repositories/primary/jsonschema//sample/test_event/1.1.0")

    assert found.content == client.get(f"{TITLE}/1.1.0").content
    assert found["Content-Location"] == f"{TITLE}/1.1.0.yaml"


def test_listing__browser__gets_a_page_with_links(client: Client) -> None:
    response = client.get(f"{TITLE}/", headers={"accept": "text/html"})

    assert 'href="1.1.0.yaml"' in response.content.decode()


def test_listing__without_slash__redirects(client: Client) -> None:
    response = client.get(TITLE)

    assert (response.status_code, response["Location"]) == (301, f"{TITLE}/")


def test_listing__sizes__are_those_of_the_files(client: Client) -> None:
    for entry in client.get(f"{TITLE}/").json():
        assert len(client.get(f"{TITLE}/{entry['name']}").content) == entry["size"], entry["name"]


def test_listing__browser__is_the_readers_own(client: Client) -> None:
    page = client.get(f"{TITLE}/", headers={"accept": "text/html"})
    data = client.get(f"{TITLE}/")

    assert page["Cache-Control"].startswith("private")
    assert data["Cache-Control"] == "public, max-age=60"
    assert "Set-Cookie" not in data
    assert all("Accept" in answer["Vary"] for answer in (page, data))


@pytest.mark.parametrize(
    "path",
    ["/repositories", "/repositories/primary", "/repositories/primary/jsonschema", "/repositories/primary/jsonschema/sample"],
)
def test_folder__without_slash__redirects(client: Client, path: str) -> None:
    response = client.get(path)

    assert (response.status_code, response["Location"]) == (301, f"{path}/")


def test_current_and_changelog__stored__served_for_a_minute(client: Client) -> None:
    text = "title: sample/test_event\n$id: /sample/test_event/1.2.0\n"
    SchemaTitle.objects.filter(name="sample/test_event").update(current_text=text, changelog_text="# 1.1.0\n")

    current, changelog = client.get(f"{TITLE}/current.yaml"), client.get(f"{TITLE}/CHANGELOG.md")
    names = {entry["name"]: entry["size"] for entry in client.get(f"{TITLE}/").json()}

    assert (current.content.decode(), current["Content-Type"]) == (text, "application/yaml; charset=utf-8")
    assert changelog["Content-Type"] == "text/markdown; charset=utf-8"
    assert current["Cache-Control"] == changelog["Cache-Control"] == "public, max-age=60"
    assert (names["current.yaml"], names["CHANGELOG.md"]) == (len(text), 8)


@pytest.mark.parametrize("accept", ["image/png", "application/yaml;q=0, application/json;q=0", "*/*;q=0", "application/avro"])
def test_file__nothing_acceptable__406_but_not_where_the_address_decides(client: Client, accept: str) -> None:
    response = client.get(f"{TITLE}/1.0.0", headers={"accept": accept})

    assert (response.status_code, response.json()["code"]) == (406, "accept.none_fits")
    assert client.get(f"{TITLE}/1.0.0.yaml", headers={"accept": accept}).status_code == 200


def test_file__packed__has_an_etag_of_its_own(client: Client) -> None:
    plain = client.get(f"{TITLE}/1.0.0.json")
    packed = client.get(f"{TITLE}/1.0.0.json", headers={"accept-encoding": "br, gzip"})
    again = client.get(f"{TITLE}/1.0.0.json", headers={"accept-encoding": "gzip", "if-none-match": packed["ETag"]})

    assert gzip.decompress(packed.content) == plain.content
    assert packed["ETag"] == plain["ETag"].removesuffix('"') + '-gz"'
    assert not packed["ETag"].startswith("W/")
    assert "Accept-Encoding" in plain["Vary"]
    assert again.status_code == 304
    assert client.get(f"{TITLE}/1.0.0.json", headers={"accept-encoding": "gzip;q=0"}).content == plain.content


def test_file__head__as_get_without_the_body(client: Client) -> None:
    get, head = client.get(f"{TITLE}/latest"), client.head(f"{TITLE}/latest")

    assert head.content == b""
    assert head["Content-Length"] == str(len(get.content))
    assert (head["ETag"], head["Content-Location"]) == (get["ETag"], f"{TITLE}/1.1.0.yaml")


@pytest.mark.parametrize("path", [f"{TITLE}/1.0.0", f"{TITLE}/", "/repositories/", "/repositories/nobody/at/all"])
def test_options__any_address__is_a_preflight(client: Client, path: str) -> None:
    response = client.options(path, headers={"origin": "https://example.org", "access-control-request-method": "GET"})

    assert (response.status_code, response.content) == (204, b"")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
def test_other_methods__405_as_a_problem(method: str) -> None:
    response = getattr(Client(enforce_csrf_checks=True), method)(f"{TITLE}/1.0.0")

    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "method.not_allowed"


@pytest.mark.parametrize(
    ("rows", "since"), [(SchemaVersion.objects, "version"), (SchemaTitle.objects, "title"), (Repository.objects, "repository")]
)
def test_deprecated__told_in_headers(client: Client, rows: Any, since: str) -> None:
    rows.update(deprecated_since=date(2026, 1, 2), replacement="ui/button_click")

    for path in ("latest", "1.0.0.yaml"):
        response = client.get(f"{TITLE}/{path}")
        again = client.get(f"{TITLE}/{path}", headers={"if-none-match": response["ETag"]})

        assert response["Deprecation"] == again["Deprecation"] == "@1767312000", since
        assert 'rel="successor-version"' in response["Link"]
        assert "</repositories/secondary/jsonschema/ui/button_click/latest>" in response["Link"]
        assert '</schemas/sample/test_event>; rel="deprecation"' in response["Link"]


def test_not_deprecated__no_header(client: Client) -> None:
    assert not client.get(f"{TITLE}/latest").has_header("Deprecation")


MUTANTS = [
    "../../../etc/passwd",
    "../../../../../../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%252e%252e/%252e%252e/etc/passwd",
    "..;/..;/etc/passwd",
    "..\\..\\etc\\passwd",
    "..%5c..%5cetc%5cpasswd",
    "....//....//etc/passwd",
    "sample/../../../.git/config",
    "sample/../sample/test_event/1.0.0",
    "./sample/test_event/1.0.0",
    "sample/./test_event/1.0.0",
    "sample//test_event/1.0.0",
    "//etc/passwd",
    "sample/test_event//1.0.0",
    "sample/test_event/1.0.0//",
    "sample/test_event/1.0.0/",
    "sample/test_event/1.0.0/.",
    "sample/test_event/1.0.0/..",
    "sample/test_event/1.0.0%00",
    "sample/test_event/1.0.0%00.yaml",
    "sample%00/test_event/1.0.0",
    "%00",
    ".git/HEAD",
    ".git/config",
    "%2egit/HEAD",
    "sample/.git/HEAD",
    "sample/test_event/.1.0.0",
    ".env",
    "sample/test_event/.current.yaml",
    "sample/test_event/1.0.0.yaml%0a",
    "sample/test_event/1.0.0.yaml%20",
    "sample/test_event/%0d%0aSet-Cookie:a=b/1.0.0",
    "sample/test_event/01.0.0",
    "sample/test_event/1.0.0.yml",
    "sample/test_event/1.0.0.YAML",
    "sample/test_event/\u0661.\u0660.\u0660",
    "sample/test_event/\uff11.0.0",
    "sample/test\u2024event/1.0.0",
    "s\u0430mple/test_event/1.0.0",
    "%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
    "%ff%fe/1.0.0",
    "sample/test_event/99999999999999999999.0.0",
    "sample/test_event/-1.0.0",
    "sample/test_event/1.0.0;jsessionid=1",
    "sample/test_event/1.0.0*",
    "sample/test_%/1.0.0",
    "sample/test_event/latest.md",
    "~root/1.0.0",
    "a/" * 2_000 + "1.0.0",
    "a" * 60_000,
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant[:40])
def test_address__hostile__404_and_nothing_read(client: Client, mutant: str) -> None:
    response = client.get(f"/repositories/primary/jsonschema/{mutant}")

    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert response.json()["code"] == "repository.no_such_file"
    assert len(response.content) < 1000


@pytest.mark.parametrize(
    "place", ["../etc/passwd", ".git/HEAD", "primary/.git/HEAD", "primary/.git/config", "primary/README.md", "a b/"]
)
def test_address__beside_the_schemas__404(client: Client, place: str) -> None:
    response = client.get(f"/repositories/{place}")

    assert (response.status_code, response.json()["code"]) == (404, "repository.no_such_file")


def test_file__many_reads__one_statement_each(client: Client, django_assert_num_queries: Any) -> None:
    client.get(f"{TITLE}/1.0.0.yaml")
    client.get(f"{TITLE}/latest")

    with django_assert_num_queries(1):
        client.get(f"{TITLE}/1.0.0.yaml")
    with django_assert_num_queries(1):
        client.get(f"{TITLE}/latest")


def test_listing__page__breaks_long_names(client: Client) -> None:
    assert "/static/schema.css" in client.get(f"{TITLE}/", headers={"accept": "text/html"}).content.decode()
