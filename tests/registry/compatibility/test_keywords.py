"""Every keyword of draft-07, tightened and loosened: both directions, the step that is due, and the change's code."""

from __future__ import annotations

from typing import Any

import pytest

from registry.compatibility import compare
from tests.registry.compatibility.test_holes import proven

TEXT, WHOLE, NUMBER, NULL = ({"type": name} for name in ("string", "integer", "number", "null"))
A_DATE = {"type": "string", "format": "date"}


def typed(name: str, **keywords: Any) -> dict[str, Any]:
    return {"type": name, **keywords}


# narrow, wide, code of the change from wide to narrow
TIGHTENED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (TEXT, {"type": ["string", "null"]}, "type-tightened"),
    (WHOLE, NUMBER, "type-tightened"),
    ({"enum": ["a", 1]}, {"enum": ["a", 1, None]}, "enum-tightened"),
    ({"const": 1}, {"enum": [1, 2]}, "enum-tightened"),
    ({"const": 1}, {}, "enum-tightened"),
    (typed("integer", minimum=2), typed("integer", minimum=1), "minimum-tightened"),
    (typed("number", exclusiveMinimum=1), typed("number", minimum=1), "minimum-tightened"),
    (typed("integer", exclusiveMinimum=1), typed("integer", minimum=1), "minimum-tightened"),
    (typed("integer", maximum=2), typed("integer"), "maximum-tightened"),
    (typed("number", exclusiveMaximum=2), typed("number", maximum=2), "maximum-tightened"),
    (typed("integer", multipleOf=4), typed("integer", multipleOf=2), "multiple-of-tightened"),
    (typed("string", minLength=2), typed("string", minLength=1), "min-length-tightened"),
    (typed("string", maxLength=2), typed("string"), "max-length-tightened"),
    (typed("string", pattern="^a"), typed("string"), "pattern-tightened"),
    (A_DATE, TEXT, "format-tightened"),
    (typed("array", minItems=1), typed("array"), "min-items-tightened"),
    (typed("array", maxItems=1), typed("array", maxItems=2), "max-items-tightened"),
    (typed("array", uniqueItems=True), typed("array", uniqueItems=False), "unique-items-tightened"),
    (typed("array", items=WHOLE), typed("array", items=NUMBER), "type-tightened"),
    (typed("array", items=[WHOLE]), typed("array", items=[NUMBER]), "type-tightened"),
    (typed("array", items=[WHOLE], additionalItems=False), typed("array", items=[WHOLE]), "type-tightened"),
    (typed("array", contains=WHOLE), typed("array"), "contains-tightened"),
    (typed("array", contains=WHOLE), typed("array", contains=NUMBER), "contains-tightened"),
    (typed("object", minProperties=1), typed("object"), "min-properties-tightened"),
    (typed("object", maxProperties=1), typed("object", maxProperties=2), "max-properties-tightened"),
    (typed("object", required=["a"]), typed("object"), "required-added"),
    (typed("object", properties={"a": WHOLE}), typed("object", properties={"a": NUMBER}), "type-tightened"),
    (typed("object", additionalProperties=False), typed("object"), "additional-properties-tightened"),
    (typed("object", additionalProperties=WHOLE), typed("object", additionalProperties=NUMBER), "type-tightened"),
    (typed("object", patternProperties={"^a": WHOLE}), typed("object"), "pattern-properties-tightened"),
    (typed("object", propertyNames={"maxLength": 1}), typed("object"), "property-names-tightened"),
    (typed("object", dependencies={"a": ["b"]}), typed("object"), "dependencies-tightened"),
    (typed("object", dependencies={"a": typed("object", required=["b"])}), typed("object"), "dependencies-tightened"),
    ({"if": TEXT, "then": {"minLength": 1}}, {}, "if-tightened"),
    ({"if": TEXT, "then": {"minLength": 2}}, {"if": TEXT, "then": {"minLength": 1}}, "min-length-tightened"),
    ({"if": TEXT, "else": {"minimum": 2}}, {"if": TEXT, "else": {"minimum": 1}}, "minimum-tightened"),
    ({"not": {"type": ["string", "null"]}}, {"not": TEXT}, "not-tightened"),
    ({"allOf": [WHOLE, {"minimum": 1}]}, {"allOf": [WHOLE]}, "all-of-added"),
    ({"allOf": [{"minimum": 2}]}, {"allOf": [{"minimum": 1}]}, "minimum-tightened"),
    ({"anyOf": [TEXT]}, {"anyOf": [TEXT, NULL]}, "any-of-removed"),
    ({"anyOf": [TEXT, WHOLE]}, {"anyOf": [TEXT, NUMBER]}, "type-tightened"),
    ({"oneOf": [TEXT]}, {"oneOf": [TEXT, NULL]}, "one-of-removed"),
    ({"oneOf": [typed("string", maxLength=1), NULL]}, {"oneOf": [TEXT, NULL]}, "max-length-tightened"),
]
LOOSENED = {"added": "dropped", "removed": "added", "tightened": "loosened"}


@pytest.mark.parametrize(("narrow", "wide", "code"), TIGHTENED)
def test_compare__tightened__old_events_are_refused(narrow: dict[str, Any], wide: dict[str, Any], code: str) -> None:
    comparison = proven(wide, narrow)

    assert (comparison.backward.holds, comparison.forward.holds) == (False, True)
    assert [change.code for change in comparison.changes] == [code]
    assert (comparison.bump, comparison.changes[0].breaks >= {"producers"}) == ("major", True)


