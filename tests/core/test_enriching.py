"""What the server sets in events, by Wikimedia's rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from eventplatform.core.enriching import gives_request_id, plan
from registry.schema.compiled import Schema


@dataclass(frozen=True)
class Asked:
    headers: Mapping[str, str] = field(default_factory=dict)
    received_at: str = "2026-11-26T12:00:00.000Z"
    request_id: str = "the-request"
    client_ip: str = "192.0.2.7"

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


def schema(title: str = "sample/test_event", **properties: Any) -> Schema:
    document = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"/{title}/1.0.0",
        "title": title,
        "type": "object",
        "properties": {"meta": {"type": "object", "properties": {"request_id": {"type": "string"}}}, **properties},
    }
    return Schema(document)


HTTP = {
    "type": "object",
    "properties": {
        "client_ip": {"type": "string"},
        "request_headers": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


def asks(fields: Mapping[str, str | bool]) -> dict[str, Any]:
    return {"producers": {"eventgate": {"enrich_fields_from_http_headers": fields}}}


def filled(event: dict[str, Any], compiled: Schema, settings: Mapping[str, Any], **headers: str) -> dict[str, Any]:
    request = Asked({name.replace("_", "-"): value for name, value in headers.items()})
    for filler in plan(compiled, settings):
        filler.apply(event, request)
    return event


def test_plan__nothing_declared_nothing_asked__nothing_to_do() -> None:
    assert plan(schema(), {}) == ()


def test_client_ip__declared_and_absent__set() -> None:
    assert filled({}, schema(http=HTTP), {}) == {"http": {"client_ip": "192.0.2.7"}}


def test_client_ip__given__kept() -> None:
    assert filled({"http": {"client_ip": ""}}, schema(http=HTTP), {})["http"]["client_ip"] == ""


def test_client_ip__not_declared__not_set() -> None:
    assert filled({}, schema(http={"type": "object"}), {}) == {}


@pytest.mark.parametrize(
    ("properties", "field", "is_set"),
    [
        ({"http": HTTP}, "http.request_headers.user-agent", True),  # a free-form map
        ({"http": {"type": "object"}}, "http.anything", True),
        ({"http": {"type": "object", "additionalProperties": False}}, "http.anything", False),
        ({"http": {"type": ["object", "null"]}}, "http.anything", False),
        ({"agent": {"type": "string"}}, "agent", True),
        ({}, "agent", False),
        ({}, "http.request_headers.user-agent", False),
    ],
)
def test_header__field__set_where_the_schema_takes_it(properties: dict[str, Any], field: str, is_set: bool) -> None:  # noqa: FBT001  # a case
    settings = asks({field: "User-Agent"})
    event = filled({}, schema(**properties), settings, user_agent="me")

    value: Any = event
    for part in field.split("."):
        value = value.get(part, {}) if isinstance(value, dict) else {}
    assert (value == "me") == is_set


@pytest.mark.parametrize(
    ("given", "header", "expected"),
    [
        ({}, "x" * 1000, {"agent": "x" * 400}),
        ({}, "", {}),
        ({"agent": "mine"}, "theirs", {"agent": "mine"}),
        ({"agent": None}, "theirs", {"agent": None}),
    ],
)
def test_header__value__cut_and_only_where_absent(given: dict[str, Any], header: str, expected: dict[str, Any]) -> None:
    assert filled(given, schema(agent={"type": "string"}), asks({"agent": "user-agent"}), user_agent=header) == expected


def test_header__false__not_set() -> None:
    assert plan(schema(agent={"type": "string"}), asks({"agent": False})) == ()


def test_header__around_it_no_object__left_to_validation() -> None:
    assert filled({"http": 5}, schema(http=HTTP), asks({"http.request_headers.user-agent": "user-agent"}), user_agent="x") == {
        "http": 5
    }


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, True),
        (asks({"meta.request_id": "X-Request-Id"}), True),
        (asks({"meta.request_id": "x-trace"}), False),
        (asks({"meta.request_id": False}), False),
        ({"producers": None}, True),
    ],
)
def test_request_id__stream_says_otherwise__heeded(settings: dict[str, Any], expected: bool) -> None:  # noqa: FBT001  # a case
    assert gives_request_id(settings) is expected


def test_request_id__of_another_header__from_there() -> None:
    assert filled({}, schema(), asks({"meta.request_id": "x-trace"}), x_trace="t") == {"meta": {"request_id": "t"}}


@pytest.mark.parametrize(
    ("title", "given", "expected"),
    [
        ("analytics/legacy/x", {}, {"dt": "2026-11-26T12:00:00.000Z"}),
        ("analytics/legacy/x", {"dt": "2020-01-01T00:00:00Z"}, {"dt": "2020-01-01T00:00:00Z"}),
        ("analytics/other", {}, {}),
    ],
)
def test_dt__legacy_titles__the_servers_where_absent(title: str, given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert filled(given, schema(title, dt={"type": "string"}), {}) == expected
