"""The compatible profile gives the reference's own verdicts, rule by rule: its corpus, and seeded changes to schemas.

Where the reference dies of a TypeError the case is of a class of `reference_cases.CRASHES`, and only ours has a verdict.
"""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from registry.guidelines import config, evolution, lint, repository
from registry.guidelines.listing import Listing
from registry.schema.keywords import walk
from registry.schema.repository_files import read_folder
from tests.oracles.node import reference
from tests.registry import corpus, schema_mutations
from tests.registry.guidelines.reference_cases import CRASHES, RULES, cases, failing

pytestmark = pytest.mark.slow
TODAY = date(2026, 11, 25)
SEED = 20261125
Schema = dict[str, Any]


def _configured(text: str) -> config.Configuration:
    return config.read({".jsonschema-tools.yaml": text})


def _judged(configuration: config.Configuration) -> dict[str, set[str]]:
    listing = Listing.of_folder(corpus.repository() / "jsonschema")
    report = repository.check(listing, configuration, today=TODAY)
    return {path: failing(findings) for path, findings in report.files.items()}


def test_corpus__its_own_settings__clean_as_in_its_own_ci() -> None:
    configuration = _configured((corpus.repository() / ".jsonschema-tools.yaml").read_text())

    report = repository.check(Listing.of_folder(corpus.repository() / "jsonschema"), configuration, today=TODAY)

    assert report.is_clean
    assert report.notes == ()


def test_corpus__skip_lists_emptied__exactly_the_real_violations() -> None:
    violations = Path(settings.REFERENCE_DATA_DIR) / "primary.real_violations.json"
    if not violations.exists():
        pytest.skip("the reference's data is not there (REFERENCE_DATA_DIR)")
    expected = {one["title"] for one in json.loads(violations.read_text())}

    found = _judged(_configured("contentTypes: [yaml]\nshouldGenerateExample: true\n"))

    assert set(_titles(found)) == expected


def _titles(found: dict[str, set[str]]) -> Iterator[str]:
    """Findings as the reference's report titles them."""
    described = {name: description for description, name in RULES.items()}
    versions = [schema_id.strip("/") for schema_id in corpus.versions()]
    for path, names in found.items():
        title, _, file = path.rpartition("/")
        version = file.removesuffix(".yaml")
        for name in names:
            if name == "schema-version-compatibility":
                before = max(
                    one.rpartition("/")[2]
                    for one in versions
                    if one.rpartition("/")[0] == title and one.rpartition("/")[2] < version
                )
                repo = "Schema Compatibility in Repository ./jsonschema/"
                yield f"{repo} {title} Major Version {version[0]} {version} must be compatible with {before}"
            else:
                yield f"Schema Robustness in Repository ./jsonschema/ {title} {file} {described[name]}"


def test_corpus__every_case__same_verdict_as_the_reference() -> None:
    folder = f"{corpus.repository()}/jsonschema/"
    suites = ["robustness", "compatibility"]
    verdicts = reference().ask("repository", folder=folder, suites=suites, options={"shouldGenerateExample": True})

    found = _judged(_configured("contentTypes: [yaml]\nshouldGenerateExample: true\n"))

    wrong = [
        (case, verdict)
        for case, verdict in cases(verdicts)
        if (verdict == "fail") != (case[2] in found.get(f"{case[0]}/{case[1]}", ()))
    ]
    assert wrong == []
    assert len(verdicts) > 600


# --- seeded changes ---------------------------------------------------------------------------------------------------

Change = Callable[[random.Random, Schema], None]


def _place(chance: random.Random, document: Schema) -> Schema:
    places = [schema for _, schema in walk(document) if isinstance(schema, dict)]
    return chance.choice(places)


def _put(keyword: str, *values: Any) -> Change:
    def change(chance: random.Random, document: Schema) -> None:
        _place(chance, document)[keyword] = copy.deepcopy(chance.choice(values))

    return change


def _drop(chance: random.Random, document: Schema) -> None:
    place = _place(chance, document)
    if place and place is not document:
        place.pop(chance.choice(sorted(place)))


