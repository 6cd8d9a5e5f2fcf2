"""From Avro to a draft: every type has its counterpart, every loss its note, every wrong file its place."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from eventschemas import avro
from eventschemas.avro import AvroError


def record(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": "PageView", "fields": list(fields), **more}


def one(kind: Any, **more: Any) -> dict[str, Any]:
    """What a field of that type becomes."""
    drafted = avro.draft(record({"name": "value", "type": kind, "doc": "A value.", **more}), title="page/view")
    found: dict[str, Any] = drafted.document["properties"]["value"]
    return found


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("boolean", {"type": "boolean"}),
        ("string", {"type": "string"}),
        ("int", {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1}),
        ("long", {"type": "integer", "minimum": -(2**53) + 1, "maximum": 2**53 - 1}),
        ("double", {"type": "number", "minimum": -(2**53) + 1, "maximum": 2**53 - 1}),
        ({"type": "string", "logicalType": "uuid"}, {"type": "string", "format": "uuid", "maxLength": 36}),
        ({"type": "long", "logicalType": "timestamp-millis"}, {"type": "string", "format": "date-time", "maxLength": 128}),
        ({"type": "int", "logicalType": "date"}, {"type": "string", "format": "date", "maxLength": 10}),
        ({"type": "array", "items": "string"}, {"type": "array", "items": {"type": "string"}}),
        ({"type": "map", "values": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}),
        ({"type": "enum", "name": "Kind", "symbols": ["a", "b"]}, {"type": "string", "enum": ["a", "b"]}),
        ({"type": "fixed", "name": "Md5", "size": 16}, {"type": "string", "contentEncoding": "base64", "maxLength": 24}),
        (["null", "string"], {"type": "string"}),
    ],
)
def test_draft__each_type__its_counterpart(kind: Any, expected: dict[str, Any]) -> None:
    assert one(kind) == {**expected, "description": "A value."}


def test_draft__without_a_fragment__takes_no_fields_that_nobody_declared() -> None:
    document = avro.draft(record({"name": "a", "type": "int"}), title="page/view").document

    assert document["additionalProperties"] is False
    assert document["properties"]["meta"]["additionalProperties"] is False


def test_draft__nullable_or_defaulted__not_required() -> None:
    drafted = avro.draft(
        record(
            {"name": "a", "type": "int"},
            {"name": "b", "type": ["null", "int"]},
            {"name": "c", "type": "int", "default": 0},
        ),
        title="page/view",
    )

    assert drafted.document["required"] == ["$schema", "a", "dt", "meta"]


def test_draft__camel_case__renamed_with_a_note() -> None:
    drafted = avro.draft(record({"name": "pageID", "type": "long", "doc": "The page."}), title="page/view")

    assert "page_id" in drafted.document["properties"]
    assert drafted.notes == ["page_id: was named pageID."]


def test_draft__several_types__first_kept_with_a_note() -> None:
    drafted = avro.draft(record({"name": "value", "type": ["int", "string"], "doc": "A value."}), title="page/view")

    assert drafted.document["properties"]["value"]["type"] == "integer"
    assert drafted.notes == ["value: was one of 2 types; the first is kept. Make a field of each."]


def test_draft__named_type_used_twice__written_out_twice() -> None:
    user = {"type": "record", "name": "User", "fields": [{"name": "id", "type": "int"}]}

    drafted = avro.draft(record({"name": "author", "type": user}, {"name": "editor", "type": "User"}), title="page/view")

    properties = drafted.document["properties"]
    assert properties["author"] == properties["editor"]


def test_draft__with_fragment__names_it_instead_of_the_envelope() -> None:
    drafted = avro.draft(record({"name": "a", "type": "int"}), title="page/view", fragment="/fragment/common/1.0.0")

    first, own = drafted.document["allOf"]
    assert first == {"$ref": "/fragment/common/1.0.0"}
    assert list(own["properties"]) == ["a"]


def test_draft__result__is_a_valid_schema() -> None:
    drafted = avro.draft(record({"name": "a", "type": "int"}), title="page/view", version="2.1.0")

    jsonschema.Draft7Validator.check_schema(drafted.document)
    assert drafted.document["$id"] == "/page/view/2.1.0"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ("string", ""),
        ({"type": "enum", "name": "E", "symbols": ["a"]}, ""),
        (record({"name": "a"}), "/fields/0"),
        (record({"name": "a", "type": "Nobody"}), "/fields/0/type"),
        (record({"name": "a", "type": "null"}), "/fields/0/type"),
        (record({"name": "a", "type": "PageView"}), "/fields/0/type"),
        (record({"name": "aB", "type": "int"}, {"name": "a_b", "type": "int"}), "/fields/1"),
        (record({"name": "a", "type": {"type": "array"}}), "/fields/0/type/items"),
        ({"type": "record", "name": "R", "fields": {}}, "/fields"),
    ],
)
def test_draft__wrong_file__told_with_its_place(wrong: Any, pointer: str) -> None:
    with pytest.raises(AvroError) as caught:
        avro.draft(wrong, title="page/view")

    assert caught.value.pointer == pointer
