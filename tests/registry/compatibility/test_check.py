"""Levels of compatibility against earlier versions, the number that is due, and what can't be compared at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from registry.compatibility import check, compare
from registry.compatibility.comparing import bump_between
from registry.compatibility.readable import SchemaNotSelfContainedError
from registry.schema.checking import SchemaInvalidError

A, A_B = (
    {"type": "object", "properties": {name: {"type": "string"} for name in names}, "additionalProperties": False}
    for names in ("a", "ab")
)
A_REQUIRED = {**A, "required": ["a"]}


@pytest.mark.parametrize(
    ("earlier", "new", "level", "found"),
    [
        ([A_B], A, "NONE", []),
        ([A_B], A, "BACKWARD", [("1.0.0", "field-removed", "backward")]),
        ([A_B], A, "FORWARD", []),
        ([A], A_B, "BACKWARD", []),
        ([A], A_B, "FORWARD", [("1.0.0", "field-added", "forward")]),
        ([A], A_B, "FULL", [("1.0.0", "field-added", "forward")]),
        ([A], A_REQUIRED, "FULL", [("1.0.0", "required-added", "backward")]),
        ([A_B, A], A, "BACKWARD", []),
        ([A_B, A], A, "BACKWARD_TRANSITIVE", [("1.0.0", "field-removed", "backward")]),
        ([A, A_B], A_B, "FORWARD", []),
        ([A, A_B], A_B, "FORWARD_TRANSITIVE", [("1.0.0", "field-added", "forward")]),
        ([A_REQUIRED, A], A, "FULL", []),
        ([A_REQUIRED, A], A, "FULL_TRANSITIVE", [("1.0.0", "required-dropped", "forward")]),
        ([], A, "FULL_TRANSITIVE", []),
    ],
)
def test_check__levels__look_at_the_versions_and_directions_they_name(
    earlier: list[dict[str, Any]], new: dict[str, Any], level: str, found: list[tuple[str, str, str]]
) -> None:
    numbered = [(f"1.{minor}.0", document) for minor, document in enumerate(earlier)]

    result = check(numbered, new, level)

    assert [(one.version, one.change.code, one.direction) for one in result] == found


def test_check__unknown_level__is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="SIDEWAYS"):
        check([], A, "SIDEWAYS")


def test_check__incompatibility__says_so_in_a_sentence() -> None:
    found = check([("1.0.0", A_B)], A, "BACKWARD")

    assert found[0].sentence == "b is no longer declared. Not backward compatible with 1.0.0."


@pytest.mark.parametrize(
    ("old", "new", "made"),
    [
        ("/a/b/1.0.0", "/a/b/1.0.1", "patch"),
        ("/a/b/1.0.5", "/a/b/1.1.0", "minor"),
        ("/a/b/1.9.5", "/a/b/2.0.0", "major"),
        ("/a/b/1.9.0", "/a/b/1.10.0", "minor"),
        ("/a/b/1.1.0", "/a/b/1.0.0", "none"),
        ("/a/b/1.0.0", "/a/c/1.1.0", None),
        ("", "/a/c/1.1.0", None),
    ],
)
def test_bump_between__ids__the_step_that_the_number_made(old: str, new: str, made: str | None) -> None:
    assert bump_between(old, new) == made


@pytest.mark.parametrize(
    ("ids", "due", "is_enough", "due_version"),
    [
        (("/a/b/1.2.3", "/a/b/1.3.0"), "major", False, "2.0.0"),
        (("/a/b/1.2.3", "/a/b/2.0.0"), "major", True, "2.0.0"),
        (("/a/b/0.2.3", "/a/b/0.2.4"), "major", True, "1.0.0"),
        (("/a/b/1.2.3", "/a/c/1.2.4"), "major", None, "2.0.0"),
    ],
)
def test_compare__number_made__is_it_enough(
    ids: tuple[str, str], due: str, *, is_enough: bool | None, due_version: str
) -> None:
    comparison = compare({**A_B, "$id": ids[0]}, {**A, "$id": ids[1]})

    assert (comparison.bump, comparison.is_enough, comparison.due_version) == (due, is_enough, due_version)


def test_compare__as_json__can_be_written_as_json() -> None:
    written = json.loads(json.dumps(compare({**A_B, "$id": "/a/b/1.0.0"}, {**A, "$id": "/a/b/1.1.0"}).as_json()))

    assert (written["backward"]["holds"], written["bump"], written["is_enough"]) == (False, "major", False)
    assert written["changes"][0]["breaks"] == ["consumers", "producers", "tables"]


def test_compare__no_schema__refused_with_its_place() -> None:
    with pytest.raises(SchemaInvalidError) as refused:
        compare(A, {"properties": {"a": {"minLength": "long"}}})

    assert refused.value.pointer == "/properties/a/minLength"


def test_compare__reference_left__refused_but_a_field_of_that_name_is_none() -> None:
    with pytest.raises(SchemaNotSelfContainedError) as refused:
        compare(A, {"properties": {"a": {"$ref": "#/definitions/a"}}})

    assert refused.value.pointer == "/properties/a/$ref"
    assert compare({"properties": {"$ref": {}}}, {"properties": {"$ref": {}}, "examples": [{"$ref": "x"}]}).is_full
