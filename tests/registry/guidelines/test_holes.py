"""The strict profile finds what the reference's rules are known to let through, and passes what they wrongly refuse."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from registry.guidelines import evolution, lint, samples
from registry.schema import documents

TODAY = date(2026, 11, 25)


def _strict(patch: str) -> set[str]:
    return {finding.code for finding in lint(samples.merge(samples.sample(), documents.load(patch)), today=TODAY)}


def _compatible(patch: str) -> set[str]:
    document = samples.merge(samples.sample(), documents.load(patch))
    return {finding.code for finding in lint(document, profile="compatible", today=TODAY)}


def _field(text: str) -> str:
    return f"properties: {{skin: {text}}}"


LET_THROUGH = [
    (
        "snake_case under items",
        _field("{type: array, items: {type: object, properties: {aB: {type: string}}}}"),
        "NAME-SNAKE-CASE",
    ),
    (
        "snake_case under additionalProperties",
        _field("{type: object, additionalProperties: {type: object, properties: {aB: {type: string}}}}"),
        "NAME-SNAKE-CASE",
    ),
    ("snake_case under oneOf", "oneOf: [{properties: {aB: {type: string}}}]", "NAME-SNAKE-CASE"),
    ("$$schema as a name", "properties: {$$schema: {type: string}}", "NAME-SNAKE-CASE"),
    ("a__b_ as a name", "properties: {a__b_: {type: string}}", "NAME-SNAKE-CASE"),
    (
        "required under items",
        _field("{type: array, items: {type: object, required: [a], properties: {}}}"),
        "FIELD-REQUIRED-EXISTS",
    ),
    ("anyOf that declares", "anyOf: [{properties: {a: {type: string}}}]", "TYPE-CHOICE"),
    ("if that declares", "if: {properties: {a: {type: string}}}", "TYPE-CHOICE"),
    ("then that retypes", "if: {}\nthen: {properties: {dt: {type: integer}}}", "TYPE-CHOICE"),
    ("additionalProperties: true", _field("{type: object, additionalProperties: true}"), "MAP-VALUES"),
    ("additionalProperties: {}", _field("{type: object, additionalProperties: {}}"), "MAP-VALUES"),
    ("examples: []", "examples: []", "EXAMPLE-EXISTS"),
    ("type null", _field("{type: 'null'}"), "TYPE-NULL"),
    ("mexLength", _field("{type: string, mexLength: 5}"), "SCHEMA-KEYWORDS"),
    ("a misspelt format", _field("{type: string, maxLength: 5, format: datetime}"), "SCHEMA-KEYWORDS"),
    ("numbers in then", "if: {}\nthen: {properties: {dt: {type: integer}}}", "NUMBER-BOUNDS"),
    ("no meta", "required: [$schema, dt]", "EVENT-META"),
    ("no meta.stream", "properties: {meta: {required: []}}", "EVENT-META"),
    ("no dt", "required: [$schema, meta]", "EVENT-DT"),
    ("no $schema", "required: [meta, dt]", "EVENT-SCHEMA"),
    ("additionalProperties beside properties", "additionalProperties: {type: string}", "MAP-OR-FIELDS"),
    ("no description", _field("{type: string}"), "FIELD-DESCRIBED"),
]


@pytest.mark.parametrize(("hole", "patch", "code"), LET_THROUGH, ids=[case[0] for case in LET_THROUGH])
def test_schema__what_the_reference_lets_through__strict_finds(hole: str, patch: str, code: str) -> None:
    assert code in _strict(patch)
    assert code not in _compatible(patch)


def test_one_of__branch_without_required__is_judged_where_the_reference_dies() -> None:
    patch = _field("{type: object, oneOf: [{type: object, required: [a]}, {type: object}], properties: {a: {type: string}}}")

    assert "TYPE-CHOICE" in _strict(patch)
    assert "TYPE-CHOICE" in _compatible(patch)


def _step(old: str, new: str, profile: Any = "strict") -> list[str]:
    before, after = (samples.merge(samples.sample(), documents.load(patch)) for patch in (old, new))
    found = evolution.judge([("1.0.0", before)], {**after, "$id": "/page/view/1.1.0"}, profile=profile)
    return [finding.alias or finding.code for finding in found]


_OBJECT = "{type: object, properties: {a: {type: string}}}"
HARMFUL = [
    ("a new required list", _field(_OBJECT), _field("{type: object, properties: {a: {type: string}}, required: [a]}")),
    ("enum added", _field("{type: string}"), _field("{type: string, enum: [a]}")),
    ("pattern added", _field("{type: string}"), _field("{type: string, pattern: a}")),
    ("format added", _field("{type: string}"), _field("{type: string, format: date}")),
    ("minLength added", _field("{type: string}"), _field("{type: string, minLength: 3}")),
    ("not added", _field("{type: string}"), _field("{type: string, not: {}}")),
    (
        "an object closed",
        _field(_OBJECT),
        _field("{type: object, properties: {a: {type: string}}, additionalProperties: false}"),
    ),
    ("maxLength smaller", _field("{type: string, maxLength: 10}"), _field("{type: string, maxLength: 5}")),
    *(
        (f"a property named {name} gone", f"properties: {{{name}: {{type: string}}}}", "{}")
        for name in ("description", "examples", "$id", "maxLength")
    ),
    *(
        (
            f"a property named {name} retyped",
            f"properties: {{{name}: {{type: string}}}}",
            f"properties: {{{name}: {{type: boolean}}}}",
        )
        for name in ("description", "examples", "$id", "maxLength")
    ),
]


@pytest.mark.parametrize(("change", "old", "new"), HARMFUL, ids=[case[0] for case in HARMFUL])
def test_step__harmful_and_let_through__strict_refuses(change: str, old: str, new: str) -> None:
    assert "schema-version-compatibility" in _step(old, new)
    assert _step(old, new, "compatible") == []


HARMLESS = [
    ("maximum wider", _field("{type: integer, maximum: 5}"), _field("{type: integer, maximum: 9}")),
    ("title reworded", _field("{type: string, title: a}"), _field("{type: string, title: b}")),
    ("no longer required", "{}", "required: [$schema, meta]"),
    ("maxLength spelt right", _field("{type: string, mexLength: 5}"), _field("{type: string}")),
]


@pytest.mark.parametrize(("change", "old", "new"), HARMLESS, ids=[case[0] for case in HARMLESS])
def test_step__harmless_and_refused_by_the_reference__strict_takes(change: str, old: str, new: str) -> None:
    assert "schema-version-compatibility" not in _step(old, new)
    assert _step(old, new, "compatible") != []


@pytest.mark.parametrize("name", ["enum", "required"])
@pytest.mark.parametrize("profile", ["strict", "compatible"])
def test_step__property_named_as_a_keyword__judged_where_the_reference_dies(name: str, profile: str) -> None:
    declared = f"properties: {{{name}: {{type: string}}}}"

    assert _step(declared, declared, profile) == []


def test_step__integer_becomes_number__asks_for_a_major_as_tables_break() -> None:
    assert _step(_field("{type: integer}"), _field("{type: number}")) == ["EVOLVE-BUMP"]


def test_step__breaks_with_a_version_before_the_last__strict_finds_it() -> None:
    first = samples.merge(samples.sample(), documents.load(_field("{type: string, enum: [a, b]}")))
    second = samples.merge(samples.sample(), documents.load(_field("{type: string, enum: [a]}")))
    third = {**second, "$id": "/page/view/1.2.0"}

    found = evolution.judge([("1.0.0", first), ("1.1.0", second)], third)

    assert {finding.alias for finding in found} == {"schema-version-compatibility"}
    assert evolution.judge([("1.0.0", first), ("1.1.0", second)], third, profile="compatible") == ()


def test_step__another_major__owes_nothing() -> None:
    new = {**samples.merge(samples.sample(), documents.load("required: []")), "$id": "/page/view/2.0.0"}

    assert evolution.judge([("1.0.0", samples.sample())], new) == ()
