"""What the reference's check lets pass or refuses wrongly, and what users of other registries ask for, each with its proof."""

from __future__ import annotations

import random
from typing import Any

import pytest

from registry.compatibility import Comparison, compare
from registry.compatibility.reading import as_sent
from registry.schema import validators
from tests.registry.compatibility import made_up

TEXT, WHOLE = {"type": "string"}, {"type": "integer"}


def an_object(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **more}


def has_witness(narrow: dict[str, Any], wide: dict[str, Any]) -> bool:
    """Whether an event is found that one version's producers may send and the other version refuses."""
    sent, judge = validators.validator(as_sent(narrow, wide), "ajv6"), validators.validator(wide, "ajv6")
    chance = random.Random(1)  # noqa: S311  # repeatable, no secret
    tried = (made_up.value(chance, chance.choice([narrow, wide])) for _ in range(3000))
    return any(sent.is_valid(value) and not judge.is_valid(value) for value in tried)


def proven(old: dict[str, Any], new: dict[str, Any]) -> Comparison:
    """The comparison, where a denied direction has an event that shows it and an affirmed one has none."""
    comparison = compare(old, new)
    assert comparison.backward.holds is not has_witness(old, new)
    assert comparison.forward.holds is not has_witness(new, old)
    assert comparison.opinion.agrees is not False, comparison.opinion.sentence
    return comparison


BREAKING = {
    "a required list where there was none": (an_object({"a": TEXT}), an_object({"a": TEXT}, required=["a"])),
    "an enum": (an_object({"a": TEXT}), an_object({"a": {**TEXT, "enum": ["a"]}})),
    "a pattern": (an_object({"a": TEXT}), an_object({"a": {**TEXT, "pattern": "^a"}})),
    "a format": (an_object({"a": TEXT}), an_object({"a": {**TEXT, "format": "date"}})),
    "a minimum length": (an_object({"a": TEXT}), an_object({"a": {**TEXT, "minLength": 1}})),
    "a shorter maximum length": (an_object({"a": {**TEXT, "maxLength": 3}}), an_object({"a": {**TEXT, "maxLength": 2}})),
    "a form that is forbidden": (an_object({"a": TEXT}), an_object({"a": {**TEXT, "not": {}}})),
    "undeclared fields forbidden": (an_object({"a": TEXT}), an_object({"a": TEXT}, additionalProperties=False)),
    "no item twice": ({"type": "array"}, {"type": "array", "uniqueItems": True}),
    "multiples only": ({"type": "number"}, {"type": "number", "multipleOf": 2}),
    "an enum of numbers that loses one": ({"enum": [1, 2]}, {"enum": [1]}),
    "a bare object that gains a field": ({"type": "object"}, an_object({"a": TEXT})),
}


@pytest.mark.parametrize("name", BREAKING)
def test_compare__hole_of_the_reference__old_events_are_refused(name: str) -> None:
    comparison = proven(*BREAKING[name])

    assert not comparison.backward.holds
    assert comparison.bump == "major"
    assert "producers" in comparison.breaking[0].breaks


@pytest.mark.parametrize("name", ["description", "examples", "$id", "maxLength", "enum", "required", "$ref", "title", "x-pii"])
def test_compare__field_named_as_a_keyword__is_a_field(name: str) -> None:
    unchanged = compare(an_object({name: TEXT}, required=[name]), an_object({name: TEXT}, required=[name]))
    retyped = compare(an_object({name: TEXT}), an_object({name: WHOLE}))
    removed = compare(an_object({name: TEXT, "a": TEXT}), an_object({"a": TEXT}, additionalProperties=False))

    assert unchanged.changes == ()
    assert (retyped.changes[0].code, retyped.changes[0].path) == ("type-changed", name)
    assert not retyped.backward.holds
    assert [change.path for change in removed.changes if change.code == "field-removed"] == [name]


