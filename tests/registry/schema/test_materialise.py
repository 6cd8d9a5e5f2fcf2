"""Materialising: references in all their forms, merging, and the limits that hostile ones meet."""

from __future__ import annotations

import copy
import time
from typing import Any

import pytest

from eventplatform.core.errors import RejectedError
from registry.schema.materialise import MAX_SAFE_INTEGER, SAFE_BOUNDS, Materialiser, with_numeric_bounds

COMMON = {
    "$id": "/common/1.0.0",
    "title": "common",
    "type": "object",
    "required": ["meta", "a"],
    "properties": {"meta": {"type": "object", "properties": {"id": {"type": "string"}}}},
    "examples": [{"meta": {}}],
}


def made(document: dict[str, Any], **others: dict[str, Any]) -> dict[str, Any]:
    known = {"/common/1.0.0": COMMON} | {other["$id"]: other for other in others.values()}
    before = copy.deepcopy(document)
    result = Materialiser(known.get).materialise(document)
    assert document == before
    return result


def test_reference__whole_schema__replaced() -> None:
    assert made({"$id": "/x/1.0.0", "properties": {"c": {"$ref": "/common/1.0.0#"}}})["properties"]["c"] == COMMON


def test_reference__part_of_a_schema__replaced() -> None:
    document = made({"properties": {"id": {"$ref": "/common/1.0.0#/properties/meta/properties/id"}}})

    assert document == {"properties": {"id": {"type": "string"}}}


def test_reference__keys_beside_it__win() -> None:
    document = made({"properties": {"m": {"$ref": "/common/1.0.0", "title": "mine"}}})

    assert document["properties"]["m"]["title"] == "mine"
    assert document["properties"]["m"]["required"] == ["meta", "a"]


@pytest.mark.parametrize("start", ["#", "./#", ".#"])
def test_reference__within_the_file__replaced(start: str) -> None:
    document = made({"definitions": {"d": {"type": "string"}}, "properties": {"x": {"$ref": f"{start}/definitions/d"}}})

    assert document["properties"]["x"] == {"type": "string"}


def test_reference__in_examples__replaced_too() -> None:
    document = made({"$id": "/x/1.0.0", "examples": [{"$schema": {"$ref": "#/$id"}}]})

    assert document["examples"] == [{"$schema": "/x/1.0.0"}]


def test_all_of__fragment__merged_and_the_root_wins() -> None:
    document = made({"title": "mine", "required": ["b"], "allOf": [{"$ref": "/common/1.0.0"}], "properties": {"b": {}}})

    assert "allOf" not in document
    assert document["title"] == "mine"
    assert document["required"] == ["a", "b", "meta"]
    assert list(document["properties"]) == ["meta", "b"]
    assert "examples" not in document


def test_all_of__limits__the_narrower_hold() -> None:
    document = made(
        {
            "allOf": [
                {"properties": {"x": {"minimum": 1, "maximum": 9, "enum": [3, 2]}}},
                {"properties": {"x": {"minimum": 2, "maximum": 12, "enum": [2, 3, 4]}}},
            ]
        }
    )

    assert document["properties"]["x"] == {"minimum": 2, "maximum": 9, "enum": [2, 3]}


def test_property_named_like_a_keyword__is_a_property() -> None:
    document = made({"properties": {"allOf": {"type": "array"}, "$ref": {"type": "string"}, "required": {"type": "string"}}})

    assert list(document["properties"]) == ["allOf", "$ref", "required"]


def test_references__in_a_chain__finished_in_their_order() -> None:
    middle = {"$id": "/middle/1.0.0", "allOf": [{"$ref": "/common/1.0.0"}, {"properties": {"m": {}}}]}

    document = made({"allOf": [{"$ref": "/middle/1.0.0"}]}, middle=middle)

    assert list(document["properties"]) == ["meta", "m"]


@pytest.mark.parametrize(
    ("ref", "code"),
    [
        ("http://127.0.0.1/x", "schema.remote_reference"),
        ("//evil.example/x", "schema.remote_reference"),
        ("file:///etc/passwd", "schema.remote_reference"),
        ("/../../etc/passwd", "schema.bad_reference"),
        ("other.yaml", "schema.bad_reference"),
        ("/absent/1.0.0", "schema.bad_reference"),
        ("/common/1.0.0#/absent", "schema.bad_reference"),
        ("#/properties/x", "schema.circular_reference"),
        ("/self/1.0.0", "schema.circular_reference"),
    ],
)
def test_reference__that_leads_nowhere__refused_at_its_place(ref: str, code: str) -> None:
    itself = {"$id": "/self/1.0.0", "properties": {"y": {"$ref": "/self/1.0.0"}}}

    with pytest.raises(RejectedError) as refused:
        made({"properties": {"x": {"$ref": ref}}}, itself=itself)

    assert refused.value.code == code
    assert refused.value.pointer.endswith("/$ref")


def test_references__that_double_each_time__refused_quickly() -> None:
    doubling = {
        f"d{n}": {"$id": f"/d{n}/1.0.0", "properties": {side: {"$ref": f"/d{n - 1}/1.0.0"} for side in "ab"}}
        for n in range(1, 40)
    }
    doubling["d0"] = {"$id": "/d0/1.0.0", "properties": {"x": {"type": "string"}}}
    started = time.process_time()

    with pytest.raises(RejectedError) as refused:
        made({"$ref": "/d39/1.0.0"}, **doubling)

    assert refused.value.code == "schema.too_large"
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("ref", "value"),
    [
        ("/common/1.0.0#/required", ["meta", "a"]),
        ("/common/1.0.0.yaml#/title", "common"),
        ("/common/1.0.0#/required/1", "a"),
        ("/common/1.0.0#/examples/0/meta", {}),
        (" /common/1.0.0#/title ", "common"),
        ("#/definitions/a~1b/50%25", "found"),
    ],
)
def test_reference__to_a_place__is_what_stands_there(ref: str, value: Any) -> None:
    document = made({"definitions": {"a/b": {"50%": "found"}}, "examples": [{"$ref": ref}]})

    assert document["examples"] == [value]


