"""What telling an event's errors costs is bounded, whatever the event and the schema."""

from __future__ import annotations

import time
from typing import Any

import pytest

from eventplatform.core.pointers import MAX_POINTER
from registry.schema.compiled import Schema
from tests.guard.costs import cost_of

MOST_SECONDS = 1
MANY = 100_000


def schema(**keywords: Any) -> Schema:
    return Schema({"$id": "/telling/1.0.0", "type": "object", **keywords})


@pytest.mark.parametrize(
    ("items", "item"),
    [
        ({"type": "string"}, 1),
        ({"enum": [f"v{n}" for n in range(3_000)]}, "w"),
        ({"required": [f"f{n}" for n in range(500)]}, {}),
        ({"anyOf": [{"const": n} for n in range(200)]}, "w"),
        ({"type": "object", "additionalProperties": False}, {"x": 1}),
    ],
    ids=["type", "enum", "required", "anyOf", "additionalProperties"],
)
def test_violations__a_wrong_item_again_and_again__cheap_and_told_once(items: dict[str, Any], item: Any) -> None:
    judged = schema(properties={"list": {"type": "array", "items": items}})

    started = time.process_time()
    found = judged.violations({"list": [item] * MANY})

    assert time.process_time() - started < MOST_SECONDS
    assert len(found) == 1
    assert found[0].pointer.startswith("/list/0") or found[0].keyword == "size"


@pytest.mark.parametrize(
    "items",
    [{"type": "string"}, {"anyOf": [{"type": "string"}, {"type": "object"}]}, {"items": {"type": "string"}, "minItems": 2}],
)
@pytest.mark.parametrize("length", [300_000, 9_000_000])
def test_violations__many_wrong_items_below_a_long_name__cheap_and_cut(items: dict[str, Any], length: int) -> None:
    judged = schema(additionalProperties={"type": "array", "items": items})
    event = {"n" * length: [[1]] * 4_000}

    cost = cost_of(lambda: sum(len(one.pointer) for one in judged.violations(event)) <= MAX_POINTER)

    assert cost.end == "True"
    assert (cost.megabytes < 100, cost.seconds < MOST_SECONDS) == (True, True), cost


def test_ajv_errors__many_below_a_long_name__cheap() -> None:
    judged = schema(additionalProperties={"type": "object", "required": [f"f{n}" for n in range(50)]})

    cost = cost_of(lambda: sum(len(one.data_path) for one in judged.ajv_errors({"n" * 9_000_000: {}})) <= 10_000_000)

    assert cost.end == "True"
    assert (cost.megabytes < 100, cost.seconds < MOST_SECONDS) == (True, True), cost


def test_violations__alternatives_of_whole_lists__told_without_a_place() -> None:
    judged = schema(properties={"list": {"anyOf": [{"type": "string"}, {"items": {"type": "string"}}]}})

    started = time.process_time()
    found = judged.violations({"list": [1] * MANY})

    assert time.process_time() - started < MOST_SECONDS
    assert [(one.pointer, one.keyword) for one in found] == [("", "size")]


def test_violations__an_honest_event__all_told() -> None:
    judged = schema(properties={f"f{n}": {"enum": [f"v{m}" for m in range(300)]} for n in range(15)})

    assert len(judged.violations({f"f{n}": "w" for n in range(15)})) == 15


def test_violations__a_large_valid_event__none() -> None:
    assert not schema(properties={"list": {"items": {"type": "integer"}}}).violations({"list": [1] * MANY})
