"""A connector as Kafka Connect's JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from connectors import catalog, services
from connectors.connect_export import Export, NotForConnectError, Source, export
from connectors.rules import Rules

NOT_FOR_CONNECT = {"druid", "files", "prometheus"}
TARGETS: dict[str, dict[str, Any]] = {
    "mysql": {"host": "db.example.org", "database": "events", "user": "writer"},
    "postgres": {"url": "postgresql://writer@db.example.org/events"},
    "s3": {"bucket": "events", "access_key_id": "AKIA"},
    "clickhouse": {"url": "https://clickhouse.example.org:8443", "user": "writer"},
    "opensearch": {"url": "https://search.example.org:9200", "user": "writer"},
    "redis": {"url": "redis://writer@cache.example.org:6379/0"},
    "http": {"url": "https://hook.example.org/in"},
    "cassandra": {"hosts": ("c1", "c2"), "user": "writer"},
    "hdfs": {"url": "hdfs://name.example.org:9000", "root": "/events"},
    "kafka": {"servers": "k1:9092", "security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512", "username": "mirror"},
}


def made(kind: str, **rules: Any) -> Export:
    described = catalog.describe(kind)
    target = {one.name: one.default for one in described.target_options} | TARGETS.get(kind, {})
    given = {one.name: one.default for one in described.options}
    return export(Source("to-store", kind, "main-store", ["page.change", "ui.click"], target, given, Rules(**rules)))


def test_export__kafka__hands_on_bytes_and_has_nothing_of_a_sink() -> None:
    found = made("kafka")

    converter = "org.apache.kafka.connect.converters.ByteArrayConverter"
    assert found.config["key.converter"] == found.config["value.converter"] == found.config["header.converter"] == converter
    assert not [name for name in found.config if name.startswith("errors.deadletterqueue")]
    assert not any("connect-<name>" in warning for warning in found.warnings)


@pytest.mark.parametrize("kind", [kind for kind in catalog.names() if kind not in NOT_FOR_CONNECT])
def test_export__every_kind__texts_only_with_class_topics_and_no_secret(kind: str) -> None:
    found = made(kind)

    assert found.config["topics"] == "page.change,ui.click"
    assert "Connector" in found.config["connector.class"]
    assert all(isinstance(value, str) for value in found.config.values())
    secrets = [name for name in found.config if "password" in name or "secret" in name]
    assert all("${file:/etc/kafka-connect/secrets/main-store.properties:" in found.config[name] for name in secrets)
    assert json.loads(json.dumps(found.as_json()))["connector"]["name"] == "to-store"
    assert found.warnings


@pytest.mark.parametrize("kind", sorted(NOT_FOR_CONNECT))
def test_export__nothing_there_does_it__says_so(kind: str) -> None:
    with pytest.raises(NotForConnectError, match=kind):
        made(kind)


def test_export__upsert__by_the_key_of_the_rules() -> None:
    config = made("mysql", mode="upsert", key=("/page/page_id", "/wiki")).config

    assert (config["insert.mode"], config["primary.key.mode"]) == ("upsert", "record_value")
    assert config["primary.key.fields"] == "page__page_id,wiki"
    assert config["connection.url"] == "jdbc:mysql://db.example.org:3306/events"


def test_export__rules_that_connect_lacks__are_warned_of() -> None:
    said = " ".join(made("postgres", privacy={"ip": "drop"}, ttl_seconds=5, records_per_second=2.0).warnings)

    assert "personal data arrives" in said
    assert "ttl_seconds" in said
    assert "records_per_second" in said


@pytest.mark.slow
@pytest.mark.django_db
def test_route__connector_of_redis__as_connect_takes_it(snapshot: object, admin_client: Client) -> None:  # the streams
    redis = {"kind": "redis", "options": {"url": "redis://cache.example.org:6379/0", "password": "planted-77"}}
    to_redis = {"target": "cache", "streams": ["*"]}
    services.import_document(document={"targets": {"cache": redis}, "connectors": {"to-redis": to_redis}})

    answer = admin_client.get("/api/v1/connectors/to-redis/kafka-connect")

    assert answer.status_code == 200
    assert answer.json()["connector"]["config"]["topics"] == "test.event"
    assert "planted-77" not in answer.content.decode()


@pytest.mark.slow
@pytest.mark.django_db
def test_command__connector_of_files__says_why_not(snapshot: object, tmp_path: Path) -> None:  # the streams
    services.import_document(
        document={
            "targets": {"archive": {"kind": "files", "options": {"root": str(tmp_path)}}},
            "connectors": {"files": {"target": "archive", "streams": ["*"]}},
        }
    )

    with pytest.raises(CommandError, match="can't be Kafka Connect's"):
        call_command("export_connect", "files")