def test_reference__to_a_list__replaced_where_a_list_stands() -> None:
    assert made({"required": {"$ref": "/common/1.0.0#/required"}})["required"] == ["meta", "a"]


def test_reference__beside_one_to_another_file__is_looked_for_there() -> None:
    document = made({"properties": {"c": {"$ref": "/common/1.0.0", "properties": {"x": {"$ref": "#/properties/meta"}}}}})

    meta = {"type": "object", "properties": {"id": {"type": "string"}}}
    assert document["properties"]["c"]["properties"]["x"] == meta


def test_text_that_is_no_reference__stays() -> None:
    texts = [{"$ref": "#name"}, {"$ref": ""}, {"$ref": 1}]

    assert made({"examples": texts})["examples"] == texts


@pytest.mark.parametrize(
    ("parts", "merged"),
    [
        ([{"pattern": "a"}, {"pattern": "b"}], {"allOf": [{"pattern": "a"}, {"pattern": "b"}]}),
        ([{"not": {"type": "null"}}], {"not": {"anyOf": [{"type": "null"}]}}),
        ([{"multipleOf": 0.4}, {"multipleOf": 0.6}], {"multipleOf": 1.2}),
        ([{"type": ["string", "null"]}, {"type": ["null", "integer"]}], {"type": "null"}),
        ([{"enum": ["b", "a", "c"]}, {"enum": ["c", "b"]}], {"enum": ["b", "c"]}),
        ([{"dependencies": {"a": ["c"]}}, {"dependencies": {"b": ["a"]}}], {"dependencies": {"a": ["c"], "b": ["a"]}}),
        ([{"anyOf": [{"minimum": 1}, {"type": "null"}]}, {"anyOf": [{"maximum": 2}]}], None),
        (
            [{"additionalProperties": False}, {"properties": {"a": {}}}],
            {"additionalProperties": False, "properties": {"a": {}}},
        ),
        ([{"items": [{"minimum": 1}]}, {"items": {"maximum": 2}}], None),
        ([{"title": "a"}, {"title": "b"}], {"title": "a"}),
        ([{"default": 1, "examples": [1]}, {"default": 2}], {"default": 1}),
    ],
)
def test_all_of__keywords__by_the_reference_s_rules(parts: list[Any], merged: dict[str, Any] | None) -> None:
    expected = (
        merged
        or {
            "anyOf": {"anyOf": [{"maximum": 2, "minimum": 1}, {"maximum": 2, "type": "null"}]},
            "items": {"items": [{"minimum": 1, "maximum": 2}], "additionalItems": {"maximum": 2}},
        }[next(iter(parts[0]))]
    )

    assert made({"allOf": parts}) == expected


@pytest.mark.parametrize(
    "parts", [[{"format": "date"}, {"format": "time"}], [{"const": 1}, {"const": True}], [{"x-pii": "ip"}, {"x-pii": "id"}]]
)
def test_all_of__contradictions__refused(parts: list[Any]) -> None:
    with pytest.raises(RejectedError) as refused:
        made({"allOf": parts})

    assert refused.value.code == "schema.cannot_merge"


def test_fragment_and_its_user__both_about_to_be_published__finished_in_their_order() -> None:
    fragment = {"$id": "/part/1.1.0", "allOf": [{"$ref": "/common/1.0.0"}, {"properties": {"n": {"type": "integer"}}}]}
    user = {"$id": "/user/1.0.0", "properties": {"m": {"$ref": "/part/1.1.0#/properties/n", "type": "string"}}}
    known: dict[str, dict[str, Any]] = {"/common/1.0.0": COMMON, "/part/1.1.0": {"$id": "/part/1.1.0", "title": "as it was"}}

    materialiser = Materialiser(known.get, currents={"/user/1.0.0": user, "/part/1.1.0": fragment}, bounds=SAFE_BOUNDS)

    assert materialiser.materialise(user)["properties"]["m"] == {
        "type": "string",
        "minimum": -MAX_SAFE_INTEGER,
        "maximum": MAX_SAFE_INTEGER,
    }


def test_files_about_to_be_published__in_a_circle__refused() -> None:
    currents = {f"/{name}/1.0.0": {"properties": {"x": {"$ref": f"/{other}/1.0.0"}}} for name, other in ("ab", "bc", "ca")}

    nothing: dict[str, dict[str, Any]] = {}

    with pytest.raises(RejectedError) as refused:
        Materialiser(nothing.get, currents={key: {"$id": key, **one} for key, one in currents.items()}).materialise(
            {"$ref": "/a/1.0.0"}
        )

    assert refused.value.code == "schema.circular_reference"


def test_numbers__in_conditions__stay_unbounded_as_in_the_reference() -> None:
    bounded = with_numeric_bounds({"then": {"type": "integer"}, "not": {"type": "integer"}}, (0, 9))

    assert bounded == {"then": {"type": "integer"}, "not": {"type": "integer", "minimum": 0, "maximum": 9}}


def test_numbers__without_bounds__get_what_every_client_can_hold() -> None:
    bounded = with_numeric_bounds({"properties": {"x": {"type": "integer", "minimum": 0}, "y": {"type": ["integer", "null"]}}})

    assert bounded["properties"]["x"] == {"type": "integer", "minimum": 0, "maximum": MAX_SAFE_INTEGER}
    assert bounded["properties"]["y"] == {"type": ["integer", "null"]}