def _alter(chance: random.Random, document: Schema) -> None:
    """Says something else where something is said."""
    place = _place(chance, document)
    keyword = chance.choice(sorted(place) or ["title"])
    was = place.get(keyword)
    if isinstance(was, list):
        place[keyword] = chance.choice(([*was, "more"], was[1:], list(reversed(was))))
    elif isinstance(was, str):
        place[keyword] = f"{was} otherwise"
    elif isinstance(was, bool) or was is None:
        place[keyword] = not was
    elif isinstance(was, int | float):
        place[keyword] = was + chance.choice((1, -1, 0.0))


def _name(chance: random.Random, document: Schema) -> None:
    names = ("camelCase", "ok_name", "$odd", "__x", "enum", "required", "description", "examples", "maxLength", "toString", "1")
    child = chance.choice(({"type": "string"}, {"type": "array"}, {"type": "object"}, {"type": "number"}, {}, True, None))
    properties = _place(chance, document).setdefault("properties", {})
    if isinstance(properties, dict):
        properties[chance.choice(names)] = copy.deepcopy(child)


CHANGES: tuple[Change, ...] = (
    _drop,
    _name,
    _name,
    _put("type", "string", "array", "object", "integer", "number", "null", ["string", "null"], "nothing", 5, []),
    _put("items", {"type": "string"}, {}, [], [{"type": "string"}], True, {"type": ["string", "null"]}, {"pattern": "a"}),
    _put("additionalProperties", True, False, {}, {"type": "string"}, {"type": ["string"]}, {"type": "array"}),
    _put("enum", [], ["a"], ["a", None], [1, 1], [True, 1], [{"a": 1}], "a"),
    _put("required", ["dt"], ["absent"], [], ["toString"], ["$schema", "meta"], True, "dt", ["dt", "dt"]),
    _put(
        "oneOf",
        [{"type": "string"}, {"type": "integer"}],
        [{"type": "object"}, {"type": "object", "required": ["a"]}],
        [],
        [{}],
    ),
    _put("anyOf", [{"type": "string"}, {"pattern": "^a"}], []),
    _put("allOf", [{"properties": {"aB": {"type": "string"}}}], [{"type": "array"}], {}),
    _put("not", {}, {"format": "date"}),
    _put("if", {"pattern": "x"}, {"type": "number"}),
    _put("pattern", "^[a-z]+$", "(", "^(?!x)", "a{2"),
    _put("format", "date-time", "uri-reference", "unknown", "date", 5, "regex"),
    _put("maxLength", 5, 0, -1, "5", 3.0),
    _put("minimum", 0, -(2**53), -(2**60), "0", None, 1.5),
    _put("maximum", 1, 2**53 - 1, 2**53, 1e300, True),
    _put("uniqueItems", True, False, "yes"),
    _put("patternProperties", {"^a": {"type": "string"}}, {"(": {}}, {}),
    _put("propertyNames", {"maxLength": 5}, {"pattern": "^a"}, True, {}),
    _put("dependencies", {"a": ["b"]}, {"a": {"type": "integer"}}, {"a": 1}),
    _put("definitions", {"x": {"type": "number"}}, {"x": {"format": "unknown"}}),
    _put("const", None, 1, {"a": 1}),
    _put("default", None, 1, {"type": "number"}),
    _put("description", "in other words", 5),
    _put("$schema", "http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft-07/schema", "draft-04"),
    lambda chance, document: document.update(
        examples=chance.choice(([], [{}], [{"$schema": document["$id"]}], "none", [None], [5]))
    ),
    lambda chance, document: document.update({"examples": [chance.choice(document.get("examples") or [{}])]}),
)


def _changed(chance: random.Random, document: Schema) -> Schema:
    changed = copy.deepcopy(document)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        chance.choice(CHANGES)(chance, changed)
    return changed


def _next(chance: random.Random, document: Schema) -> Schema:
    changed = _changed(chance, document)
    for _ in range(chance.choice((0, 1, 2))):
        _alter(chance, changed)
    return changed


def _sources() -> list[Schema]:
    return [document for _, document in sorted(corpus.versions().items()) if len(json.dumps(document)) < 12_000]


def _documents(count: int) -> Iterator[Schema]:
    chance = random.Random(SEED)  # noqa: S311  # repeatable is what it must be
    sources = _sources()
    for index in range(count):
        if index % 5 == 0:
            yield {**schema_mutations.made_up(chance), "$id": "/made/up/1.0.0", "title": "made/up"}
        else:
            yield _changed(chance, chance.choice(sources))


