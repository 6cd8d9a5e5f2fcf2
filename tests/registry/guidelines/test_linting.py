"""The verdict on one schema: profiles, waivers, limits, and what hostile documents meet."""

from __future__ import annotations

import contextlib
import random
import time
from datetime import date
from typing import Any

import pytest

from eventplatform.core.errors import RejectedError
from registry.guidelines import Waived, lint, samples
from registry.guidelines.contract import Profile
from registry.guidelines.waivers import matches
from registry.schema import documents
from tests.registry import corpus, schema_mutations

TODAY = date(2026, 11, 25)
PROFILES: tuple[Profile, ...] = ("strict", "compatible")
MISNAMED = samples.merge(samples.sample(), documents.load("properties: {pageTitle: {type: string, description: Shown.}}"))


def _waiver(**facts: Any) -> Waived:
    given = {"rule": "NAME-SNAKE-CASE", "title": "page/view", "reason": "The client's old release.", "ends_on": TODAY}
    return Waived(**{**given, **facts})


@pytest.mark.parametrize(
    "waiver",
    [
        _waiver(),
        _waiver(rule="schema-snake-case-properties"),
        _waiver(title="page/*"),
        _waiver(version="1.0.0"),
        _waiver(pointer="/properties"),
        _waiver(title="", id_pattern="page/v.*", reason="", ends_on=None),
    ],
)
def test_waiver__about_this_place__finding_does_not_count(waiver: Waived) -> None:
    (found,) = lint(MISNAMED, waivers=[waiver], today=TODAY)

    assert (found.waived, found.counts) == (waiver, False)


@pytest.mark.parametrize(
    "waiver",
    [
        _waiver(rule="TYPE-ONE"),
        _waiver(title="page/views"),
        _waiver(version="1.0.1"),
        _waiver(pointer="/properties/page"),
        _waiver(rule=""),
        _waiver(title="", id_pattern="^page"),
    ],
)
def test_waiver__about_something_else__finding_counts(waiver: Waived) -> None:
    (found,) = lint(MISNAMED, waivers=[waiver], today=TODAY)

    assert (found.waived, found.counts) == (None, True)


def test_waiver__ended_yesterday__finding_counts_and_the_end_is_told() -> None:
    waiver = _waiver(ends_on=date(2026, 11, 24))

    found = lint(MISNAMED, waivers=[waiver], today=TODAY)

    assert [(one.code, one.counts) for one in found] == [("NAME-SNAKE-CASE", True), ("WAIVER-EXPIRED", False)]


def test_waiver__pattern_that_would_take_for_ever__is_answered_at_once() -> None:
    began = time.process_time()

    assert not matches("^(a+)+$", "a" * 40 + "!")
    assert not matches("(", "a")
    assert time.process_time() - began < 2


def test_fragment__without_event_fields__keeps_the_rules_of_events() -> None:
    fragment = {
        "$id": "/fragment/page/1.0.0",
        "title": "fragment/page",
        "$schema": "https://json-schema.org/draft-07/schema#",
        "description": "A page.",
        "type": "object",
        "additionalProperties": False,
        "properties": {"page_title": {"type": "string", "description": "As readers see it."}},
    }

    assert lint(fragment, today=TODAY) == ()


def test_invalid_schema__strict__is_told_alone() -> None:
    found = lint({"$id": "/a/1.0.0", "properties": [1], "required": "yes"}, today=TODAY)

    assert {finding.code for finding in found} == {"SCHEMA-VALID"}


def _deep(depth: int) -> dict[str, Any]:
    document: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        document = {"type": "object", "properties": {"a": document}}
    return document


HOSTILE: tuple[dict[str, Any], ...] = (
    {},
    {"$id": 5, "title": [], "properties": None, "examples": {}},
    {"$id": "/a/1.0.0", "properties": {"a": None, "b": 5, "c": [], "d": False}},
    {"properties": {"a": {"type": {}, "enum": 5, "required": 7, "items": "x", "oneOf": {}, "allOf": "y"}}},
    {"allOf": [None, 5], "oneOf": [None, {"required": None}], "anyOf": [[]], "items": [None]},
    {"properties": {"hasOwnProperty": {}, "__proto__": {}, "constructor": 1}, "required": ["constructor"]},
    {"pattern": "(" * 5000, "patternProperties": {"(": 5}, "format": 7, "uniqueItems": 1},
    {"x-pii": {}, "x-pii-action": [], "properties": {"ip": {"x-pii": 5, "x-pii-action": {}}}},
    {"type": "object", "examples": [{"a": 10**400}, None, [[[]]], "\x00"], "properties": {"a": {"maximum": 10**400}}},
    {"$ref": "#", "properties": {"a": {"$ref": "#/properties/a"}}, "examples": [{}]},
    {"$ref": "http://127.0.0.1:1/schema", "examples": [{"a": 1}]},
    {"\ud800": {"description": "\udfff"}, "properties": {"\ud800": {"type": "string"}}, "examples": ["\ud800"]},
    {"minimum": float("nan"), "maximum": float("inf"), "examples": [float("nan")]},
    {"dependencies": {"a": 5, "b": ["c"], "c": {"type": 5}}, "if": 5, "then": [], "not": None},
    _deep(40),
    _deep(5000),
    {"properties": {f"f{number}": {"type": "string"} for number in range(20_000)}},
)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_document__findings_or_a_refusal_and_soon(number: int, profile: Profile) -> None:
    began = time.process_time()

    with contextlib.suppress(RejectedError):
        lint(HOSTILE[number], profile=profile, today=TODAY)

    assert time.process_time() - began < 2


@pytest.mark.parametrize("profile", PROFILES)
def test_made_up_documents__never_crash(profile: Profile) -> None:
    chance = random.Random(20261125)  # noqa: S311  # repeatable is what it must be
    for _ in range(200):
        document = schema_mutations.made_up(chance)
        with contextlib.suppress(RejectedError):
            lint(document, raw=document, profile=profile, today=TODAY)


def test_strict__finds_at_least_what_the_compatible_profile_does() -> None:
    """But for examples of a schema that is of no use: the strict profile tells that of the schema itself."""
    chance = random.Random(20261125)  # noqa: S311  # likewise
    unusable = {"SCHEMA-VALID", "SCHEMA-USABLE", "SCHEMA-KEYWORDS", "SCHEMA-DRAFT"}
    for _ in range(200):
        document = schema_mutations.mutated(chance, samples.sample(), [])
        with contextlib.suppress(RejectedError):
            strict, compatible = (lint(document, profile=profile, today=TODAY) for profile in PROFILES)
            missed = {one.alias for one in compatible} - {one.alias for one in strict}

            codes = {one.code for one in strict}
            assert not missed or "SCHEMA-VALID" in codes or (missed == {"schema-examples-are-valid"} and codes & unusable), (
                document
            )


@pytest.mark.parametrize("profile", PROFILES)
def test_large_real_schema__takes_a_few_milliseconds(profile: Profile) -> None:
    document = corpus.versions()["/mediawiki/page/change/1.2.0"]
    lint(document, profile=profile, today=TODAY)

    def once() -> float:
        began = time.process_time()
        lint(document, profile=profile, today=TODAY)
        return time.process_time() - began

    assert min(once() for _ in range(10)) < 0.010
