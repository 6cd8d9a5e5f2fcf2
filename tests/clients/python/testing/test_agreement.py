"""The door and the real gate over the same events, good and broken: the same verdict, code, and places."""

from __future__ import annotations

import copy
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from eventclient.testing.schemas import SchemaFolder
from eventclient.testing.streams import Stream as DoorStream
from eventclient.testing.verdicts import Refusal, judge
from eventplatform.core.errors import RejectedError
from eventplatform.core.gate import Gate, Request
from eventplatform.core.streams import Stream
from registry.schema.compiled import Schema
from tests.clients.python.testing.conftest import FOLDERS
from tests.registry import corpus
from tests.registry.event_mutations import broken

CHANGES = 40
Verdict = tuple[str, str, frozenset[tuple[str, str]]]


def of_gate(gate: Gate, event: Any) -> Verdict:
    request = Request("2026-11-26T12:00:00.000Z", 1_795_694_400_000, "a-request")
    try:
        gate.admit(copy.deepcopy(event), request)
    except RejectedError as error:
        violations: Any = error.facts.get("violations") or ()
        return error.code, error.pointer, frozenset((one.pointer, one.keyword) for one in violations)
    return "", "", frozenset()


def of_door(schemas: SchemaFolder, streams: dict[str, DoorStream], event: Any) -> Verdict:
    try:
        judge(copy.deepcopy(event), schemas, streams)
    except Refusal as refusal:
        return refusal.code, refusal.pointer, frozenset((one.pointer, one.keyword) for one in refusal.violations)
    return "", "", frozenset()


def examples(documents: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for document in documents:
        for example in document.get("examples") or ():
            yield {**example, "$schema": document["$id"], "meta": {**example.get("meta", {}), "stream": _stream(document)}}


def _stream(document: dict[str, Any]) -> str:
    return str(document["title"]).replace("/", ".")


def compare(schemas: SchemaFolder, documents: list[dict[str, Any]], changes: int) -> tuple[int, int]:
    """How many events were refused, and how many there were."""
    compiled = {one["$id"]: Schema(one) for one in documents}
    names = {_stream(one): one["title"] for one in documents}
    gate = Gate(
        find_stream={name: Stream(name, title, "main", (name,)) for name, title in names.items()}.get,
        find_schema=compiled.get,
        new_id=lambda: "an-id",
    )
    streams = {name: DoorStream.of(name, title) for name, title in names.items()}
    refused = total = 0
    for example in examples(documents):
        random = Random(zlib.crc32(example["$schema"].encode()))  # noqa: S311  # the same each time
        for event in (example, *(broken(random, example) for _ in range(changes))):
            theirs, ours = of_gate(gate, event), of_door(schemas, streams, event)
            assert ours[0] == theirs[0], event
            assert ours[1] == theirs[1] or not _tells_alike(theirs), (event, theirs, ours)
            assert ours[2] == theirs[2] or not _tells_alike(theirs), (event, theirs, ours)
            refused, total = refused + bool(theirs[0]), total + 1
    return refused, total


def _tells_alike(verdict: Verdict) -> bool:
    """The platform tells of alternatives the nearest, of names their place, and cuts at twenty: the door says less there."""
    return len(verdict[2]) < 20 and not any(keyword in {"anyOf", "oneOf", "propertyNames"} for _, keyword in verdict[2])


def test_door__examples_of_the_sample_and_their_mutations__judged_as_the_gate_does() -> None:
    schemas = SchemaFolder(*FOLDERS)
    documents = [dict(found.document) for one in schemas.ids() if (found := schemas.find(one)) and "/fragment/" not in one]

    refused, total = compare(schemas, documents, CHANGES)

    assert total > 10 * CHANGES
    assert total / 2 < refused < total


@pytest.mark.slow
def test_door__examples_of_the_reference_and_their_mutations__judged_as_the_gate_does(tmp_path: Path) -> None:
    documents = [one for one in corpus.versions().values() if "/fragment/" not in one["$id"] and one.get("title")]
    for one in documents:
        file = tmp_path / f"{one['$id'].lstrip('/')}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(one))

    refused, total = compare(SchemaFolder(tmp_path), documents, CHANGES // 4)

    assert total > 500
    assert total / 2 < refused < total