def test_compare__keyword_words_inside_data__are_data() -> None:
    old = {"enum": [{"required": ["a"]}], "examples": [{"type": "string"}], "default": {"maxLength": 1}}
    new = {"enum": [{"required": ["b"]}], "examples": [{"type": "integer"}], "default": {"maxLength": 2}}

    codes = {change.code for change in compare(old, new).changes}

    assert codes == {"enum-changed", "examples-changed", "default-changed"}


def test_compare__wider_maximum__producers_are_fine_and_a_minor_step_is_due() -> None:
    comparison = proven({"type": "integer", "maximum": 3}, {"type": "integer", "maximum": 10})

    assert comparison.backward.holds
    assert not comparison.forward.holds
    assert (comparison.bump, comparison.breaking) == ("minor", ())


def test_compare__integer_to_number__producers_are_fine_but_tables_are_not() -> None:
    comparison = proven(an_object({"a": WHOLE}), an_object({"a": {"type": "number"}}))

    assert comparison.backward.holds
    assert comparison.changes[0].breaks == {"consumers", "tables"}
    assert comparison.tables == ("Column a: what was one of integer becomes one of number.",)


def test_compare__title_and_description_reworded__only_a_patch() -> None:
    comparison = proven({"title": "a", "description": "b"}, {"title": "A", "description": "B"})

    assert comparison.is_full
    assert comparison.bump == "patch"


def test_compare__field_no_longer_required__breaks_consumers_alone() -> None:
    comparison = proven(an_object({"performer": TEXT}, required=["performer"]), an_object({"performer": TEXT}))

    assert comparison.backward.holds
    assert not comparison.forward.holds
    assert comparison.headline == "Breaks consumers: 1 place"
    assert comparison.changes[0].why == "Consumers that rely on performer must accept its absence. Producers are fine."


def test_compare__slip_of_the_pen_corrected__says_that_it_never_had_an_effect() -> None:
    comparison = compare({"type": "string", "mexLength": 3}, {"type": "string", "maxLength": 3})

    assert [change.code for change in comparison.changes] == ["max-length-tightened", "unknown-keyword-changed"]
    assert "it never had an effect" in comparison.changes[1].why


def test_compare__optional_field_added_to_an_open_object__holds_and_says_what_is_taken_for_granted() -> None:
    comparison = proven(an_object({"a": TEXT}), an_object({"a": TEXT, "b": WHOLE}))

    assert comparison.is_full
    assert comparison.bump == "minor"
    assert comparison.backward.notes == (
        "The old version let undeclared fields pass; its events are taken to hold no b of another kind.",
    )
    assert comparison.forward.notes == ()


def test_compare__optional_field_added_to_a_closed_object__only_a_check_by_the_letter_refuses_it() -> None:
    comparison = proven(
        an_object({"a": TEXT}, additionalProperties=False), an_object({"a": TEXT, "b": WHOLE}, additionalProperties=False)
    )

    assert comparison.backward.holds
    assert not comparison.forward.holds
    assert comparison.forward.is_harmless
    assert comparison.bump == "minor"


def test_compare__optional_field_removed_from_an_open_object__events_pass_but_consumers_lose_it() -> None:
    comparison = proven(an_object({"a": TEXT, "b": WHOLE}), an_object({"a": TEXT}))

    assert comparison.is_full
    assert comparison.changes[0].breaks == {"consumers", "tables"}
    assert comparison.bump == "major"


def test_compare__each_change__says_where_what_and_why() -> None:
    old = an_object(
        {"user": an_object({"name": TEXT}), "tags": {"type": "array", "items": TEXT}, "map": {"additionalProperties": TEXT}}
    )
    new = an_object(
        {"user": an_object({"name": WHOLE}), "tags": {"type": "array", "items": WHOLE}, "map": {"additionalProperties": WHOLE}}
    )

    changes = compare(old, new).changes

    assert [(change.path, change.pointer) for change in changes] == [
        ("user.name", "/properties/user/properties/name/type"),
        ("tags[]", "/properties/tags/items/type"),
        ("map.*", "/properties/map/additionalProperties/type"),
    ]
    assert all(change.what.endswith(".") and change.why.endswith(".") for change in changes)
