"""Compiled schemas: places and sentences of violations, declared paths, and what a hostile schema can't do."""

from __future__ import annotations

import socket
import time
from contextlib import nullcontext
from typing import Any

import pytest

from registry.schema.compiled import Schema
from registry.schema.validators import SchemaNotCompilableError
from tests.cpu import least_seconds

HTTPS_DRAFT = "https://json-schema.org/draft-07/schema#"


def schema(**keywords: Any) -> Schema:
    return Schema({"$id": "/a/b/1.0.0", "$schema": HTTPS_DRAFT, "type": "object", **keywords})


def told(compiled: Schema, event: Any) -> list[tuple[str, str, str]]:
    return [(v.pointer, v.keyword, v.message) for v in compiled.violations(event)]


@pytest.mark.parametrize(
    ("keywords", "event", "expected"),
    [
        ({"required": ["a/b"]}, {}, ("/a~1b", "required", "is missing")),
        (
            {"properties": {"m": {"required": ["s"]}}},
            {"m": {}},
            ("/m/s", "required", "is missing"),
        ),
        ({"additionalProperties": False}, {"x": 1}, ("/x", "additionalProperties", "is not part of the schema")),
        ({"properties": {"x": {"type": "integer"}}}, {"x": "1"}, ("/x", "type", "must be a whole number, not text")),
        ({"properties": {"x": {"type": ["string", "null"]}}}, {"x": 1}, ("/x", "type", "must be null or text, not a number")),
        (
            {"properties": {"x": {"enum": ["edit", "move"]}}},
            {"x": "edits"},
            ("/x", "enum", "must be edit or move. Did you mean edit?"),
        ),
        ({"properties": {"x": {"maxLength": 2}}}, {"x": "abc"}, ("/x", "maxLength", "must have at most 2 characters")),
        ({"properties": {"x": {"minimum": 0}}}, {"x": -1}, ("/x", "minimum", "must be 0 or more")),
        ({"properties": {"x": {"pattern": "^a$"}}}, {"x": "b"}, ("/x", "pattern", "must match the pattern ^a$")),
        (
            {"properties": {"x": {"format": "date-time"}}},
            {"x": "now"},
            ("/x", "format", "must be a date and time, as 2026-11-18T14:07:12Z"),
        ),
        (
            {"propertyNames": {"maxLength": 1}},
            {"ab": 1},
            ("/ab", "propertyNames", "has a name that must have at most 1 character"),
        ),
        ({"properties": {"x": {"items": {"type": "string"}}}}, {"x": ["a", 1]}, ("/x/1", "type", "must be text, not a number")),
        (
            {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {},
            ("/a", "oneOf", "is missing (in the nearest of 2 allowed forms)"),
        ),
        (
            {"properties": {"x": {"anyOf": [{"type": "null"}, {"properties": {"y": {"maxLength": 2}}, "type": "object"}]}}},
            {"x": {"y": "abc"}},
            ("/x/y", "anyOf", "must have at most 2 characters (in the nearest of 2 allowed forms)"),
        ),
        (
            {"properties": {"x": {"anyOf": [{"type": "string"}, {"type": ["null", "integer"]}]}}},
            {"x": []},
            ("/x", "anyOf", "must be text, null or a whole number, not an array"),
        ),
        (
            {"anyOf": [{"oneOf": [{"required": ["a"]}, False]}]},
            {},
            ("/a", "anyOf", "is missing (in the nearest of 2 allowed forms)"),
        ),
    ],
)
def test_violations__each_keyword__place_and_sentence(
    keywords: dict[str, Any], event: Any, expected: tuple[str, str, str]
) -> None:
    compiled = schema(**keywords)

    assert told(compiled, event) == [expected]
    assert not compiled.is_valid(event)


def test_violations__secret_values__never_repeated() -> None:
    secret = "hunter2-" * 40
    compiled = schema(
        properties={
            "a": {"type": "integer"},
            "b": {"enum": ["x"]},
            "c": {"pattern": "^x$"},
            "d": {"maxLength": 3},
            "e": {"format": "date-time"},
            "f": {"const": 1},
            "g": {"not": {"type": "string"}},
            "h": {"anyOf": [{"type": "integer"}]},
        }
    )

    found = compiled.violations(dict.fromkeys("abcdefgh", secret))

    assert len(found) == 8
    assert "hunter2" not in repr(found)
    assert max(len(violation.message) for violation in found) < 200


def test_violations__very_many__limited() -> None:
    compiled = schema(additionalProperties=False)

    assert len(compiled.violations({f"x{index}": 1 for index in range(1000)}, limit=5)) == 5


def test_declares__paths__through_properties_alone() -> None:
    compiled = schema(properties={"meta": {"properties": {"id": {}}}}, additionalProperties={"properties": {"x": {}}})

    assert compiled.declares("meta")
    assert compiled.declares("meta", "id")
    assert not compiled.declares("meta", "dt")
    assert not compiled.declares("x")


def test_schema__id__gives_title_and_version() -> None:
    compiled = Schema({"$id": "/a/b/1.2.3"}, repository="r")

    assert (compiled.title, compiled.version, compiled.repository) == ("a/b", "1.2.3", "r")


def test_schema__document_with_another_title__found_under_both() -> None:
    compiled = schema(title="other/title")

    assert compiled.title == "other/title"
    assert set(compiled.titles) == {"other/title", "a/b"}
    assert schema(title="").title == "a/b"


def test_schema__same_nested_id_twice__compiles() -> None:
    inner = {"$id": "/fragment/x/1.0.0", "$schema": HTTPS_DRAFT, "type": "string"}

    assert schema(properties={"a": inner, "b": inner}).is_valid({"a": "x", "b": "y"})


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("end", ["", "#"])
def test_schema__draft_07_by_each_name__understood(scheme: str, end: str) -> None:
    document = {"$id": "/a/1.0.0", "$schema": f"{scheme}://json-schema.org/draft-07/schema{end}", "required": ["x"]}

    assert not Schema(document).is_valid({})


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every attempt of Python code to connect; the validator's own client is caught by `Server`."""
    attempts: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _self, address: attempts.append(address))
    return attempts


