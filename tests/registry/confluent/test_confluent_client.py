"""Confluent's stock Python client against the façade, unchanged: it reads, looks up, checks, serialises and deserialises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, record_subject_name_strategy
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext, SerializationError
from pytest_django.live_server_helper import LiveServer

from eventplatform import panels
from registry import services
from registry.models import SchemaVersion
from tests.registry.conftest import EXAMPLES

pytestmark = pytest.mark.slow

TITLE, TOPIC = "sample/test_event", "eqiad.test.event"
EVENT = {
    "$schema": "/sample/test_event/1.1.0",
    "meta": {"stream": "test.event", "dt": "2026-11-25T00:00:00Z", "id": "b0caf18d-6c7f-4403-947d-2712bbe28610"},
    "test": "hello",
}
WITHOUT_REGISTERING = {"auto.register.schemas": False, "use.latest.version": True}
IN_TOPIC = SerializationContext(TOPIC, MessageField.VALUE)


@pytest.fixture
def client(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[SchemaRegistryClient]:
    services.import_folder(name="primary", folder=Path(EXAMPLES) / "primary")
    titles = {TOPIC: TITLE}
    monkeypatch.setitem(panels._functions, "streamconfig.title_of_topic", lambda topic: titles.get(topic, ""))
    with SchemaRegistryClient({"url": f"{live_server.url}/confluent", "max.retries": 0}) as opened:
        yield opened


def example() -> dict[str, Any]:
    given: dict[str, Any] = SchemaVersion.objects.get(schema_id="/sample/test_event/1.1.0").document["examples"][0]
    return given


def test_client__reading__finds_everything(client: SchemaRegistryClient) -> None:
    latest = client.get_latest_version(TITLE)
    assert latest.schema_id is not None
    schema = client.get_schema(latest.schema_id)

    assert TITLE in client.get_subjects()
    assert client.get_subjects(subject_prefix="sample/") == [TITLE]
    assert client.get_versions(TITLE) == [1, 2]
    assert (latest.subject, latest.version) == (TITLE, 2)
    assert client.get_version(TITLE, 1).version == 1
    assert schema.schema_type == "JSON"
    assert schema.schema_str == latest.schema.schema_str
    assert latest.guid is not None
    assert client.get_schema_by_guid(latest.guid).schema_str == schema.schema_str
    assert client.get_schema_types() == ["JSON"]
    assert client.get_subjects_by_schema_id(latest.schema_id) == [TITLE]
    assert [(one.subject, one.version) for one in client.get_schema_versions(latest.schema_id)] == [(TITLE, 2)]
    assert client.get_referenced_by(TITLE, 2) == []
    assert client.get_contexts() == ["."]


def test_client__rules__told(client: SchemaRegistryClient) -> None:
    assert client.get_compatibility() == client.get_compatibility(TITLE) == "BACKWARD"
    assert client.get_config(TITLE).compatibility_level is not None
    assert client.get_mode(TITLE) == client.get_global_mode() == "READONLY"


def test_client__looking_up_and_checking__answered(client: SchemaRegistryClient) -> None:
    latest = client.get_latest_version(TITLE)
    broken = Schema('{"type": "array", "items": {"type": "string"}}', "JSON")

    assert client.lookup_schema(TITLE, Schema(latest.schema.schema_str, "JSON")).version == 2
    assert client.register_schema(TITLE, Schema(latest.schema.schema_str, "JSON")) == latest.schema_id
    assert client.test_compatibility(TITLE, latest.schema)
    assert not client.test_compatibility(TITLE, broken, verbose=True)
    assert not client.test_compatibility_all_versions(TITLE, broken)


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [
        (lambda client: client.get_latest_version("nobody"), 404, 40401),
        (lambda client: client.get_version(TITLE, 9), 404, 40402),
        (lambda client: client.get_schema(999_999), 404, 40403),
        (lambda client: client.lookup_schema(TITLE, Schema("{}", "JSON")), 404, 40403),
        (lambda client: client.lookup_schema(TITLE, Schema("{", "JSON")), 422, 42201),
        (lambda client: client.register_schema("new", Schema("{}", "JSON")), 422, 42205),
        (lambda client: client.delete_subject(TITLE, permanent=True), 422, 42205),
        (lambda client: client.delete_version(TITLE, 1), 422, 42205),
        (lambda client: client.set_compatibility(TITLE, "NONE"), 422, 42205),
        (lambda client: client.update_mode(TITLE, "READWRITE"), 422, 42205),
    ],
)
def test_client__errors__understood(client: SchemaRegistryClient, call: Any, status: int, code: int) -> None:
    with pytest.raises(SchemaRegistryError) as caught:
        call(client)

    assert (caught.value.http_status_code, caught.value.error_code) == (status, code)
    assert caught.value.error_message


def test_serialiser__topics_subject__round_trip(client: SchemaRegistryClient) -> None:
    serialise = JSONSerializer(None, client, conf=WITHOUT_REGISTERING)
    event = example()

    sent = serialise(event, IN_TOPIC)

    assert sent is not None
    assert int.from_bytes(sent[1:5]) == client.get_latest_version(TITLE).schema_id
    assert JSONDeserializer(None, schema_registry_client=client)(sent, IN_TOPIC) == event
    with pytest.raises(SerializationError):
        serialise({**event, "test": 1}, IN_TOPIC)


def test_serialiser__records_name__round_trip(client: SchemaRegistryClient) -> None:
    text = client.get_latest_version(TITLE).schema.schema_str
    conf = {"auto.register.schemas": False, "subject.name.strategy": record_subject_name_strategy}
    serialise = JSONSerializer(text, client, conf=conf)

    sent = serialise(example(), IN_TOPIC)

    assert sent is not None
    assert JSONDeserializer(text)(sent, IN_TOPIC) == example()


def test_serialiser__as_it_comes__registers_nothing_new(client: SchemaRegistryClient) -> None:
    text = client.get_latest_version(TITLE).schema.schema_str

    assert JSONSerializer(text, client)(example(), IN_TOPIC) is not None
    with pytest.raises(SchemaRegistryError, match="read-only"):
        JSONSerializer('{"title": "new", "type": "object"}', client)({}, IN_TOPIC)
