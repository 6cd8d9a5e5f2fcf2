"""Columns from JSON Schemas."""

from __future__ import annotations

import tarfile
from typing import Any

import pytest
import yaml
from django.conf import settings

from connectors.mapping.columns import ColumnType, Leaf, column_names, leaves, unique_name


def types_of(properties: dict[str, Any]) -> dict[str, ColumnType]:
    return {leaf.pointer: leaf.type for leaf in leaves({"type": "object", "properties": properties})}


def test_leaves__simple_types__one_column_each() -> None:
    found = types_of(
        {
            "a": {"type": "string"},
            "b": {"type": "integer"},
            "c": {"type": "number"},
            "d": {"type": "boolean"},
            "e": {"type": "string", "format": "date-time"},
            "f": {"type": ["integer", "null"]},
        }
    )

    assert found == {
        "/a": ColumnType.TEXT,
        "/b": ColumnType.INTEGER,
        "/c": ColumnType.NUMBER,
        "/d": ColumnType.BOOLEAN,
        "/e": ColumnType.TIME,
        "/f": ColumnType.INTEGER,
    }


def test_leaves__objects__flattened_to_any_depth() -> None:
    found = types_of(
        {"a": {"type": "object", "properties": {"b": {"type": "object", "properties": {"c": {"type": "string"}}}}}}
    )

    assert found == {"/a/b/c": ColumnType.TEXT}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {"type": "string"}},
        {"type": "object"},
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "object", "properties": {"hint": {"type": "string"}}, "additionalProperties": {"type": "string"}},
        {"type": ["array", "object", "string"]},
        {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        {},
        True,
    ],
)
def test_leaves__no_fixed_shape__kept_as_json(schema: Any) -> None:
    assert types_of({"a": schema}) == {"/a": ColumnType.JSON}


def test_leaves__schema_field__has_a_column_of_ours() -> None:
    assert types_of({"$schema": {"type": "string"}, "a": {"type": "string"}}) == {"/a": ColumnType.TEXT}


def test_column_names__flattened__joined_in_lower_case() -> None:
    wanted = [Leaf(("meta", "requestId"), ColumnType.TEXT), Leaf(("page-title",), ColumnType.TEXT)]

    assert column_names(wanted, {}) == {"/meta/requestId": "meta__requestid", "/page-title": "page_title"}


def test_column_names__collision_and_reserved__get_a_stable_digest() -> None:
    wanted = [Leaf(("a_b",), ColumnType.TEXT), Leaf(("a-b",), ColumnType.TEXT), Leaf(("_offset",), ColumnType.TEXT)]

    first, second = column_names(wanted, {}), column_names(wanted, {})

    assert first == second
    assert first["/a_b"] == "a_b"
    assert first["/a-b"].startswith("a_b_")
    assert first["/_offset"] != "_offset"
    assert len(set(first.values())) == 3


@pytest.mark.parametrize("name", ["xmin", "XMAX", "cmin", "cmax", "ctid", "tableoid"])
def test_column_names__postgres_own__get_a_digest(name: str) -> None:
    (given,) = column_names([Leaf((name,), ColumnType.TEXT)], {}).values()

    assert given.startswith(f"{name.lower()}_")


def test_column_names__given_before__stay() -> None:
    wanted = [Leaf(("a",), ColumnType.TEXT), Leaf(("b",), ColumnType.TEXT)]

    assert column_names(wanted, {"/a": "old_name"}) == {"/b": "b"}


def test_unique_name__too_long__63_bytes_and_distinct() -> None:
    one, two = unique_name("x" * 70, "/1", set()), unique_name("x" * 70, "/2", set())

    assert len(one) == len(two) == 63
    assert one != two


def test_leaves__every_schema_of_the_corpus__columns_without_collision() -> None:
    archive = settings.REFERENCE_DATA_DIR / "schemas-primary.tar.gz"
    if not archive.exists():
        pytest.skip("the reference data is not here")
    seen = 0

    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            if member.isfile() and member.name.endswith("/latest.yaml") is False and member.name.endswith(".0.0.yaml"):
                file = tar.extractfile(member)
                assert file is not None
                found = leaves(yaml.load(file, Loader=yaml.CSafeLoader))  # a safe loader
                names = column_names(found, {})
                assert len(set(names.values())) == len(found)
                seen += 1

    assert seen > 30
