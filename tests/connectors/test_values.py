"""Values of events in columns, and what has no place in one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.mapping.columns import leaves
from connectors.mapping.values import extra, fill, plan

DOCUMENT = {
    "type": "object",
    "properties": {
        "$schema": {"type": "string"},
        "text": {"type": "string"},
        "whole": {"type": "integer"},
        "real": {"type": "number"},
        "flag": {"type": "boolean"},
        "at": {"type": "string", "format": "date-time"},
        "any": {"type": "object", "additionalProperties": {"type": "string"}},
        "in": {"type": "object", "properties": {"deep": {"type": "string"}}},
    },
}
LEAVES = leaves(DOCUMENT)
PLAN = plan(LEAVES, {leaf.pointer: n for n, leaf in enumerate(LEAVES)}, {leaf.pointer: leaf.type for leaf in LEAVES})


def spread_out(event: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    values: list[Any] = [None] * len(LEAVES)
    leftovers = fill(event, PLAN, values)
    kept = {leaf.pointer: value for leaf, value in zip(LEAVES, values, strict=True) if value is not None}
    return kept, json.loads(extra(leftovers))


def test_fill__all_fits__no_extra() -> None:
    event = {"text": "a", "whole": 1, "real": 2, "flag": False, "any": {"k": "v"}, "in": {"deep": "d"}, "$schema": "/x/1.0.0"}

    values, left = spread_out(event)

    assert values == {"/text": "a", "/whole": 1, "/real": 2.0, "/flag": False, "/any": '{"k":"v"}', "/in/deep": "d"}
    assert left == {}


def test_fill__null__an_empty_column() -> None:
    assert spread_out({"text": None, "in": None}) == ({}, {})


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-06-10T18:57:16Z", datetime(2020, 6, 10, 18, 57, 16, tzinfo=UTC)),
        ("2020-06-10t18:57:16.5z", datetime(2020, 6, 10, 18, 57, 16, 500000, tzinfo=UTC)),
        ("2020-06-10 18:57:16+02:00", datetime(2020, 6, 10, 16, 57, 16, tzinfo=UTC)),
    ],
)
def test_fill__time__as_utc(text: str, moment: datetime) -> None:
    assert spread_out({"at": text}) == ({"/at": moment}, {})


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"at": "2020-19-39T00:00:00Z"}, "impossible_time"),
        ({"at": "0000-01-01T00:00:00Z"}, "impossible_time"),
        ({"at": "0001-01-01T00:00:00+10:00"}, "impossible_time"),
        ({"whole": 2**63}, "beyond_64_bit"),
        ({"whole": 1.5}, "not_an_integer"),
        ({"whole": True}, "not_an_integer"),
        ({"real": 2**53 + 1}, "beyond_53_bit"),
        ({"flag": "yes"}, "not_a_boolean"),
        ({"text": {"a": 1}}, "not_a_string"),
        ({"in": "flat"}, "not_an_object"),
        ({"new": [1, 2]}, "unknown_field"),
    ],
)
def test_fill__misfit__kept_with_reason(event: dict[str, Any], why: str) -> None:
    values, left = spread_out(event)

    ((name, value),) = event.items()
    assert values == {}
    assert left == {f"/{name}": {"why": why, "value": value}}


@pytest.mark.parametrize("event", [{"text": "a\x00b"}, {"any": {"k": "\x00"}}, {"any": {"\x00": "v"}}, {"new": "\x00"}])
def test_fill__nul_character__kept_as_json_text(event: dict[str, Any]) -> None:
    values, left = spread_out(event)

    ((name, value),) = event.items()
    assert values == {}
    assert json.loads(left[f"/{name}"]["json"]) == value
    assert "\x00" not in str(left)


def test_fill__backslash_u0000_as_text__is_no_nul() -> None:
    values, left = spread_out({"any": {"k": "\\u0000"}})

    assert json.loads(values["/any"]) == {"k": "\\u0000"}
    assert left == {}


def test_fill__whole_float__an_integer() -> None:
    assert spread_out({"whole": 3.0}) == ({"/whole": 3}, {})
