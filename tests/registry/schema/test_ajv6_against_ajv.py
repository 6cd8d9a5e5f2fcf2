"""Ajv 6.12.6 itself as the oracle: the same errors in the same order, their paths, parameters and texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.conf import settings

from eventplatform.core.errors import RejectedError
from registry.schema import documents
from registry.schema.ajv6.telling import Ajv, errors_text
from registry.schema.compiled import Schema
from registry.schema.repository_files import read_folder
from registry.schema.secure import is_secure
from tests.oracles.node import OracleError, reference
from tests.registry import corpus, event_mutations, schema_mutations

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

REAL, SAMPLES, MADE_UP = 1_000, 300, 800
NEVER_CUT = 10_000


def samples() -> list[Schema]:
    root = Path(settings.BASE_DIR) / "examples/schemas"
    files = [file for name in ("primary", "secondary") for file in read_folder(root / name).files]
    return [Schema(documents.load(file.text)) for file in files]


def with_examples(schemas: list[Schema]) -> list[tuple[Schema, dict[str, Any]]]:
    return [(schema, example) for schema in schemas for example in schema.examples]


def without_ids(schema: Any) -> Any:
    """Ids within a schema would change what Ajv looks up, and nothing of what it says."""
    if isinstance(schema, dict):
        return {key: without_ids(value) for key, value in schema.items() if key != "$id"}
    return [without_ids(item) for item in schema] if isinstance(schema, list) else schema


def anonymous(schema: Schema) -> dict[str, Any]:
    return {key: value for key, value in schema.document.items() if key not in {"$id", "$schema", "examples"}}


def compare(pairs: list[tuple[Schema, dict[str, Any]]], count: int) -> Counter[bool]:
    oracle, verdicts = reference(), Counter[bool]()
    for seed in range(count):
        random = Random(seed)  # noqa: S311  # repeatable on purpose
        schema, example = random.choice(pairs)
        event = event_mutations.broken(random, example)
        expected = oracle.ask("errors", schema=anonymous(schema), event=event)
        is_valid = expected["errors"] is None
        verdicts[is_valid] += 1
        assert schema.is_valid(event) == is_valid, (seed, schema, event)
        if not is_valid:
            errors = schema.ajv_errors(event, NEVER_CUT)
            assert [error.as_json() for error in errors] == expected["errors"], (seed, schema, event)
            assert errors_text(errors) == expected["text"]
    return verdicts


def test_real_events__broken__told_as_ajv_tells_them() -> None:
    verdicts = compare(with_examples([Schema(document) for document in corpus.versions().values()]), REAL)

    assert verdicts[False] > REAL * 3 / 4


def test_sample_events__broken__told_as_ajv_tells_them() -> None:
    verdicts = compare(with_examples(samples()), SAMPLES)

    assert verdicts[False] > SAMPLES / 2


def test_made_up_schemas__with_all_keywords__told_as_ajv_tells_them() -> None:
    oracle, compared = reference(), 0

    for schema, event in made_up():
        try:
            expected = oracle.ask("errors", schema=schema, event=event)
            errors = Ajv(Schema({**schema, "$id": "/a/1.0.0"}).document).errors(event, NEVER_CUT)
        except (OracleError, RejectedError):
            continue
        compared += 1
        assert [error.as_json() for error in errors] == (expected["errors"] or []), (schema, event)

    assert compared > MADE_UP * 3 / 4


def made_up() -> Iterator[tuple[dict[str, Any], Any]]:
    for seed in range(MADE_UP):
        random = Random(seed)  # noqa: S311  # likewise
        named = {name: schema_mutations.anything(random, 1) for name in random.sample(schema_mutations.FIELDS, 5)}
        schema = {**({"properties": named} if seed % 2 else {}), **schema_mutations.schema(random)}
        event = {name: schema_mutations.value(random) for name in random.sample(schema_mutations.FIELDS, 5)}
        yield without_ids(schema), event


def test_secure__judged_as_ajvs_meta_schema_does() -> None:
    oracle, verdicts = reference(), Counter[bool]()
    documents_ = [*(anonymous(schema) for schema in samples()), *(schema for schema, _ in made_up())]

    for document in documents_:
        expected = oracle.ask("secure", schema=document)
        verdicts[expected] += 1
        assert is_secure(document) == expected, document

    assert min(verdicts.values()) > 20
