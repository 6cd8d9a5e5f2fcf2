"""Schemas over HTTP: files in each form, listings, the list API."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client

from registry import documents, services

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
        ("image/png", "application/yaml"),
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
        "/repositories/primary/jsonschema/sample/test_event/current.yaml",
        "/repositories/primary/jsonschema/ui/button_click/1.0.0",
        "/repositories/absent/jsonschema/",
        "/repositories/absent/",
    ],
)
def test_file__absent__problem_with_code(client: Client, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "schema.unknown"


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

    assert root == [{"name": "primary", "type": "directory"}, {"name": "secondary", "type": "directory"}]
    assert {"1.0.0", "1.0.0.yaml", "1.1.0.json", "latest", "latest.yaml"} <= {entry["name"] for entry in folder}
    assert folder[0].keys() == {"name", "type", "mtime", "size"}
    assert [entry["name"] for entry in above] == ["button_click", "page_load"]


def test_listing__browser__gets_a_page_with_links(client: Client) -> None:
    response = client.get(f"{TITLE}/", headers={"accept": "text/html"})

    assert 'href="1.1.0.yaml"' in response.content.decode()


def test_listing__without_slash__redirects(client: Client) -> None:
    response = client.get(TITLE)

    assert (response.status_code, response["Location"]) == (301, f"{TITLE}/")


def test_api__filters__narrow_the_list(client: Client) -> None:
    every = client.get("/api/v1/schemas").json()
    found = client.get("/api/v1/schemas?field=performer.user_id&repository=primary").json()["results"]
    words = client.get("/api/v1/schemas?q=button+milliseconds").json()["results"]

    assert every["count"] == 10
    assert [title["title"] for title in found] == ["page/change", "revision/create"]
    assert found[0]["versions"] == ["1.0.0", "1.1.0"]
    assert found[0]["latest"] == "1.1.0"
    assert client.get(found[0]["links"]["latest"]).status_code == 200
    assert [title["title"] for title in words] == ["ui/button_click"]


def test_api__post__refused(client: Client) -> None:
    assert client.post("/api/v1/schemas", {}).status_code in {403, 405}
    assert client.post(f"{TITLE}/1.0.0").status_code == 405
