"""The second opinion: both sides' words where it differs, silence where it can't tell, and never too long at it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from registry.compatibility import compare
from registry.compatibility.contract import Verdict
from registry.compatibility.opinion import opinion_on


def test_opinion__same_verdicts__agrees() -> None:
    opinion = compare({"type": "string", "maxLength": 2}, {"type": "string"}).opinion

    assert (opinion.backward, opinion.forward, opinion.agrees) == ("yes", "no", True)


def test_opinion__containment_knows_more__both_sides_words_are_shown() -> None:
    comparison = compare({"type": "string", "pattern": "b$"}, {"type": "string", "pattern": "b$", "minLength": 1})

    assert (comparison.backward.holds, comparison.opinion.backward, comparison.opinion.agrees) == (False, "yes", False)
    assert "we say no: The event was without a minimum length" in comparison.opinion.sentence
    assert "jsonschema-rs proves that every one of the old events passes the new version" in comparison.opinion.sentence


def test_opinion__we_affirm_what_it_denies__said_so() -> None:
    opinion = opinion_on(
        {"type": "string"}, {"maxLength": 2, "type": "string"}, Verdict("backward", holds=True), Verdict("forward", holds=True)
    )

    assert opinion.agrees is False
    assert opinion.sentence == "On backward we say yes; jsonschema-rs says that the new version refuses some old events."


def test_opinion__patterns__it_cannot_tell() -> None:
    opinion = compare({"type": "string", "pattern": "^[ab]$"}, {"type": "string", "pattern": "^(a|b)$"}).opinion

    assert (opinion.backward, opinion.agrees) == ("unknown", None)


def test_opinion__field_added_to_an_open_object__asked_under_our_reading() -> None:
    fields = {"a": {"type": "string"}}

    opinion = compare({"properties": fields}, {"properties": {**fields, "b": {"type": "string"}}}).opinion

    assert (opinion.backward, opinion.forward) == ("yes", "yes")


def test_opinion__many_alternatives__not_asked_at_all() -> None:
    forms = [{"required": [f"a{index}"]} for index in range(30)]

    opinion = compare({"oneOf": forms}, {"oneOf": [*forms, {"type": "string"}]}).opinion

    assert (opinion.agrees, opinion.sentence) == (None, "Not asked: these schemas are too large for a containment proof.")


def test_opinion__not_wanted__not_asked() -> None:
    assert compare({"type": "integer"}, {}, with_opinion=False).opinion.backward == "not asked"


FIELDS = {name: {"type": "string"} for name in (f"{letter}{n}" for letter in "pq" for n in range(100))}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            {"additionalProperties": False, "properties": FIELDS, "required": [f"p{n}" for n in range(100)]},
            {"additionalProperties": False, "properties": FIELDS, "required": [f"q{n}" for n in range(100)]},
            id="a hundred other required fields",
        ),
        pytest.param(
            {"dependencies": {f"a{n}": [f"b{n}"] for n in range(23)}},
            {"dependencies": {f"a{n}": [f"c{n}"] for n in range(23)}},
            id="many dependencies",
        ),
        pytest.param(
            {"required": [f"p{n}" for n in range(7_000)]},
            {"required": [f"p{n}" for n in range(7_000)], "minProperties": 1},
            id="seven thousand required on both sides",
        ),
        pytest.param(
            {"allOf": [{"anyOf": [{"required": [f"a{n}"]}, {"required": [f"b{n}"]}]} for n in range(4)]},
            {"allOf": [{"anyOf": [{"required": [f"a{n}"]}, {"required": [f"c{n}"]}]} for n in range(4)]},
            id="choices among fields that multiply",
        ),
        pytest.param(
            {"properties": {"n": {"type": "integer", "minimum": 0, "maximum": 10**6}}},
            {"properties": {"n": {"enum": list(range(3_000))}}},
            id="thousands of numbers",
        ),
    ],
)
def test_opinion__would_take_long__not_asked(old: dict[str, Any], new: dict[str, Any]) -> None:
    started = time.process_time()
    opinion = compare({"type": "object", **old}, {"type": "object", **new}).opinion

    assert time.process_time() - started < 1
    assert opinion.sentence.startswith("Not asked")
