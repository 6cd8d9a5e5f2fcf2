"""Guidelines on examples: they are documentation, tests and canaries."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from eventplatform.core import names
from eventplatform.core.pointers import escape
from registry.guidelines.contract import BOTH, Fault, Rule
from registry.guidelines.events import meta_has_marks
from registry.guidelines.subject import Subject

_SECTION = "Examples"
_CANARY = {"domain": names.CANARY_DOMAIN, "stream": "canary", "id": "00000000-0000-4000-8000-000000000000"}


def _examples(subject: Subject) -> list[Any]:
    given = subject.document.get("examples")
    return given if isinstance(given, list) else []


def _exist(subject: Subject) -> Iterator[Fault]:
    if not subject.is_fragment and not _examples(subject):
        yield Fault("/examples" if "examples" in subject.document else "", "The schema has no example.")


def _name_schema(subject: Subject) -> Iterator[Fault]:
    if "$schema" not in subject.properties:
        return
    for index, example in enumerate(_examples(subject)):
        if isinstance(example, Mapping) and example.get("$schema") != subject.document.get("$id"):
            place = f"/examples/{index}" + ("/$schema" if "$schema" in example else "")
            yield Fault(place, "The example doesn't name this version.")


def _valid(subject: Subject) -> Iterator[Fault]:
    for index, example in enumerate(_examples(subject)):
        error = subject.first_violation(example)
        if error is not None:
            yield Fault(f"/examples/{index}{error.pointer}", f"{_last(error.pointer)} {error.message}.")


def _last(pointer: str) -> str:
    return pointer.rpartition("/")[2] or "The example"


def _canary(subject: Subject) -> Iterator[Fault]:
    """The first example must stand what a canary changes in it; an invalid one, or a meta without marks, is told elsewhere."""
    first = next(iter(_examples(subject)), None)
    if subject.is_fragment or not isinstance(first, Mapping) or any(meta_has_marks(subject)):
        return
    meta = first.get("meta")
    if not isinstance(meta, Mapping) or not isinstance(meta.get("stream"), str):
        yield Fault("/examples/0", "The first example names no stream in meta.stream.")
    elif subject.first_violation(first) is None:
        error = subject.first_violation({**copy.deepcopy(dict(first)), "meta": {**meta, **_CANARY}})
        if error is not None:
            name = escape(_last(error.pointer))
            yield Fault(f"/examples/0{error.pointer}", f"As a canary it is not valid: {name} {error.message}.")


RULES = (
    Rule(
        code="EXAMPLE-EXISTS",
        title="An event schema has an example",
        section=_SECTION,
        analytics="Examples became mandatory with the move from wiki pages to the repository.",
        production="Needed by canaries, and made up by a generator where the author gave none. examples: [] passes.",
        chosen="At least one, written by a person; fragments are free.",
        why="An example tells more than a description, is the test of the schema, and is what its canary sends.",
        remedy="Add under examples one event as a producer would send it.",
        good="description: A page was shown.\n",
        bad="examples: []\n",
        check=_exist,
    ),
    Rule(
        code="EXAMPLE-NAMES-SCHEMA",
        alias="schema-examples-$schema-matches-schema-$id",
        title="Examples name this very version",
        section=_SECTION,
        analytics="The script that moved schemas wrote $schema and the legacy schema field into each example.",
        production="$schema of each example is the schema's $id.",
        chosen="What production said.",
        why="An example that is copied must work; one that names last year's version doesn't show this one.",
        remedy="Write $schema: {$ref: '#/$id'} in current.yaml, so that it follows by itself.",
        good="examples:\n  - {$schema: /page/view/1.0.0, meta: {stream: page.view}, dt: '2026-01-01T09:00:00Z'}\n",
        bad="examples:\n  - {$schema: /page/view/0.9.0, meta: {stream: page.view}, dt: '2026-01-01T09:00:00Z'}\n",
        profiles=BOTH,
        check=_name_schema,
    ),
    Rule(
        code="EXAMPLE-VALID",
        alias="schema-examples-are-valid",
        title="Examples are valid events",
        section=_SECTION,
        analytics="Nobody checked: format was ignored, and most pages had no type.",
        production="Each example passes the schema, with formats in Ajv's fast mode.",
        chosen="As production, by the same validator and formats that the intake uses.",
        why="An example that the intake would refuse teaches the mistake.",
        remedy="Mend the example or, if it is right, the schema.",
        good="examples:\n  - {$schema: /page/view/1.0.0, meta: {stream: page.view}, dt: '2026-01-01T09:00:00Z'}\n",
        bad="examples:\n  - {$schema: /page/view/1.0.0, meta: {stream: page.view}, dt: yesterday}\n",
        profiles=BOTH,
        check=_valid,
    ),
    Rule(
        code="EXAMPLE-CANARY",
        title="The first example can be sent as a canary",
        section=_SECTION,
        analytics="Canary events were told apart and dropped when tables were loaded.",
        production="A canary is the first example with another meta.domain. Whether it stays valid, nothing checks.",
        chosen="The first example names a stream, and stays valid with domain canary and an id of ours.",
        why="Without a canary, silence may mean that nothing happens or that nothing arrives.",
        remedy="Name a stream in the example's meta.stream; let meta.domain and meta.id be plain texts.",
        good="examples:\n  - {$schema: /page/view/1.0.0, meta: {stream: page.view}, dt: '2026-01-01T09:00:00Z'}\n",
        bad="properties:\n  meta:\n    properties:\n      domain: {enum: [garden.example.org]}\n",
        check=_canary,
    ),
)