@pytest.mark.parametrize(("narrow", "wide", "code"), TIGHTENED)
def test_compare__loosened__new_events_may_surprise_a_reader(narrow: dict[str, Any], wide: dict[str, Any], code: str) -> None:
    comparison = proven(narrow, wide)

    assert (comparison.backward.holds, comparison.forward.holds) == (True, False)
    stem, _, _ = comparison.changes[0].code.rpartition("-")
    assert stem == code.rpartition("-")[0]
    assert comparison.bump in {"minor", "major"}
    assert "producers" not in comparison.changes[0].breaks


SAME_EVENTS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (typed("integer", minimum=1), typed("integer", exclusiveMinimum=0)),
    (typed("integer", multipleOf=1), WHOLE),
    ({"enum": ["a", "b"]}, {"enum": ["b", "a"]}),
    ({"enum": [1, 2]}, {"enum": [1.0, 2.0]}),
    ({"const": "a"}, {"enum": ["a"]}),
    ({"type": ["string", "null"]}, {"type": ["null", "string"]}),
    ({"type": ["integer", "number"]}, NUMBER),
    ({"anyOf": [TEXT, NULL]}, {"anyOf": [NULL, TEXT]}),
    ({"oneOf": [TEXT, NULL]}, {"oneOf": [NULL, TEXT]}),
    ({"anyOf": [TEXT, NULL]}, {"type": ["string", "null"]}),
    (typed("object", required=["a", "b"]), typed("object", required=["b", "a"])),
    (typed("string", minimum=1), TEXT),
    ({"enum": ["ab"]}, {"enum": ["ab"], "pattern": "^a", "maxLength": 2, "type": "string"}),
    (typed("object", additionalProperties=True), typed("object", additionalProperties={})),
    ({"const": True}, {"enum": [True]}),
    (typed("boolean", enum=[True, False]), typed("boolean")),
]


@pytest.mark.parametrize(("one", "other"), SAME_EVENTS)
def test_compare__said_otherwise__full_and_a_patch_at_most(one: dict[str, Any], other: dict[str, Any]) -> None:
    for old, new in ((one, other), (other, one)):
        comparison = proven(old, new)

        assert comparison.is_full
        assert comparison.bump in {"none", "patch"}


def test_compare__true_is_not_one() -> None:
    assert not compare({"const": 1}, {"const": True}).backward.holds
    assert not compare({"enum": [0, "a"]}, {"enum": [False, "a"]}).backward.holds


def test_compare__text_that_becomes_a_number__breaks_everybody() -> None:
    comparison = proven(typed("object", properties={"a": TEXT}), typed("object", properties={"a": WHOLE}))

    assert comparison.changes[0].breaks == {"producers", "consumers", "tables"}


def test_compare__null_allowed__consumers_must_accept_it() -> None:
    comparison = proven(
        typed("object", properties={"a": TEXT}), typed("object", properties={"a": {"type": ["string", "null"]}})
    )

    assert comparison.changes[0].why == "Consumers must accept null. Producers are fine."
    assert comparison.changes[0].breaks == {"consumers"}


def test_compare__pattern_replaced__says_that_it_cannot_tell() -> None:
    comparison = compare(typed("string", pattern="^a"), typed("string", pattern="^a$"))

    assert not comparison.backward.holds
    assert "can't be told" in comparison.changes[0].why


def test_compare__field_under_another_name__guesses_the_renaming() -> None:
    old = typed("object", properties={"wiki": {**TEXT, "description": "The wiki."}, "other": WHOLE})
    new = typed("object", properties={"wiki_id": {**TEXT, "description": "The wiki."}, "other": WHOLE})

    comparison = compare(old, new)

    assert {change.code for change in comparison.changes} == {"field-renamed", "field-added"}
    assert comparison.changes[0].what == "wiki is gone; wiki_id looks like its new name."


def test_compare__required_field_added__producers_must_send_it() -> None:
    comparison = proven(
        typed("object", properties={"a": TEXT}), typed("object", properties={"a": TEXT, "b": TEXT}, required=["b"])
    )

    assert [change.code for change in comparison.changes] == ["required-field-added"]
    assert comparison.changes[0].why.startswith("Producers must send b")


@pytest.mark.parametrize(
    ("old", "new", "code", "bump", "breaks"),
    [
        ({}, {"x-pii": "ip"}, "pii-changed", "minor", set()),
        ({"x-pii": "ip"}, {}, "pii-changed", "minor", set()),
        ({"x-pii": "ip"}, {"x-pii": "ip", "x-pii-action": "drop"}, "pii-action-changed", "major", {"consumers", "tables"}),
        ({"x-pii-action": "hash"}, {"x-pii-action": "truncate"}, "pii-action-changed", "major", {"consumers"}),
        ({}, {"deprecated": True}, "deprecated-changed", "patch", set()),
        ({"default": 1}, {"default": 2}, "default-changed", "patch", set()),
        ({"examples": [1]}, {"examples": [2]}, "examples-changed", "patch", set()),
        ({}, {"$comment": "why"}, "comment-changed", "patch", set()),
        ({}, {"x-owner": "us"}, "extension-changed", "patch", set()),
        ({"$id": "/a/1.0.0"}, {"$id": "/a/2.0.0"}, "origin-changed", "patch", set()),
    ],
)
def test_compare__annotation__events_pass_as_before(
    old: dict[str, Any], new: dict[str, Any], code: str, bump: str, breaks: set[str]
) -> None:
    comparison = compare(typed("object", properties={"a": old}), typed("object", properties={"a": new}))

    assert comparison.is_full
    assert [(change.code, change.path, change.bump) for change in comparison.changes] == [(code, "a", bump)]
    assert comparison.changes[0].breaks == breaks
