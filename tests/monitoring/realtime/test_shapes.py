from __future__ import annotations

from typing import Any

import duckdb
import pytest

from monitoring.realtime import shapes


def of(**properties: Any) -> str:
    return shapes.shape_of({"properties": properties}).sql()


@pytest.mark.parametrize(
    ("schema", "word"),
    [
        ({"type": "string"}, "VARCHAR"),
        ({"type": ["string", "null"]}, "VARCHAR"),
        ({"type": "string", "format": "date-time"}, "TIMESTAMP"),
        ({"type": "integer"}, "BIGINT"),
        ({"type": "number"}, "DOUBLE"),
        ({"type": "boolean"}, "BOOLEAN"),
        ({"type": ["string", "integer"]}, "JSON"),
        ({}, "JSON"),
        ({"type": "array", "items": {"type": "integer"}}, "BIGINT[]"),
        ({"type": "array"}, "JSON[]"),
        ({"type": "object"}, "JSON"),
        ({"type": "object", "properties": {"a b": {"type": "boolean"}}}, 'STRUCT("a b" BOOLEAN)'),
        ({"type": "object", "properties": {"x": {}}, "additionalProperties": {"type": "number"}}, "MAP(VARCHAR, DOUBLE)"),
    ],
)
def test_shape__kind_of_field__duckdbs_type(schema: dict[str, Any], word: str) -> None:
    assert of(field=schema) == f'STRUCT("field" {word})'


def test_shape__names_alike_but_for_case__first_wins() -> None:
    assert of(Page={"type": "integer"}, page={"type": "string"}) == 'STRUCT("Page" BIGINT)'


def test_shape__names_of_our_columns__left_to_the_whole_event() -> None:
    assert of(_Offset={"type": "integer"}, a={"type": "integer"}) == 'STRUCT("a" BIGINT)'


def test_shape__no_fields__nothing() -> None:
    assert shapes.shape_of({"type": "object"}) == shapes.NOTHING


def test_shape__endless_nesting__ends_as_json() -> None:
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(40):
        schema = {"type": "object", "properties": {"a": schema}}

    assert shapes.shape_of(schema).sql().count("STRUCT") <= 11


@pytest.mark.parametrize("name", ["it's", 'a"b', "select", "ä", "a.b", "$schema"])
def test_shape__strange_name__duckdb_takes_it(name: str) -> None:
    word = of(**{name: {"type": "integer"}})

    assert duckdb.execute(f"select null::{word}").fetchone() == (None,)


def test_listed__inner_fields__behind_dots_with_their_marks() -> None:
    shape = shapes.shape_of(
        {"properties": {"$schema": {"type": "string"}, "who": {"type": "object", "properties": {"ip": {"x-pii": "ip"}}}}}
    )

    assert [(name, one.word, one.pii) for name, one in shapes.listed(shape)] == [
        ('"$schema"', "VARCHAR", ""),
        ("who", "STRUCT", ""),
        ("who.ip", "JSON", "ip"),
    ]


def test_listed__name_that_is_a_word_of_sql__can_be_asked_for_as_listed() -> None:
    words = [word for (word,) in duckdb.execute("select distinct keyword_name from duckdb_keywords()").fetchall()]
    shape = shapes.shape_of({"properties": {word: {"type": "object", "properties": {word: {}}} for word in words}})
    duckdb.execute(f"create or replace temp table words as select unnest(null::{shape.sql()})")

    for name, _ in shapes.listed(shape):
        duckdb.execute(f"select {name}, count(*) from words group by 1")  # noqa: S608  # which is what is tested
