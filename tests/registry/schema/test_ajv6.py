"""Errors in Ajv 6's words: its own order, paths and texts, at a bounded cost."""

from __future__ import annotations

import time
from typing import Any

import pytest

from eventplatform.core.schemas import AjvError
from registry.schema.ajv6 import javascript, telling
from registry.schema.ajv6.telling import errors_text
from registry.schema.compiled import Schema


def told(schema: dict[str, Any], event: dict[str, Any], limit: int = 100) -> list[AjvError]:
    return list(Schema({"$id": "/a/1.0.0", **schema}).ajv_errors(event, limit))


def test_errors__as_the_reference_answers_them() -> None:
    schema = {
        "required": ["dt"],
        "properties": {"revision": {"properties": {"rev_id": {"type": "integer"}}}, "dt": {"type": "string"}},
    }

    errors = told(schema, {"revision": {"rev_id": "1"}})

    assert errors[0].as_json() == {
        "keyword": "type",
        "dataPath": ".revision.rev_id",
        "schemaPath": "#/properties/revision/properties/rev_id/type",
        "params": {"type": "integer"},
        "message": "should be integer",
    }
    assert errors_text(errors) == "'.revision.rev_id' should be integer, '' should have required property 'dt'"


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"properties": {"b-c": False}}, "['b-c']"),
        ({"properties": {"it's": False}}, "['it\\'s']"),
        ({"properties": {"a": {"items": False}}}, ".a[0]"),
        ({"patternProperties": {"^x$": False}}, "['x']"),
        ({"additionalProperties": {"type": "null"}, "properties": {"it's": {}, "b-c": {}, "a": {}}}, "['x']"),
    ],
)
def test_data_path__in_javascript_notation(schema: dict[str, Any], path: str) -> None:
    event = {"b-c": 1, "it's": 1, "a": [1], "x": 1}

    assert [error.data_path for error in told(schema, event)] == [path]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        (5.0, "5"),
        (-0.5, "-0.5"),
        (1e21, "1e+21"),
        (1.5e-7, "1.5e-7"),
        (1e-6, "0.000001"),
        (2**63, "9223372036854776000"),
    ],
)
def test_number__written_as_javascript_does(value: float, text: str) -> None:
    assert javascript.number_text(value) == text


def test_names__whole_numbers_come_first() -> None:
    assert javascript.keys({"b": 0, "10": 0, "a": 0, "9": 0, "01": 0}) == ["9", "10", "b", "a", "01"]


def test_default__filled_before_the_property_is_asked_for() -> None:
    schema = {"required": ["a", "b"], "properties": {"a": {"type": "string", "default": 1}, "b": {"type": "string"}}}
    event: dict[str, Any] = {}

    assert errors_text(told(schema, event)) == "'.a' should be string, '' should have required property 'b'"
    assert event == {}


def test_name_of_a_property__broken__is_named_in_the_error() -> None:
    errors = [error.as_json() for error in told({"propertyNames": {"maxLength": 1}}, {"ab": 1})]

    assert errors[0]["propertyName"] == "ab"
    assert errors_text(told({"propertyNames": {"maxLength": 1}}, {"ab": 1})).endswith("'' property name 'ab' is invalid")


def test_event__that_only_we_refuse__told_in_our_words() -> None:
    strict = Schema({"$id": "/a/1.0.0", "properties": {"dt": {"format": "date-time"}}}, format_mode="strict")

    errors = strict.ajv_errors({"dt": "2020-02-30T00:00:00Z"})

    assert [(error.keyword, error.data_path) for error in errors] == [("format", ".dt")]


def test_errors__more_than_asked_for__not_told() -> None:
    errors = told({"additionalProperties": False}, {str(number): 1 for number in range(1_000)}, limit=3)

    assert [error.params["additionalProperty"] for error in errors] == ["0", "1", "2"]


@pytest.mark.parametrize(
    "schema",
    [
        {"additionalProperties": {"items": {"anyOf": [{"properties": {"a": {"type": "string"}}}] * 50}}},
        {"additionalProperties": {"items": {"contains": {"const": 1}}, "uniqueItems": True}},
        {"patternProperties": {f"^(a+)+{index}$": {"type": "string"} for index in range(50)}, "additionalProperties": False},
    ],
)
def test_event__large_and_wrong_everywhere__costs_a_bounded_time(schema: dict[str, Any]) -> None:
    judge = Schema({"$id": "/a/1.0.0", **schema})
    event = {"a" * 30_000: [{"a": {"b": 1}}] * 40_000, **{f"{'a' * 60}{index}!": [index] for index in range(5_000)}}

    started = time.process_time()
    errors = judge.ajv_errors(event)

    assert 1 <= len(errors) <= 100
    assert time.process_time() - started < 2


def test_work__ends__what_was_found_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "MAX_STEPS", 3)

    errors = told({"additionalProperties": {"type": "string"}}, {str(number): number for number in range(10)})

    assert [error.data_path for error in errors] == ["['0']", "['1']"]
