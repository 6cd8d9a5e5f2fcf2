"""Filling defaults: where Ajv 6 fills them, and nowhere else."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

import pytest

from eventplatform.core.errors import RejectedError
from registry.schema.compiled import Schema
from registry.schema.defaults import filled
from tests.oracles.node import OracleError, reference
from tests.registry import schema_mutations

ONE = {"default": 1}


@pytest.mark.parametrize(
    ("schema", "event", "expected"),
    [
        ({"properties": {"a": ONE, "b": {"default": [2]}, "c": {}}}, {"a": 0}, {"a": 0, "b": [2]}),
        ({"properties": {"a": {"default": None}}}, {}, {"a": None}),
        ({"properties": {"a": ONE}}, {"a": None}, {"a": None}),
        ({"properties": {"a": {"default": {}, "properties": {"b": ONE}}}}, {}, {"a": {"b": 1}}),
        ({"properties": {"a": {"properties": {"b": ONE}}}}, {}, {}),
        ({"items": {"properties": {"a": ONE}}}, [{}, {"a": 2}], [{"a": 1}, {"a": 2}]),
        ({"items": [{}, ONE, ONE]}, [0], [0, 1, 1]),
        ({"items": [{}, ONE], "additionalItems": {"properties": {"a": ONE}}}, [0, 0, {}], [0, 0, {"a": 1}]),
        (
            {"additionalProperties": {"properties": {"a": ONE}}, "properties": {"x": {}}},
            {"x": {}, "y": {}},
            {"x": {}, "y": {"a": 1}},
        ),
        ({"patternProperties": {"^x": {"properties": {"a": ONE}}}}, {"x": {}, "y": {}}, {"x": {"a": 1}, "y": {}}),
        ({"allOf": [{"properties": {"a": ONE}}]}, {}, {"a": 1}),
        ({"dependencies": {"x": {"properties": {"a": ONE}}, "y": {"properties": {"b": ONE}}}}, {"x": 1}, {"x": 1, "a": 1}),
        ({"if": {"required": ["x"]}, "then": {"properties": {"a": ONE}}, "else": {"properties": {"b": ONE}}}, {}, {"b": 1}),
        ({"anyOf": [{"properties": {"a": ONE}}], "oneOf": [{"properties": {"a": ONE}}]}, {}, {}),
        ({"not": {"required": ["z"], "properties": {"a": ONE}}, "if": {"properties": {"a": ONE}}}, {}, {}),
        ({"contains": {"properties": {"a": ONE}}}, [{}], [{}]),
        ({"default": {"a": 1}}, {}, {}),
    ],
)
def test_defaults__filled_where_ajv_fills_them(schema: Any, event: Any, expected: Any) -> None:
    before = copy.deepcopy((schema, event))

    assert filled(schema, event) == expected
    assert (schema, event) == before


def test_defaults__given_to_two_events__not_shared() -> None:
    schema = Schema({"$id": "/a/1.0.0", "properties": {"a": {"default": []}}})
    assert schema.fill_defaults

    schema.fill_defaults({})["a"].append(1)

    assert schema.fill_defaults({}) == {"a": []}


def test_schema__whose_defaults_are_never_filled__has_nothing_to_fill() -> None:
    assert Schema({"$id": "/a/1.0.0", "default": {}, "anyOf": [{"properties": {"a": ONE}}]}).fill_defaults is None


def test_schema_without_defaults__answers_the_event_itself() -> None:
    event: dict[str, Any] = {}

    assert filled({"properties": {"a": {}}}, event) is event


@pytest.mark.slow
def test_defaults__of_made_up_schemas__as_ajv_fills_them() -> None:
    oracle, compared = reference(), 0

    for seed in range(600):
        random = Random(seed)  # noqa: S311  # repeatable on purpose
        schema = {"type": "object", "properties": {name: _property(random, 0) for name in "abc"}, **_around(random)}
        event = {name: schema_mutations.value(random) for name in random.sample("abcd", 2)}
        try:
            expected = oracle.ask("fill", schema=schema, event=event)
            made = filled(schema, event)
        except (OracleError, RejectedError):
            continue
        if expected is not None:
            compared += 1
            assert made == expected, (seed, schema, event)

    assert compared > 200


def _property(random: Random, depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {"default": schema_mutations.value(random)} if random.random() < 0.6 else {}
    if depth < 2 and random.random() < 0.5:
        made["properties"] = {name: _property(random, depth + 1) for name in "ab"}
        made["items"] = [_property(random, depth + 1) for _ in range(2)]
    return made


def _around(random: Random) -> dict[str, Any]:
    inside = {"properties": {name: _property(random, 1) for name in "ad"}}
    keyword = random.choice(("allOf", "anyOf", "if", "dependencies", "patternProperties", "additionalProperties", "then"))
    forms: dict[str, Any] = {
        "allOf": [inside],
        "anyOf": [inside],
        "dependencies": {"a": inside, "b": ["a"]},
        "patternProperties": {"^[ad]": inside},
    }
    return {keyword: forms.get(keyword, inside)} | ({"if": {"required": ["a"]}} if keyword == "then" else {})
