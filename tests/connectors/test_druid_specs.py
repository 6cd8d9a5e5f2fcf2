"""Supervisor specs are made from schemas alone: the reference's own schemas, and what privacy and policies ask."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import Any

import httpx
import pytest

from connectors.mapping.columns import leaves
from connectors.sinks.base import Reading, StoreDeniedError, Surroundings, UpsertUnsupportedError
from connectors.sinks.druid import DruidFollower, NeedsKafkaError, Options, RuleUnsupportedError, Target
from connectors.steering import Steering
from connectors.stores import druid_api
from connectors.stores.druid_columns import DruidPrivacyError
from eventplatform.core.names import split_schema_id, version_key
from tests.registry import corpus

STREAM = "mediawiki.page_change.v1"
ONE = "/sample/test_event/1.0.0"


def follower(options: Options | None = None, log: str = "kafka://kafka:9092", **target: Any) -> DruidFollower:
    made = DruidFollower("to-druid", Target("http://druid:8888", **target), options or Options())
    made.around = Surroundings(event_log_url=log)
    return made


def schema(**properties: Any) -> dict[str, Any]:
    meta = {"type": "object", "properties": {"dt": {"type": "string", "format": "date-time"}, "id": {"type": "string"}}}
    return {"type": "object", "properties": {"$schema": {"type": "string"}, "meta": meta, **properties}}


def spec(document: dict[str, Any], *, steering: Steering | None = None, options: Options | None = None) -> dict[str, Any]:
    return follower(options).spec(Reading(STREAM, (STREAM,), {ONE: document}, steering or Steering()))


def dimensions(made: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in made["spec"]["dataSchema"]["dimensionsSpec"]["dimensions"]}


def paths(made: dict[str, Any]) -> dict[str, str]:
    value = made["spec"]["ioConfig"]["inputFormat"]["valueFormat"]
    return {one["name"]: one["expr"] for one in value["flattenSpec"]["fields"]}


def families() -> dict[str, dict[str, dict[str, Any]]]:
    """Every title's versions, oldest first."""
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for schema_id in sorted(corpus.versions(), key=lambda one: (split_schema_id(one)[0], version_key(split_schema_id(one)[1]))):
        if not schema_id.startswith("/fragment/"):
            found[split_schema_id(schema_id)[0]][schema_id] = corpus.versions()[schema_id]
    return found


def test_corpus__every_title__one_spec_with_a_column_for_each_field_of_each_version() -> None:
    made = 0
    for title, versions in families().items():
        stream = title.replace("/", ".")
        whole = follower().spec(Reading(stream, (f"eqiad.{stream}", f"codfw.{stream}"), versions))

        wanted = {leaf.pointer for document in versions.values() for leaf in leaves(document)}
        columns = set(dimensions(whole)) - {"_schema", "_topic"}
        assert len(columns) == len(wanted), title
        assert columns <= set(paths(whole))
        assert json.loads(json.dumps(whole)) == whole
        made += 1

    assert made == 37


def test_corpus__each_new_version__keeps_every_column_where_it_was() -> None:
    steps = 0
    for title, versions in families().items():
        ids = list(versions)
        for count in range(1, len(ids)):
            older, newer = ({one: versions[one] for one in ids[:upto]} for upto in (count, count + 1))
            before, after = (paths(follower().spec(Reading(title, (title,), some))) for some in (older, newer))
            assert {name: after[name] for name in before} == before
            steps += 1

    assert steps == 18


def test_spec__types__become_druids() -> None:
    made = spec(
        schema(
            text={"type": "string"},
            count={"type": ["integer", "null"]},
            ratio={"type": "number"},
            ok={"type": "boolean"},
            tags={"type": "array", "items": {"type": "string"}},
            things={"type": "array", "items": {"type": "object"}},
            labels={"type": "object", "additionalProperties": {"type": "string"}},
            page={"type": "object", "properties": {"id": {"type": "integer"}}},
        )
    )

    types = {name: one.get("castToType", one["type"]) for name, one in dimensions(made).items()}
    assert types == {
        "_schema": "string",
        "_topic": "string",
        "meta__dt": "string",
        "meta__id": "string",
        "text": "string",
        "count": "long",
        "ratio": "double",
        "ok": "long",
        "tags": "ARRAY<STRING>",
        "things": "json",
        "labels": "json",
        "page__id": "long",
    }
    assert paths(made)["page__id"] == "$['page']['id']"


def test_spec__versions_that_disagree_on_a_type__a_column_that_holds_both() -> None:
    reading = Reading(
        STREAM,
        (STREAM,),
        {
            "/a/1.0.0": schema(size={"type": "integer"}, kind={"type": "string"}),
            "/a/2.0.0": schema(size={"type": "number"}, kind={"type": "integer"}),
        },
    )

    made = dimensions(follower().spec(reading))

    assert (made["size"]["type"], made["kind"]["type"]) == ("double", "json")


