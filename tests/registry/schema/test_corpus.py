"""The reference's own schemas and events: all are taken, each loss of a required field is told at its place."""

from __future__ import annotations

import copy
import json
import timeit
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from eventplatform.core import pointers
from registry import lookups, services
from registry.schema import materialise
from registry.schema.compiled import Schema
from registry.schema.documents import load
from registry.schema.rendering import as_json, as_yaml
from tests.registry import corpus

MAX_RATIO = 1.3


def required_fields(schema: Any, value: Any, pointer: str = "") -> Iterator[str]:
    """The pointers of all required properties that an example has."""
    if not isinstance(schema, dict) or not isinstance(value, dict):
        return
    yield from (f"{pointer}/{pointers.escape(name)}" for name in schema.get("required", ()) if name in value)
    for name, inside in schema.get("properties", {}).items():
        if name in value:
            yield from required_fields(inside, value[name], f"{pointer}/{pointers.escape(name)}")


def without(event: Any, pointer: str) -> Any:
    smaller = copy.deepcopy(event)
    *parents, name = [pointers.unescape(part) for part in pointer.split("/")[1:]]
    place = smaller
    for parent in parents:
        place = place[parent]
    del place[name]
    return smaller


def test_corpus__all_versions_and_examples__valid_here_and_for_the_oracle() -> None:
    examples = 0

    for document in corpus.versions().values():
        schema, oracle = Schema(document), corpus.oracle(document)
        for example in schema.examples:
            examples += 1
            assert schema.is_valid(example), (schema, schema.violations(example))
            assert oracle.is_valid(example), schema

    assert len(corpus.versions()) == 83
    events = [d for i, d in corpus.versions().items() if not i.startswith("/fragment/")]
    assert sum(len(document.get("examples", ())) for document in events) == 63
    assert examples > 63


def test_corpus__each_required_field_removed__told_at_its_place() -> None:
    removed = 0

    for document in corpus.versions().values():
        schema = Schema(document)
        for example in schema.examples:
            for pointer in required_fields(document, example):
                removed += 1
                smaller = without(example, pointer)
                places = [violation.pointer for violation in schema.violations(smaller) if violation.keyword == "required"]
                assert not schema.is_valid(smaller)
                assert places == [pointer], schema

    assert removed > 500


def test_corpus__mutated_events__same_verdict_as_the_oracle() -> None:
    wrong_values: tuple[Any, ...] = (
        None,
        True,
        0,
        -1,
        2**53,
        1.5,
        "",
        "text",
        "x" * 9000,
        "2021-01-01 00:00:00+0000",
        [],
        ["a"],
        {},
        {"a": 1},
    )

    for document in list(corpus.versions().values())[::6]:
        schema, oracle = Schema(document), corpus.oracle(document)
        for example in schema.examples[:1]:
            for name in example:
                for value in wrong_values:
                    event = {**example, name: value}
                    assert schema.is_valid(event) == oracle.is_valid(event), (schema, name, value)
                    assert schema.is_valid(event) == (not schema.violations(event))


def test_corpus__current_files__materialise_to_the_committed_versions() -> None:
    root = corpus.repository() / "jsonschema"
    materialiser = materialise.Materialiser(corpus.versions().get)
    different = []

    for path in sorted(root.rglob("current.yaml")):
        written = load(path.read_text())
        made = materialise.with_numeric_bounds(materialiser.materialise(written))
        committed = dict(corpus.versions()[written["$id"]])
        if "examples" not in written:  # the reference invented some
            committed.pop("examples", None)
        if as_doubles(made) != as_doubles(committed):
            different.append(path)

    assert different == []


def as_doubles(value: Any) -> Any:
    """Whole numbers above 2^53 as the reference's language sees them."""
    return json.loads(json.dumps(value), parse_int=lambda digits: float(digits) if len(digits) > 15 else int(digits))


def test_rendering__all_documents__read_back_equal() -> None:
    for document in corpus.versions().values():
        assert load(as_yaml(document)) == document
        assert load(as_json(document), is_json=True) == document


def test_validation__compared_with_the_bare_validator__costs_little_more() -> None:
    schema = Schema(corpus.versions()["/mediawiki/page/change/1.2.0"])
    event = schema.examples[0]
    bare = jsonschema_rs.Draft7Validator(dict(schema.document), offline=True, validate_formats=True)

    def microseconds(is_valid: Any) -> float:
        return min(timeit.repeat(lambda: is_valid(event), number=2000, repeat=15)) / 2000 * 1e6

    ratio = min(microseconds(schema.is_valid) / microseconds(bare.is_valid) for _ in range(3))
    assert ratio <= MAX_RATIO


@pytest.mark.slow
@pytest.mark.django_db
def test_corpus__imported__all_served_by_id() -> None:
    report = services.import_folder(name="reference", folder=corpus.repository())

    schemas = lookups.schemas()
    assert report.problems == ()
    assert len(report.added) == len(schemas) == 83
    assert len([title for title in schemas.titles() if not title.startswith("fragment/")]) == 37
    assert schemas.get("/webrequest/1.0.0") is not None
    assert all(schemas.get(schema_id) for schema_id in report.added)
