"""The reference's real schemas and their examples, through HTTP into the Postgres log, at both doors."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import orjson
import pytest
from django.conf import settings
from pytest_django import Settings

from eventplatform import eventlog
from eventplatform.broker.base import Log, partitions_of
from eventplatform.core.records import TopicPartition
from registry import lookups as registry
from registry import services as registry_services
from registry.schema.compiled import Schema
from tests import configuring
from tests.intake.required_fields import FILLED, pointer, required_paths, without
from tests.intake.serving import serving
from tests.registry import corpus

pytestmark = pytest.mark.slow
APPLICATIONS = {"lane": ("eventplatform.asgi:application", "asgi"), "drf": ("eventplatform.wsgi:application", "wsgi")}


@pytest.fixture
def log(child_environment: dict[str, str], settings: Settings) -> Iterator[Log]:
    """The log in the test's database, in this process too."""
    settings.EVENT_LOG_URL = child_environment["EVENT_LOG_URL"]
    yield eventlog.event_log()
    eventlog.event_log().close()
    eventlog._opened = None  # the next test opens its own


@pytest.fixture
def schemas(log: Log) -> list[Schema]:
    """The repository imported, a stream per title outside fragment/, their topics made; every version."""
    folder = corpus.repository()
    report = registry_services.import_folder(name="primary", folder=folder)
    assert report.is_ok, report.problems
    known = registry.schemas(is_fresh=True)
    titles = [title for title in known.titles() if not title.startswith("fragment/")]
    found = [known.get(f"/{title}/{version}") for title in titles for version in known.versions(title)]
    schemas = [schema for schema in found if schema is not None]
    own = {schema.document["title"] for schema in schemas}
    assert own != set(titles)  # /webrequest/1.0.0 calls itself development/webrequest
    streams = {stream_of(title): {"schema_title": title, "destination_event_service": "main"} for title in own}
    configuring.configure({"streams": streams}, author="test", reason="corpus")
    return schemas


@pytest.fixture(params=["lane", "drf"])
def client(request: pytest.FixtureRequest, schemas: list[Schema], child_environment: dict[str, str]) -> Iterator[httpx.Client]:
    """A client of the real application; it starts when the configuration stands."""
    application, interface = APPLICATIONS[request.param]
    with (
        serving(application, interface, child_environment) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client,
    ):
        yield client


def stream_of(title: str) -> str:
    return title.replace("/", ".")


def examples(schemas: list[Schema]) -> list[tuple[Schema, dict[str, Any]]]:
    """Every example, addressed to its title's stream."""
    found = []
    for schema in schemas:
        for example in copy.deepcopy(schema.examples):
            example["meta"]["stream"] = stream_of(schema.document["title"])
            found.append((schema, example))
    return found


def expected(path: tuple[str | int, ...]) -> tuple[str, str]:
    """Code and place of an event that lacks the field at `path`."""
    codes: dict[tuple[str | int, ...], str] = {
        ("$schema",): "schema.missing",
        ("meta",): "stream.missing",
        ("meta", "stream"): "stream.missing",
    }
    return codes.get(path, "event.invalid"), pointer(path)


def places(failure: Mapping[str, Any]) -> tuple[str, set[str]]:
    """The code and all places that a refusal names."""
    return failure["code"], {failure["pointer"], *(found["pointer"] for found in failure.get("violations", ()))}


def test_corpus__every_example__accepted_and_in_the_log(client: httpx.Client, schemas: list[Schema], log: Log) -> None:
    given = examples(schemas)
    assert (len({schema.title for schema in schemas}), len(given)) == (37, 63)
    before = ends(log)

    refused = {}
    for schema, example in given:
        answer = client.post("/v1/events", json=example)
        if answer.status_code != 201:
            refused[schema.schema_id] = answer.text[:500]

    assert refused == {}
    stored = stored_since(before, log)
    assert sorted(event["$schema"] for event in stored) == sorted(example["$schema"] for _, example in given)


def test_corpus__one_required_field_missing__refused_with_its_place(
    client: httpx.Client, schemas: list[Schema], log: Log
) -> None:
    before = ends(log)

    wrong = []
    count = 0
    for schema, example in examples(schemas):
        paths = [path for path in required_paths(schema.document, example) if not is_filled(schema, path)]
        answer = client.post("/v1/events", json=[without(example, path) for path in paths]).json()
        failures = {failure["index"]: places(failure) for failure in answer["results"] if "code" in failure}
        for index, path in enumerate(paths):
            code, place = expected(path)
            found_code, found_places = failures.get(index, ("accepted", set()))
            count += 1
            if found_code != code or place not in found_places:
                wrong.append((schema.schema_id, place, found_code, found_places))

    assert wrong == []
    assert count > 500
    assert ends(log) == before


def is_filled(schema: Schema, path: tuple[str | int, ...]) -> bool:
    return path in FILLED and schema.declares(*(str(part) for part in path))


def ends(log: Log) -> dict[TopicPartition, int]:
    """Of the streams' topics; what was refused goes to a topic of its own, in its own time."""
    found = log.end_offsets(partitions_of(log.topics()))
    return {where: offset for where, offset in found.items() if where.topic != settings.REJECTED_TOPIC}


def stored_since(before: Mapping[TopicPartition, int], log: Log) -> list[dict[str, Any]]:
    """What the log holds from these offsets on."""
    reader = log.reader()
    try:
        found = [record for where, offset in before.items() for record in reader.read(where, offset).records]
    finally:
        reader.close()
    return [orjson.loads(record.value or b"") for record in found]
