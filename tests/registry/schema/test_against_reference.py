"""The reference's own tool as the oracle: the corpus and hundreds of changed schemas materialise alike, or are refused alike.

Where we refuse on purpose what the reference takes, the class of it has its name here.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from eventplatform.core.errors import RejectedError
from registry.schema import documents
from registry.schema.materialise import SAFE_BOUNDS, Materialiser
from registry.schema.references import named_in
from tests.oracles.node import OracleError, Reference, reference
from tests.registry import corpus, schema_mutations

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

COUNT = 500
# Refused here on purpose; the reference may give a result that nothing can use.
ON_PURPOSE = {
    "schema.circular_reference": "a schema that contains itself: the reference unrolls it as far as its merging happens to go",
    "schema.nothing_fits": "a schema that is false as a whole: the reference writes the file `false`",
    "schema.too_large": "a schema that grows beyond every limit: the reference runs until its memory ends",
}
# As YAML they are read alike, or refused here on purpose.
SCALARS = """
yes no on off y true True tRue ~ null nULL 010 0o10 0x1F 0X1F 0b11 0b12 -0b1 1_000 1__0 _1 1_ 1:30 1:30:45 01:30 190:20:30.15
1:99 08 0 -0 +1 00 0.5 .5 5. 5.e3 1e3 1E+3 1e .e3 .. 1.2.3 1_0.5 0x 0b 12e03 -.5 = << 0b_1 0x_F 1:2 -1:30 0777 0_8 1._5
685_230.15 9007199254740993 18446744073709551616 2021-13 2021-1-x
"""
FILES = (
    "a: &x {b: 1}\nc: {<<: *x, d: 2}",
    "a: {<<: [{b: 1}, {b: 2}]}",
    "a: 1\na: 2",
    "a: {'<<': {b: 1}}",
    "a: |\n  x\n\n  y\n",
    "a: >-\n  x\n  y\n\n  z",
    "a: 'it''s'",
    'a: "\\u00e9\\x41\\n"',
    "\ufeffa: 1",
    "a: [1, 2,]",
    "a: {b, c: 1}",
    "a: *absent",
    "a: !unknown x",
    "a: b: c",
    "yes: 1\ntrue: 2\n1: 3",
    "%YAML 1.2\n---\na: 1\n...",
    "a: 1\n---\nb: 2",
)


def as_doubles(value: Any) -> Any:
    """Numbers as the reference's language sees them."""
    return json.loads(json.dumps(value), parse_int=float)


def known() -> dict[str, dict[str, Any]]:
    return corpus.versions()


def currents() -> list[dict[str, Any]]:
    paths = sorted((corpus.repository() / "jsonschema").rglob("current.yaml"))
    return [documents.load(path.read_text()) for path in paths]


def fragments() -> list[dict[str, Any]]:
    return [known()[one["$id"]] for one in currents() if one["$id"].startswith("/fragment")]


def ours(document: Mapping[str, Any], **others: Mapping[str, Any]) -> tuple[str, Any]:
    before = copy.deepcopy(document)
    try:
        made = Materialiser(known().get, currents=others, bounds=SAFE_BOUNDS).materialise(document)
    except RejectedError as error:
        return error.code, None
    assert document == before
    return "", as_doubles(made)


def theirs(oracle: Reference, document: Mapping[str, Any], *folders: Path) -> tuple[str, Any]:
    bases = [*map(str, folders), f"{corpus.repository()}/jsonschema"]
    try:
        return "", as_doubles(oracle.ask("materialise", document=document, folders=bases))
    except OracleError as error:
        return str(error), None


def test_current_files__materialised__as_the_reference_does() -> None:
    oracle = reference()

    for document in currents():
        assert ours(document) == theirs(oracle, document), document["$id"]


def test_changed_schemas__materialised__as_the_reference_does() -> None:
    oracle, every, parts = reference(), currents(), fragments()
    seen: Counter[str] = Counter()

    for seed in range(COUNT * 11 // 10):
        random = Random(seed)  # noqa: S311  # repeatable on purpose
        is_real = seed % 2
        change = schema_mutations.mutated(random, random.choice(every), parts) if is_real else None
        document = change or schema_mutations.made_up(random, parts)
        code, made = ours(document)
        if code in ON_PURPOSE:
            seen[code] += 1
            continue
        refusal, expected = theirs(oracle, document)
        seen["refused" if code else "made"] += 1
        assert (bool(code), made) == (bool(refusal), expected), (seed, code, refusal, document)

    assert seen["made"] + seen["refused"] >= COUNT
    assert seen["refused"] > COUNT / 20
    assert sum(seen[code] for code in ON_PURPOSE) < COUNT / 10


def test_fragment_and_user__changed_at_once__as_the_reference_does_one_after_the_other(tmp_path: Path) -> None:
    oracle = reference()
    every = {one["$id"]: one for one in currents()}
    uses = {id(one): sorted(named_in(one) & every.keys()) for one in every.values()}
    users = [one for one in every.values() if uses[id(one)]]
    compared = 0

    for seed in range(60):
        random = Random(seed)  # noqa: S311  # repeatable on purpose
        user = random.choice(users)
        fragment = random.choice(uses[id(user)])
        changed = {**schema_mutations.mutated(random, every[fragment], fragments()), "$id": fragment}
        code, made = ours(user, **{fragment: changed})
        refusal, finished = theirs(oracle, changed)
        if not refusal:
            file = tmp_path / str(seed) / fragment.lstrip("/")
            file.parent.mkdir(parents=True)
            file.write_text(json.dumps(finished))
            refusal, finished = theirs(oracle, user, tmp_path / str(seed))
        if code not in ON_PURPOSE:
            compared += 1
            assert (bool(code), made) == (bool(refusal), finished), (seed, code, refusal, changed)

    assert compared > 50


@pytest.mark.parametrize("text", [*(f"a: {scalar}" for scalar in SCALARS.split()), *FILES])
def test_yaml__as_the_reference_reads_it(text: str) -> None:
    try:
        expected = as_doubles(reference().ask("read", text=text))
    except OracleError:
        with pytest.raises(RejectedError):
            documents.load(text)
    else:
        assert as_doubles(documents.load(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: 2021-01-01", id="dates are texts"),
        pytest.param("a: .inf", id="infinity is no JSON"),
        pytest.param("a: 1e400", id="numbers beyond doubles"),
        pytest.param("1.0: a", id="keys stay as they are written"),
        pytest.param("? [a]\n: 1", id="keys are texts"),
        pytest.param("a: !!binary aGk=", id="no tags but !!str"),
        pytest.param('a: "\\0"', id="no NUL"),
        pytest.param('a: "\\ud83d\\ude00"', id="no halves of characters in YAML"),
        pytest.param("a: \u2028b", id="no line separators within a line"),
    ],
)
def test_yaml__that_we_read_otherwise_on_purpose(text: str) -> None:
    expected = as_doubles(reference().ask("read", text=text))
    read = None
    with suppress(RejectedError):
        read = documents.load(text)

    assert read != expected


@pytest.mark.parametrize(
    ("document", "code"),
    [
        pytest.param({"allOf": [{"$ref": ".#"}]}, "schema.circular_reference", id="contains itself"),
        pytest.param({"properties": {"x": {"$ref": "#/properties/x"}}}, "schema.circular_reference", id="is itself"),
        pytest.param({"allOf": [False]}, "schema.nothing_fits", id="false as a whole"),
    ],
)
def test_schema__that_we_refuse_on_purpose__passes_the_reference(document: dict[str, Any], code: str) -> None:
    assert ours(document)[0] == code
    assert theirs(reference(), document)[0] == ""
