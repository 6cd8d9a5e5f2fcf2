"""Reading usual events by a function made for their schema: the same as field by field, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mapping.columns import leaves
from connectors.mapping.compiled import reader
from connectors.mapping.delimited import NOTHING, TEXTS
from connectors.mapping.values import fill, plan

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
        "in": {"type": "object", "properties": {"text": {"type": "string"}, "in": {"properties": {'it\'s "x"\n': {}}}}},
    },
}
LEAVES = leaves(DOCUMENT)
PLAN = plan(LEAVES, {leaf.pointer: n for n, leaf in enumerate(LEAVES)}, {leaf.pointer: leaf.type for leaf in LEAVES}, TEXTS)
HOSTILE = ("'); raise SystemExit #", '"""', "{event}", "\n  raise SystemExit", "\\", "x']; values.clear(); [", "\x00")
FIELDS = ("text", "whole", "real", "flag", "at", "any", "in")
VALUES: tuple[Any, ...] = (
    *("", "a", "a\0b", "\\N", "2026-11-26T10:00:00.5Z", "2026-11-26T10:00:00+02:00", "2026-02-30T00:00:00Z"),
    *(0, -(2**63), 2**63, 2**64 - 1, 5.0, 1.5, 1e300, True, False, None),
    *([], [None, "a\0"], {}, {"text": "b"}, {"text": None}, {"in": {}}, {"in": {'it\'s "x"\n': [1]}}, {"other": 1}),
)


def read(event: dict[str, Any]) -> tuple[bool, list[str]]:
    values = [NOTHING] * len(LEAVES)
    return reader(PLAN)(event, values), values


def test_usual_event__read__every_field_in_its_column() -> None:
    event = {"$schema": "/s/1.0.0", "text": "a", "whole": 1, "flag": True, "at": "2026-11-26T10:00:00Z", "in": {"text": "b"}}

    assert read(event) == (True, ["a", "1", NOTHING, "1", "2026-11-26T10:00:00", NOTHING, "b", NOTHING])


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("field", [*FIELDS, "unknown"])
def test_any_value__read__as_field_by_field_or_not_at_all(field: str, value: Any) -> None:
    event = {"$schema": "/s/1.0.0", "text": "t", field: value}
    expected = [NOTHING] * len(LEAVES)
    leftovers = fill(event, PLAN, expected)

    is_usual, values = read(event)

    if is_usual:
        assert (values, leftovers) == (expected, [])
    else:
        assert leftovers or value is None or (isinstance(value, dict) and None in value.values())


@given(st.lists(st.text(min_size=1) | st.sampled_from(HOSTILE), min_size=1, max_size=5, unique=True))
def test_names__whatever_a_schema_calls_its_fields__are_names_and_no_code(names: list[str]) -> None:
    found = leaves({"properties": {name: {"type": "string"} for name in names}})
    by = plan(found, {leaf.pointer: n for n, leaf in enumerate(found)}, {leaf.pointer: leaf.type for leaf in found}, TEXTS)
    values = [NOTHING] * len(found)

    assert reader(by)(dict.fromkeys(names, "v"), values)

    assert values == ["v"] * len(found)


def test_event_without_a_schema_known__read__not_at_all() -> None:
    assert not reader({})({"text": "a"}, [NOTHING])


def test_schema_of_very_deep_objects__read__not_at_all() -> None:
    deep: Any = (0, next(iter(TEXTS.values())))
    event: Any = "a"
    for _ in range(60):
        deep, event = {"in": deep}, {"in": event}

    assert not reader(deep)(event, [NOTHING])
