"""Checking version files: the fast verdict on meta-schemas is jsonschema's own, places are told, hostile files cost little."""

from __future__ import annotations

import copy
import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from eventplatform.core.errors import RejectedError
from registry.schema import checking
from registry.schema.checking import SchemaInvalidError
from registry.schema.materialise import Materialiser
from tests.registry import corpus

BASE = {"$id": "/a/b/1.0.0", "$schema": "https://json-schema.org/draft-07/schema#"}
NOTHING: dict[str, dict[str, Any]] = {}
WRONG: tuple[Any, ...] = (None, True, -1, 1.5, "strange", [], [1], {}, {"x": 1}, ["a", "a"])


def check(**keywords: Any) -> checking.CheckedVersion:
    return checking.check({**BASE, **keywords}, Materialiser(NOTHING.get))


def mutants(count: int) -> Iterator[dict[str, Any]]:
    """Documents of the corpus, each with one value somewhere replaced by a wrong one."""
    chance = random.Random(7)  # noqa: S311  # repeatable, no secret
    documents = [document for document in corpus.versions().values() if len(str(document)) < 8000]
    for _ in range(count):
        document = copy.deepcopy(chance.choice(documents))
        place: Any = document
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = chance.choice(keys)
            if not isinstance(place[key], dict | list) or not place[key] or chance.random() < 0.2:
                place[key] = chance.choice(WRONG)
                break
            place = place[key]
        yield document


def outcome(document: dict[str, Any]) -> str:
    try:
        checking.check(document, Materialiser(corpus.versions().get))
    except RejectedError as error:
        return error.code if error.hint else "no hint"
    return "published"


def test_meta_schema__mutated_schemas__same_verdict_as_jsonschema() -> None:
    slow = jsonschema.Draft7Validator(jsonschema.Draft7Validator.META_SCHEMA)
    verdicts = set()

    for document in mutants(300):
        fast = checking._META_VALIDATOR.is_valid(document)
        verdicts.add(fast)
        assert fast == slow.is_valid(document), document

    assert verdicts == {True, False}


def test_check__mutated_schemas__published_or_refused_with_a_code_but_never_broken() -> None:
    codes = Counter(outcome(document) for document in mutants(400))

    assert {"published", "schema.invalid", "schema.draft_unsupported"} <= set(codes)
    assert all(code.startswith(("published", "schema.")) for code in codes)


def test_check__invalid_schema__says_where() -> None:
    with pytest.raises(SchemaInvalidError) as refused:
        check(properties={"x": {"items": {"type": "strange"}}})

    assert refused.value.pointer == "/properties/x/items/type"


def test_check__order_of_keys__same_content() -> None:
    assert check(type="object", title="a").content_hash == check(title="a", type="object").content_hash
    assert check(type="object").content_hash != check(type="string").content_hash


@pytest.mark.parametrize(
    "keywords",
    [
        {"properties": {"x": {"pattern": "(a{1000}){1000}"}}},
        {"properties": {"x": {"pattern": "(?=a)a"}}},
        {"properties": {"x": {"$ref": "http://10.255.255.1/x"}}},
        {"definitions": {"x": {"$ref": "#/definitions/y"}, "y": {"$ref": "#/definitions/x"}}},
        {"definitions": {f"d{n}": {"allOf": [{"$ref": f"#/definitions/d{n + 1}"}] * 2} for n in range(30)} | {"d30": {}}},
        {"properties": {"x": {"type": "strange"}}},
    ],
)
def test_check__hostile_schema__refused_with_little_effort(keywords: dict[str, Any]) -> None:
    started = time.process_time()

    with pytest.raises(RejectedError):
        check(**keywords)

    assert time.process_time() - started < 1