@pytest.mark.parametrize(
    ("topics", "found"),
    [
        (("eqiad.a.b", "codfw.a.b"), {"eqiad.a.b": True, "codfw.a.b": True, "eqiad.axb": False, "eqiad.a.b.c": False}),
        (("a-b_c",), {"a-b_c": True, "a-b_d": False}),
    ],
)
def test_spec__topics__are_a_pattern_of_exactly_these(topics: tuple[str, ...], found: dict[str, bool]) -> None:
    io = follower().spec(Reading(STREAM, topics, {ONE: schema()}))["spec"]["ioConfig"]

    assert {topic: bool(re.fullmatch(io["topicPattern"], topic)) for topic in found} == found


def test_spec__personal_data_to_drop__has_no_column_and_is_not_read() -> None:
    document = schema(http={"type": "object", "properties": {"client_ip": {"type": "string", "x-pii": "ip"}}})

    made = spec(document, steering=Steering(privacy={"ip": "drop"}))

    assert "http__client_ip" not in dimensions(made)
    assert "client_ip" not in json.dumps(made)


@pytest.mark.parametrize("action", ["hash", "truncate"])
def test_spec__personal_data_to_change__refused_with_the_place(action: str) -> None:
    document = schema(http={"type": "object", "properties": {"client_ip": {"type": "string", "x-pii": "ip"}}})

    with pytest.raises(DruidPrivacyError, match=f"{action} /http/client_ip"):
        spec(document, steering=Steering(privacy={"*": action}))


def test_spec__personal_data_inside_a_json_column__refused() -> None:
    people = {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string", "x-pii": "name"}}}}

    with pytest.raises(DruidPrivacyError, match="what lies in /people"):
        spec(schema(people=people), steering=Steering(privacy={"name": "drop"}))


def test_spec__marks_that_are_kept__are_columns() -> None:
    document = schema(ip={"type": "string", "x-pii": "ip"}, agent={"type": "string", "x-pii": "user_agent"})

    made = dimensions(spec(document, steering=Steering(privacy={"ip": "keep", "*": "drop"})))

    assert "ip" in made
    assert "agent" not in made


def test_spec__upsert__refused() -> None:
    with pytest.raises(UpsertUnsupportedError):
        spec(schema(), steering=Steering(is_upsert=True, key=("/id",)))


@pytest.mark.parametrize(
    "steering", [Steering(types="freeze"), Steering(columns="discard_row"), Steering(records_per_second=5.0)]
)
def test_spec__rule_that_druid_can_not_keep__refused(steering: Steering) -> None:
    with pytest.raises(RuleUnsupportedError):
        spec(schema(), steering=steering)


def test_spec__other_log_than_kafka__refused() -> None:
    with pytest.raises(NeedsKafkaError):
        follower(log="postgresql:///events").spec(Reading(STREAM, (STREAM,), {ONE: schema()}))


def test_spec__time_field__before_the_platforms_own() -> None:
    made = spec(schema(dt={"type": "string"}), options=Options(time_field="/dt"))

    assert paths(made)["chosen.time"] == "$['dt']"
    (transform,) = made["spec"]["dataSchema"]["transformSpec"]["transforms"]
    assert transform["expression"].startswith('nvl(timestamp_parse("chosen.time")')


def test_spec__secrets_of_kafka__come_from_the_environment_of_druids_machines() -> None:
    target: dict[str, Any] = {
        "kafka_properties": {"security.protocol": "SASL_SSL"},
        "kafka_environment": {"sasl.jaas.config": "KAFKA_JAAS"},
        "kafka_servers": "inner:9093",
    }

    made = follower(**target).spec(Reading(STREAM, (STREAM,), {ONE: schema()}))

    consumer = made["spec"]["ioConfig"]["consumerProperties"]
    assert consumer["bootstrap.servers"] == "inner:9093"
    assert consumer["druid.dynamic.config.provider"] == {"type": "environment", "variables": {"sasl.jaas.config": "KAFKA_JAAS"}}


def test_spec__password_of_the_log__is_never_in_it() -> None:
    made = follower(log="kafka://user:planted@kafka:9092?security_protocol=SASL_SSL").spec(
        Reading(STREAM, (STREAM,), {ONE: schema()})
    )

    assert "planted" not in json.dumps(made)
    assert made["spec"]["ioConfig"]["consumerProperties"]["bootstrap.servers"] == "kafka:9092"


def test_spec__same_again__same_digest_and_another_schema_another() -> None:
    one, again, other = spec(schema()), spec(schema()), spec(schema(more={"type": "string"}))

    digests = [made["context"]["eventplatform"]["digest"] for made in (one, again, other)]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize("status", [401, 403])
def test_answer__user_turned_away__denied(status: int) -> None:
    with pytest.raises(StoreDeniedError):
        druid_api._read(httpx.Response(status), "anything")
