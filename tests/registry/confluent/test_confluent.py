"""The façade for Confluent's clients: shapes, codes, parameters, as their documentation says them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client, override_settings

from eventplatform import panels
from registry import services
from registry.confluent import shapes as confluent
from registry.models import Repository, SchemaTitle, SchemaVersion

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("samples")]

ROOT = "/confluent"
SUBJECT = f"{ROOT}/subjects/sample%2Ftest_event"
CHECK = f"{ROOT}/compatibility/subjects/sample%2Ftest_event/versions"


def get(client: Client, address: str) -> Any:
    response = client.get(f"{ROOT}{address}")
    assert response["Content-Type"] == confluent.CONTENT_TYPE
    return response.json()


def post(client: Client, address: str, body: Any) -> Any:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(address, text, content_type=confluent.CONTENT_TYPE)


def schema(document: Any, **more: Any) -> dict[str, Any]:
    return {"schema": document if isinstance(document, str) else json.dumps(document), "schemaType": "JSON", **more}


def published(schema_id: str = "/sample/test_event/1.1.0") -> dict[str, Any]:
    return SchemaVersion.objects.get(schema_id=schema_id).document


def test_subjects__all__are_the_titles(client: Client) -> None:
    every = get(client, "/subjects")

    assert every == [title.name for title in SchemaTitle.objects.order_by("name")]
    assert get(client, "/subjects?subjectPrefix=page") == ["page/change"]
    assert get(client, "/subjects?subjectPrefix=:.:page") == get(client, "/subjects?subjectPrefix=:*:page") == ["page/change"]
    assert get(client, "/subjects?subjectPrefix=:other:") == []
    assert get(client, "/subjects?offset=1&limit=2") == every[1:3]
    assert get(client, "/subjects?deleted=true&limit=-1") == every
    assert get(client, "/subjects?deletedOnly=true") == get(client, "/subjects?subjectPrefix=%00") == []


@pytest.mark.parametrize("name", ["sample%2Ftest_event", "sample/test_event", ":.:sample%2Ftest_event"])
def test_version__each_spelling__found(client: Client, name: str) -> None:
    found = get(client, f"/subjects/{name}/versions/latest")
    row = SchemaVersion.objects.get(schema_id="/sample/test_event/1.1.0")

    assert get(client, f"/subjects/{name}/versions") == [1, 2]
    assert found.keys() == {"subject", "version", "id", "guid", "schemaType", "schema"}
    assert (found["version"], found["id"], found["schemaType"]) == (2, row.pk, "JSON")
    assert json.loads(found["schema"]) == {**row.document, "$schema": "http://json-schema.org/draft-07/schema#"}
    assert get(client, f"/subjects/{name}/versions/2") == get(client, f"/subjects/{name}/versions/-1") == found
    assert get(client, f"/subjects/{name}/versions/2/schema") == json.loads(found["schema"])


def test_ids__each_address__leads_to_the_version(client: Client) -> None:
    row = SchemaVersion.objects.get(schema_id="/sample/test_event/1.0.0")
    found = get(client, f"/schemas/ids/{row.pk}?subject=anything&fetchMaxId=true")

    assert found["maxId"] == SchemaVersion.objects.order_by("-pk").first().pk  # type: ignore[union-attr]  # there are some
    assert get(client, f"/schemas/ids/{row.pk}/schema") == json.loads(found["schema"])
    assert get(client, f"/schemas/ids/{row.pk}/subjects") == ["sample/test_event"]
    assert get(client, f"/schemas/ids/{row.pk}/subjects?subject=other") == []
    assert get(client, f"/schemas/ids/{row.pk}/versions") == [{"subject": "sample/test_event", "version": 1}]
    assert get(client, f"/schemas/guids/{found['guid']}")["id"] == row.pk


def test_schemas__listed__with_filters(client: Client) -> None:
    every = get(client, "/schemas")

    assert len(every) == SchemaVersion.objects.count()
    assert len(get(client, "/schemas?latestOnly=true")) == SchemaTitle.objects.count()
    assert [one["version"] for one in get(client, "/schemas?subjectPrefix=page/")] == [1, 2]
    assert get(client, "/schemas?offset=1&limit=1") == every[1:2]
    assert get(client, "/schemas?deletedOnly=true") == []


def test_referenced_by__users__ids(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "jsonschema/x/y/1.0.0.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(
        "$id: /x/y/1.0.0\n$schema: https://json-schema.org/draft-07/schema#\nallOf: [{$ref: /fragment/sample/common/1.0.0}]\n"
    )
    services.import_folder(name="third", folder=tmp_path)

    found = get(client, "/subjects/fragment%2Fsample%2Fcommon/versions/1/referencedby")

    assert SchemaVersion.objects.get(schema_id="/x/y/1.0.0").pk in found


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/subjects/nobody/versions", 404, 40401),
        ("/subjects/nobody/versions/1", 404, 40401),
        ("/subjects/nobody-value/versions/latest", 404, 40401),
        ("/subjects/:other:page%2Fchange/versions", 404, 40401),
        ("/subjects/%00/versions", 404, 40401),
        ("/subjects/" + "a" * 5000 + "/versions", 404, 40401),
        ("/subjects/page%2Fchange/versions/9", 404, 40402),
        ("/subjects/page%2Fchange/versions/0", 422, 42202),
        ("/subjects/page%2Fchange/versions/first", 422, 42202),
        ("/subjects/page%2Fchange/versions/99999999999", 422, 42202),
        ("/subjects/page%2Fchange/versions/%D9%A1", 422, 42202),
        ("/schemas/ids/999999999", 404, 40403),
        ("/schemas/ids/99999999999999999999999", 404, 40403),
        ("/schemas/ids/word", 404, 404),
        ("/schemas/guids/word", 404, 40403),
        ("/config/nobody", 404, 40401),
        ("/mode/nobody", 404, 40401),
        ("/nowhere", 404, 404),
        ("/compatibility/subjects/page%2Fchange/versions", 405, 405),
        ("/subjects/page%2Fchange", 405, 405),
        ("/subjects/page%2Fchange/metadata?key=owner&value=me", 404, 40403),
        ("/subjects/nobody/metadata?key=owner&value=me", 404, 40401),
    ],
    ids=lambda value: str(value)[:50],
)
def test_reading__what_is_not_there__confluents_codes(client: Client, address: str, status: int, code: int) -> None:
    response = client.get(f"{ROOT}{address}")

    assert (response.status_code, response["Content-Type"]) == (status, confluent.CONTENT_TYPE)
    assert response.json().keys() == {"error_code", "message"}
    assert response.json()["error_code"] == code


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("delete", "/subjects/sample%2Ftest_event"),
        ("delete", "/subjects/sample%2Ftest_event/versions/1?permanent=true"),
        ("put", "/config"),
        ("put", "/config/sample%2Ftest_event"),
        ("delete", "/config/sample%2Ftest_event"),
        ("put", "/mode?force=true"),
        ("put", "/mode/sample%2Ftest_event"),
        ("post", "/subjects/sample%2Ftest_event/versions?normalize=true"),
        ("post", "/subjects/new/versions"),
    ],
)
def test_writing__anything__refused_as_read_only(method: str, address: str) -> None:
    client = Client(enforce_csrf_checks=True)
    body = json.dumps(schema({"$id": "/new/1.0.0", "type": "object"}))

    response = getattr(client, method)(f"{ROOT}{address}", body, content_type=confluent.CONTENT_TYPE)

    assert (response.status_code, response.json()["error_code"]) == (422, 42205)
    assert SchemaTitle.objects.filter(name="new").count() == 0


@pytest.mark.parametrize("draft", confluent.DRAFT_07_NAMES)
def test_look_up__equal_content__found_however_it_is_written(client: Client, draft: str) -> None:
    document = dict(reversed([*published().items()]))

    found = post(client, f"{SUBJECT}?normalize=false&deleted=true", schema({**document, "$schema": draft})).json()
    again = post(client, f"{SUBJECT}/versions", schema({**document, "$schema": draft})).json()

    assert (found["version"], found["subject"]) == (2, "sample/test_event")
    assert again["id"] == found["id"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (schema({"$id": "/sample/test_event/1.1.0", "type": "object"}), 404, 40403),
        (schema("{"), 422, 42201),
        (schema("[]"), 422, 42201),
        (schema({"type": "nonsense"}), 422, 42201),
        (schema({"$schema": "http://json-schema.org/draft-04/schema#"}), 422, 42201),
        (schema({"$ref": "http://169.254.169.254/latest"}), 422, 42201),
        (schema({"$ref": "file:///etc/passwd"}), 422, 42201),
        (schema({"properties": {"a": {"type": "string", "pattern": "(?=a)"}}}), 422, 42201),
        (schema({"$id": 1}), 422, 42201),
        (schema('{"a":' * 5000 + "1" + "}" * 5000), 422, 42201),
        ({"schema": '"string"', "schemaType": "AVRO"}, 422, 42201),
        ({}, 422, 42201),
        ([], 422, 42201),
        ("{", 400, 400),
        ("x" * 3_000_000, 413, 413),
    ],
    ids=lambda value: str(value)[:40],
)
def test_look_up__anything_else__confluents_codes(client: Client, body: Any, status: int, code: int) -> None:
    response = post(client, SUBJECT, body)

    assert (response.status_code, response.json()["error_code"]) == (status, code)


def test_compatibility__levels__are_the_subjects(client: Client) -> None:
    document = published()
    wider = {**document, "$id": "/sample/test_event/1.2.0"}
    wider["properties"] = {**document["properties"], "more": {"type": "string"}}
    narrower = {**document, "$id": "/sample/test_event/1.2.0", "required": [*document.get("required", []), "test"]}
    narrower["properties"] = {**document["properties"], "test": {"type": "integer", "minimum": 0, "maximum": 1}}

    assert post(client, f"{CHECK}/latest", schema(wider)).json() == {"is_compatible": True}
    told = post(client, f"{CHECK}/latest?verbose=True", schema(narrower)).json()
    assert not told["is_compatible"]
    assert any("/properties/test" in message for message in told["messages"])
    assert post(client, f"{CHECK}?verbose=true", schema(wider)).json() == {"is_compatible": True, "messages": []}
    assert not post(client, CHECK, schema(narrower)).json()["is_compatible"]
    assert post(client, CHECK, schema({**narrower, "$id": "/sample/test_event/2.0.0"})).json()["is_compatible"]

    Repository.objects.update(compatibility="FULL_TRANSITIVE")
    assert get(client, "/config/sample%2Ftest_event") == {"compatibilityLevel": "FULL_TRANSITIVE"}
    SchemaTitle.objects.filter(name="sample/test_event").update(compatibility="NONE")
    assert get(client, "/config/sample%2Ftest_event") == {"compatibilityLevel": "NONE"}
    assert post(client, CHECK, schema(narrower)).json()["is_compatible"]


def test_compatibility__unknown__as_confluent_says(client: Client) -> None:
    new = schema({"type": "object"})

    assert post(client, f"{ROOT}/compatibility/subjects/nobody/versions/latest", new).json() == {"is_compatible": True}
    assert post(client, f"{ROOT}/compatibility/subjects/nobody/versions", new).json() == {"is_compatible": True}
    assert post(client, f"{ROOT}/compatibility/subjects/nobody/versions/3", new).json()["error_code"] == 40402
    assert post(client, f"{CHECK}/9", new).json()["error_code"] == 40402
    assert post(client, f"{CHECK}/latest", schema("{")).json()["error_code"] == 42201


def test_compatibility__references__named_by_subject(client: Client) -> None:
    given = schema(
        {"$id": "/sample/test_event/1.2.0", "allOf": [{"$ref": "/shared/common/1.0.0"}]},
        references=[{"name": "/shared/common/1.0.0", "subject": "fragment/sample/common", "version": 1}],
    )

    assert "is_compatible" in post(client, f"{CHECK}/latest", given).json()


def test_topic_subject__stream_of_a_title__stands_for_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    titles = {"eqiad.test.event": "sample/test_event"}
    monkeypatch.setitem(panels._functions, "streamconfig.title_of_topic", lambda topic: titles.get(topic, ""))

    found = get(client, "/subjects/eqiad.test.event-value/versions/latest")

    assert (found["subject"], found["version"]) == ("eqiad.test.event-value", 2)
    assert post(client, f"{ROOT}/subjects/eqiad.test.event-value", schema(published())).json()["id"] == found["id"]


def test_registry__about_itself__as_clients_ask(client: Client) -> None:
    assert get(client, "/") == {}
    assert get(client, "/schemas/types") == ["JSON"]
    assert get(client, "/config") == {"compatibilityLevel": "BACKWARD"}
    assert get(client, "/mode") == get(client, f"/mode/{quote('sample/test_event', safe='')}") == {"mode": "READONLY"}
    assert get(client, "/contexts") == ["."]
    assert get(client, "/v1/metadata/id")["scope"]["clusters"]


@override_settings(PAGES_NEED_LOGIN=True)
def test_facade__pages_need_login__stays_open(client: Client) -> None:
    response = client.get(f"{ROOT}/subjects")

    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (200, "*")
    assert "X-Registry-Revision" in response
    assert client.options(f"{ROOT}/subjects").status_code == 204


def test_subject__many_versions__few_statements(client: Client, django_assert_max_num_queries: Any) -> None:
    for address, most in (
        (f"{SUBJECT}/versions", 3),
        (f"{SUBJECT}/versions/latest", 3),
        (f"{ROOT}/schemas", 2),
        (f"{ROOT}/subjects", 2),
    ):
        with django_assert_max_num_queries(most):
            client.get(address)
