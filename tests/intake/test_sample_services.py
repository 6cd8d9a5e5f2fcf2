"""The services of the sample, through the lane: each takes its own streams at its own address and host, under its own rules."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
import yaml
from django.conf import settings

from eventplatform.broker.memory import MemoryLog
from intake.service import Intake
from registry.schema import documents
from registry.schema.compiled import Schema
from registry.schema.repository_files import read_folder
from streamconfig.configuration.document import read
from streamconfig.configuration.stream_set import StreamSet
from tests.contracts.intake_doors import LaneDoor, Reply

EXAMPLES = settings.BASE_DIR / "examples"
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def schemas() -> Mapping[str, Schema]:
    folders = (EXAMPLES / "schemas" / name for name in ("primary", "secondary"))
    read_ones = (documents.load(file.text) for folder in folders for file in read_folder(folder).files)
    return {document["$id"]: Schema(document) for document in read_ones}


@pytest.fixture(scope="module")
def configuration(schemas: Mapping[str, Schema]) -> Any:
    found = StreamSet(read(yaml.safe_load((EXAMPLES / "streams.yaml").read_text())))
    streams = {one.stream.name: one.stream for one in found.entries}
    return SimpleNamespace(
        revision=1,
        streams=streams,
        every_stream=streams.values(),
        services=found.services,
        find_stream=streams.get,
        find_schema=schemas.get,
    )


@pytest.fixture(scope="module")
def door(configuration: Any) -> LaneDoor:
    log = MemoryLog()
    for name in configuration.streams:
        log.create_topic(name)
    return LaneDoor(Intake(configuration=lambda: configuration, producer=log.producer()))


def example(schemas: Mapping[str, Schema], configuration: Any, stream: str, *, number: int = 0) -> dict[str, Any]:
    """The newest example of a stream's schema, made out to the stream."""
    title = configuration.streams[stream].schema_title
    schema = max((one for one in schemas.values() if one.title == title), key=lambda one: one.schema_id)
    event: dict[str, Any] = orjson.loads(orjson.dumps(next(iter(schema.examples))))
    meta = {key: value for key, value in event["meta"].items() if key != "id"}
    return {**event, "meta": {**meta, "stream": stream, "id": f"00000000-0000-4000-8000-{number:012d}"}}


def post(door: LaneDoor, path: str, body: Any, **headers: str) -> Reply:
    return door.send("POST", path, orjson.dumps(body), {**JSON, **headers})


def test_each_service__takes_the_streams_that_name_it_and_no_others(
    door: LaneDoor, configuration: Any, schemas: Mapping[str, Schema]
) -> None:
    answers = {
        (service, name): post(door, f"/{service}/v1/events", example(schemas, configuration, name, number=number)).status
        for service in configuration.services
        for number, (name, stream) in enumerate(configuration.streams.items())
        if stream.schema_title != "error"
    }

    assert {service for service, _ in answers} == {"main", "analytics", "analytics-external", "logging-external"}
    for (service, name), status in answers.items():
        is_own = configuration.streams[name].service == service
        assert (status in {201, 202}) == is_own, (service, name, status)
        assert configuration.streams[name].service in configuration.services


def test_hosts__of_browsers__mean_their_service(door: LaneDoor, configuration: Any, schemas: Mapping[str, Schema]) -> None:
    click = example(schemas, configuration, "ui.button_click", number=101)

    assert post(door, "/v1/events", click, host="intake.example.org").status == 201
    assert post(door, "/v1/events", {**click, "meta": {**click["meta"], "id": "x"}}, host="logging.example.org").status == 400


def test_limits__of_browsers__are_narrower_than_those_of_servers(
    door: LaneDoor, configuration: Any, schemas: Mapping[str, Schema]
) -> None:
    many = [example(schemas, configuration, "ui.button_click", number=1000 + number) for number in range(101)]
    inside = [example(schemas, configuration, "test.event", number=2000 + number) for number in range(101)]

    assert post(door, "/analytics-external/v1/events", many).status == 413
    assert post(door, "/main/v1/events", inside).status == 201


def test_reports__where_the_address_says_stream_and_schema__are_taken(
    door: LaneDoor, configuration: Any, schemas: Mapping[str, Schema]
) -> None:
    event = example(schemas, configuration, "client.error", number=3000)
    report = {**event, "meta": {key: value for key, value in event["meta"].items() if key != "stream"}}
    schema = report.pop("$schema")
    query = f"stream=client.error&schema_uri={schema}"

    answer = post(door, f"/logging-external/v1/events?{query}", [report], **{"content-type": "application/reports+json"})

    assert answer.status == 201, answer.body
    assert post(door, f"/main/v1/events?{query}", [report]).status == 400