@pytest.mark.parametrize("mode", ["ajv6", "strict"])
@pytest.mark.parametrize("place", ["root", "nested", "ref", "nested_ref", "id"])
def test_schema__addresses_of_a_listening_server__never_asked(mode: Any, place: str, no_network: list[object]) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    server.setblocking(False)
    url = f"http://127.0.0.1:{server.getsockname()[1]}/x#"
    documents: dict[str, dict[str, Any]] = {
        "root": {"$schema": url},
        "nested": {"properties": {"a": {"$schema": url}}},
        "ref": {"$ref": url},
        "nested_ref": {"properties": {"a": {"$ref": url}}},
        "id": {"properties": {"a": {"$id": url, "$ref": "y"}}},
    }

    started = time.perf_counter()
    refused = pytest.raises(SchemaNotCompilableError) if "ref" in place or place == "id" else nullcontext()
    with refused:
        Schema({"$id": "/a/1.0.0", **documents[place]}, format_mode=mode).is_valid({"a": 1})
    took = time.perf_counter() - started

    with server, pytest.raises(BlockingIOError):
        server.accept()
    assert no_network == []
    assert took < 0.5


def test_schema__reference_to_a_file__not_read() -> None:
    with pytest.raises(SchemaNotCompilableError):
        Schema({"$id": "/a/1.0.0", "properties": {"a": {"$ref": "file:///etc/hostname"}}})


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", r"^(\d+)*x$", "(.*a){12}", "^((ab)*)*c"])
def test_pattern__made_to_explode__judged_in_linear_time(pattern: str) -> None:
    compiled = schema(properties={"x": {"type": "string", "pattern": pattern}})
    text = "a" * 5000 + "!"

    assert least_seconds(lambda: (compiled.is_valid({"x": text}), compiled.violations({"x": text}))) < 0.05


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(?=a)b", "looks ahead"),
        ("(?<!a)b", "looks behind"),
        (r"(a)\1", "refers back"),
        ("(a{1000}){1000}", "repeats too much"),
        ("[", "is no regular expression"),
        ("a" * 2001, "is longer"),
    ],
)
def test_pattern__beyond_the_engine__refused_quickly_at_its_place(pattern: str, reason: str) -> None:
    def refusal() -> SchemaNotCompilableError:
        with pytest.raises(SchemaNotCompilableError) as refused:
            schema(properties={"x": {"type": "string", "pattern": pattern}})
        return refused.value

    assert refusal().pointer == "/properties/x/pattern"
    assert reason in str(refusal())
    assert least_seconds(refusal) < 0.05


@pytest.mark.parametrize("text", ["a" * 30 + "!", "a" * 100_000 + "!"], ids=len)
@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a|a)*$", "(.*)*x", "^(a|aa)+$", r"^(\w+\s?)*$", "(x+x+)+y"])
def test_pattern__made_to_explode__judged_within_50_ms(pattern: str, text: str) -> None:
    compiled = schema(properties={"x": {"type": "string", "pattern": pattern}}, patternProperties={pattern: True})

    assert least_seconds(lambda: (compiled.is_valid({"x": text, text: 1}), compiled.violations({"x": text}))) < 0.05


def test_patterns__together_too_costly__refused() -> None:
    few = {f"p{n}": {"pattern": f"^.{{1,{200 + n}}}$"} for n in range(5)}
    many = {f"p{n}": {"pattern": f"^.{{1,{200 + n}}}$"} for n in range(50)}

    assert schema(properties=few).is_valid({"p1": "x"})
    with pytest.raises(SchemaNotCompilableError) as refused:
        schema(properties=many)

    assert "together" in str(refused.value)