def test_changed_schemas__each_rule__same_verdict_as_the_reference() -> None:
    given = list(_documents(600))
    asked = [{"title": f"t{number}", "version": "1.0.0", "schema": one} for number, one in enumerate(given)]
    verdicts = dict(cases(reference().ask("documents", documents=asked, suites=["robustness"])))

    found = {f"t{number}": failing(lint(one, profile="compatible", today=TODAY)) for number, one in enumerate(given)}

    judged = {case: verdict for case, verdict in verdicts.items() if verdict != "crash"}
    wrong = [case for case, verdict in judged.items() if (verdict == "fail") != (case[2] in found[case[0]])]
    assert [(case, judged[case], given[int(case[0][1:])]) for case in wrong] == []
    counted = Counter(judged.values())
    assert counted["fail"] > 400
    assert counted["pass"] > 2000


def test_changed_versions__the_step_between__same_verdict_as_the_reference() -> None:
    chance = random.Random(SEED)  # noqa: S311  # repeatable is what it must be
    sources = _sources()
    pairs = [(old := _changed(chance, chance.choice(sources)), _next(chance, old)) for _ in range(400)]
    pairs += [(old, copy.deepcopy(old)) for old, _ in pairs[:50]]
    asked = [
        {"title": f"t{number}", "version": f"1.{minor}.0", "schema": one}
        for number, pair in enumerate(pairs)
        for minor, one in enumerate(pair)
    ]
    verdicts = dict(cases(reference().ask("documents", documents=asked, suites=["compatibility"])))

    found = [failing(evolution.judge([("1.0.0", old)], {**new, "$id": "/t/1.1.0"}, profile="compatible")) for old, new in pairs]

    judged = {case: verdict for case, verdict in verdicts.items() if verdict != "crash"}
    wrong = [case for case, verdict in judged.items() if (verdict == "fail") != bool(found[int(case[0][1:])])]
    assert [(case, judged[case], pairs[int(case[0][1:])]) for case in wrong] == []
    assert Counter(judged.values())["fail"] > 150


@pytest.mark.parametrize(
    ("kind", "changes", "ours"),
    [
        ("allOf, examples or required that is no list", {"allOf": {}}, {"schema-is-valid", "schema-is-secure"}),
        ("allOf, examples or required that is no list", {"required": True}, {"schema-is-valid"}),
        (
            "null or a missing $id where a schema or text is meant",
            {"properties": {"a": None}},
            {"schema-is-valid", "schema-deterministic-types", "schema-required-properties-exist"},
        ),
        (
            "a branch of oneOf without required; an unfinished schema",
            {"oneOf": [{"type": "object", "properties": {}}, {"type": "object", "properties": {}, "required": []}]},
            set(),
        ),
    ],
)
def test_crash__of_a_single_schema__ours_has_a_verdict(kind: str, changes: Schema, ours: set[str]) -> None:
    document = {"$id": "/a/1.0.0", "type": "object", "properties": {"b": {"type": "string"}}, "required": ["b"], **changes}
    asked = [{"title": "a", "version": "1.0.0", "schema": document}]

    verdicts = reference().ask("documents", documents=asked, suites=["robustness"])

    assert any(CRASHES[kind].search(one["message"]) for one in verdicts if one["verdict"] == "fail")
    assert failing(lint(document, profile="compatible", today=TODAY)) >= ours


@pytest.mark.parametrize("name", ["required", "enum"])
def test_crash__of_a_property_named_as_a_keyword__ours_takes_the_unchanged(name: str) -> None:
    versions = [{"$id": f"/a/1.{minor}.0", "properties": {name: {"type": "string"}}} for minor in (0, 1)]
    asked = [{"title": "a", "version": f"1.{minor}.0", "schema": one} for minor, one in enumerate(versions)]

    (verdict,) = reference().ask("documents", documents=asked, suites=["compatibility"])

    assert CRASHES["a property named required or enum"].search(verdict["message"])
    assert evolution.judge([("1.0.0", versions[0])], versions[1], profile="compatible") == ()


def test_listing__of_an_import_and_of_a_folder__alike() -> None:
    configuration = _configured("contentTypes: [yaml]\nshouldGenerateExample: true\n")

    listings = [Listing.of_folder(corpus.repository() / "jsonschema"), Listing.of_found(read_folder(corpus.repository()))]

    reports = [repository.check(one, configuration, today=TODAY).files for one in listings]
    assert reports[0] == reports[1]
