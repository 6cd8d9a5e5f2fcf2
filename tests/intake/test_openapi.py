"""Requests that schemathesis makes of the door's own descriptions, fitting and broken ones: never anything but 2xx and 4xx."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
import requests
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation

from eventplatform.core.services import EventGateRules, Service
from intake.urls import urlpatterns
from tests.contracts.intake_doors import Platform, platform

pytestmark = pytest.mark.slow
SERVICE = Service(
    "main",
    sources=(("/shop", "test.event"),),
    eventgate=EventGateRules(stream_parameter="stream", schema_uri_parameter="schema_uri"),
)
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
_LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/jsonlines", "application/x-jsonlines")
# The same requests at every run; shrinking would only lengthen a failure.
REPEATABLE = settings(
    max_examples=20,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@schemathesis.serializer(*_LINES)
def _as_lines(_context: Any, value: Any) -> bytes:
    return b"\n".join(json.dumps(one).encode() for one in (value if isinstance(value, list) else [value]))


@schemathesis.serializer("application/json-seq")
def _as_sequence(_context: Any, value: Any) -> bytes:
    return b"".join(b"\x1e" + json.dumps(one).encode() + b"\n" for one in (value if isinstance(value, list) else [value]))


@pytest.fixture(params=["ours", "eventgate"])
def lane(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    service = SERVICE if request.param == "ours" else Service("main", profile="eventgate")
    yield from platform("lane", monkeypatch, service)


@pytest.fixture
def drf(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    yield from platform("drf", monkeypatch, SERVICE)


Operation = APIOperation[Any, Any, Any, Any]


def operations(document: dict[str, Any]) -> list[Operation]:
    found = list(schemathesis.openapi.from_dict(document).get_all_operations())
    return [one.ok() for one in found if isinstance(one, Ok)]


def bytes_of(sent: requests.PreparedRequest) -> bytes:
    body = sent.body or b""
    assert isinstance(body, str | bytes)
    return body.encode() if isinstance(body, str) else body


def try_all(door: Platform, operation: Operation, mode: GenerationMode, allowed: set[int]) -> set[int]:
    """The statuses that were answered."""
    seen = set()

    @REPEATABLE
    @given(operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        made = case.as_transport_kwargs(base_url="http://testserver")
        parts = {name: made.get(name) for name in ("method", "url", "headers", "params", "cookies", "data", "json", "files")}
        sent = requests.Request(**parts).prepare()
        body = bytes_of(sent)
        headers = {name.lower(): _text(value) for name, value in sent.headers.items() if name.lower() != "content-length"}
        reply = door.door.send(str(sent.method), str(sent.path_url), body, headers)
        assert reply.status // 100 in {2, 4} or reply.status in allowed, (sent.method, sent.path_url, headers, body, reply)
        seen.add(reply.status)

    send()
    return seen


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


@pytest.mark.parametrize("mode", MODES, ids=["fitting", "broken"])
def test_lane__requests_made_of_its_description__answered_with_2xx_or_4xx(lane: Platform, mode: GenerationMode) -> None:
    document = lane.door.send("GET", "/?spec", b"", {}).json
    is_exact = next(iter(lane.intake.configuration().services.values())).profile == "eventgate"

    for operation in operations(document):
        if operation.method != "post" and mode == GenerationMode.NEGATIVE:
            continue  # nothing about it can be broken
        # EventGate calls a client's own mistakes 500, and its profile answers as it does.
        seen = try_all(lane, operation, mode, allowed={500} if is_exact else set())
        if operation.method == "post":
            assert {str(status) for status in seen} <= set(document["paths"][operation.path]["post"]["responses"])


@pytest.mark.parametrize("mode", MODES, ids=["fitting", "broken"])
def test_drf__requests_made_of_its_description__answered_with_2xx_or_4xx(drf: Platform, mode: GenerationMode) -> None:
    generator: Any = cast("Any", SchemaGenerator)(patterns=urlpatterns)  # comes without types
    document = json.loads(json.dumps(generator.get_schema(public=True)))

    [operation] = operations(document)
    seen = try_all(drf, operation, mode, allowed=set())

    assert {str(status) for status in seen} <= set(document["paths"][operation.path]["post"]["responses"])
