from __future__ import annotations

import time
from typing import Any

from registry.schema import fields

SCHEMA: dict[str, Any] = {
    "description": "A page changed.",
    "required": ["page"],
    "properties": {
        "page": {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": {"type": "integer", "minimum": 1, "maximum": 2**53 - 1, "description": "Its\n number"},
                "a/b": {"type": "string", "minLength": 1, "x-pii": "name", "x-pii-action": "hash"},
            },
        },
        "slots": {"type": "object", "additionalProperties": {"type": "object", "properties": {"size": {"type": "integer"}}}},
        "tags": {"type": "array", "items": {"type": "object", "properties": {"tag": {"type": "string", "enum": ["x", "y"]}}}},
        "either": {"oneOf": [{"type": "string"}, {"type": "object", "properties": {"deep": {"type": "null"}}}]},
        "anything": True,
    },
    "examples": [{"page": {"id": 7, "a/b": "Ada"}, "slots": {"main": {"size": 2}}, "tags": [{"tag": "x"}]}],
}


def by_path() -> dict[str, fields.Field]:
    return {field.path: field for field in fields.fields_of(SCHEMA)}


def test_fields__nested__are_found_with_pointer_parent_and_example() -> None:
    found = by_path()

    assert list(found) == [
        "page", "page.id", "page.a/b", "slots", "slots.*.size", "tags", "tags[].tag", "either", "either.deep", "anything",
    ]  # fmt: skip
    assert (found["page.id"].pointer, found["page.id"].parent) == ("/properties/page/properties/id", "page")
    assert found["page.a/b"].pointer == "/properties/page/properties/a~1b"
    assert found["slots.*.size"].pointer == "/properties/slots/additionalProperties/properties/size"
    assert [found[path].example for path in ("page.id", "slots.*.size", "tags[].tag")] == ["7", "2", "x"]
    assert [found[path].parent for path in ("slots.*.size", "tags[].tag", "either.deep")] == ["slots", "tags", "either"]


def test_fields__facts__are_written_in_words() -> None:
    found = by_path()

    assert found["page.id"].constraints == "at least 1"
    assert found["page.a/b"].constraints == "at least 1 character"
    assert found["tags[].tag"].constraints == "one of x, y"
    assert (found["page.a/b"].pii, found["page.a/b"].pii_action) == ("name", "hash")
    assert [found[path].type for path in ("slots", "tags", "either", "anything")] == [
        "map of object", "array of object", "string or object", "any",
    ]  # fmt: skip
    assert [found[path].inside for path in ("page", "slots", "page.id")] == [2, 1, 0]


def test_matching__whole_path__comes_before_descriptions() -> None:
    every = fields.fields_of(SCHEMA)

    assert [field.path for field in fields.matching(every, ["number"])] == ["page.id"]
    assert [field.path for field in fields.matching(every, ["page.id"])] == ["page.id"]
    assert [field.path for field in fields.matching(every, ["x-pii:"])] == ["page.a/b"]
    assert fields.matching(every, ["nowhere"]) == []


def test_at_pointer__place_inside_a_field__finds_it() -> None:
    every = fields.fields_of(SCHEMA)

    found = fields.at_pointer(every, "/properties/page/properties/id/maximum")

    assert found is not None
    assert found.path == "page.id"
    assert fields.at_pointer(every, "/required") is None


def test_fields__hostile_shapes__are_bounded() -> None:
    deep: dict[str, Any] = {"type": "object"}
    for _ in range(60):
        deep = {"type": "object", "properties": {"a": deep}, "allOf": [deep], "required": 7}
    started = time.process_time()

    found = fields.fields_of({**deep, "properties": {**deep["properties"], "odd": [], "x": {"x-pii": ["a"], "enum": {}}}})

    assert len(found) < 20_001
    assert time.process_time() - started < 10
