"""What is fuzzed, and what must hold for any input: only named refusals, bounded work, the same result twice."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any

import orjson

from eventplatform.core.errors import RejectedError
from eventplatform.core.gate import Gate, Request
from eventplatform.core.streams import Stream
from eventplatform.guard.json_body import JsonLimits, parse_events
from registry.compatibility import Comparison, compare
from registry.guidelines import lint
from registry.schema import checking, documents, rendering
from registry.schema.compiled import Schema
from registry.schema.materialise import SAFE_BOUNDS, Materialiser
from registry.schema.repository_files import VersionFile
from tests.fuzz import bodies

MOST_SECONDS = 0.5  # of processor time for one input; a tenth is what an honest machine takes for the worst
SAMPLES = Path(__file__).parents[2] / "examples" / "schemas"
TODAY = date(2026, 1, 1)
REQUEST = Request(received_at="2026-01-02T03:04:05.678Z", received_ms=1767323045678, request_id="fuzz")


class BrokenRuleError(AssertionError):
    """An input for which something doesn't hold that must."""


@cache
def sample_files() -> dict[str, VersionFile]:
    """The version files of the sample repositories, by id."""
    files = [VersionFile(path.name, path.stem, False, path.read_text(), "") for path in sorted(SAMPLES.rglob("[0-9]*.yaml"))]
    return {checking.read(file)["$id"]: file for file in files if file.text}


@cache
def sample_documents() -> dict[str, dict[str, Any]]:
    return {schema_id: checking.read(file) for schema_id, file in sample_files().items()}


@cache
def _gate() -> Gate:
    schemas = {schema_id: Schema(document) for schema_id, document in sample_documents().items()}
    streams = {
        f"fuzz.{n}": Stream(f"fuzz.{n}", schema.title, "main", (f"fuzz.{n}",)) for n, schema in enumerate(schemas.values())
    }
    return Gate(find_stream=streams.get, find_schema=schemas.get, new_id=lambda: "new", topic_prefix="")


def try_schema(data: bytes) -> None:
    """A schema file on its way into the registry."""
    text = data.decode("utf-8", "replace")
    _judge(lambda: _published(text))


def try_event(data: bytes) -> None:
    """A body on its way through the intake."""
    _judge(lambda: [_admitted(event) for event in parse_events(data, JsonLimits())])


def try_body(data: bytes) -> None:
    """A request on its way to events: the body reader, the decoders, the parsers."""
    _judge(lambda: [_admitted(event) for event in bodies.events(data)])


TARGETS: dict[str, Callable[[bytes], None]] = {"schema": try_schema, "event": try_event, "body": try_body}


def _judge(work: Callable[[], Any]) -> None:
    started = time.process_time()
    first = _outcome(work)
    seconds = time.process_time() - started
    if seconds > MOST_SECONDS:
        raise BrokenRuleError(f"{seconds:.2f} s of processor time")
    if _outcome(work) != first:
        raise BrokenRuleError("another result the second time")


def _outcome(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except RejectedError as error:
        if not str(error):
            raise BrokenRuleError("a refusal without a reason") from error
        return error.code, error.pointer, str(error)


def _published(text: str) -> Any:
    document = documents.load(text)
    if not isinstance(document, dict):
        return document
    version = str(document.get("$id")).rpartition("/")[2]
    file = VersionFile("fuzz.yaml", version, False, text, "")
    try:
        checked = checking.check(checking.read(file), Materialiser(sample_documents().get))
    except RejectedError as error:
        if checking.line_of(file, error) < 1:
            raise BrokenRuleError("a line before the first") from error
        raise
    whole = json.loads(checked.document_text)
    _check_whole(whole)
    current = _outcome(lambda: Materialiser(sample_documents().get, bounds=SAFE_BOUNDS).materialise(document))
    return checked, current, _outcome(lambda: lint(whole, raw=document, today=TODAY)), _compared(whole)


def _check_whole(whole: Mapping[str, Any]) -> None:
    Schema(whole)
    if documents.load(rendering.as_yaml(whole)) != whole:
        raise BrokenRuleError("the YAML that is written reads otherwise")
    if documents.load(rendering.as_json(whole), is_json=True) != whole:
        raise BrokenRuleError("the JSON that is written reads otherwise")


def _compared(whole: Mapping[str, Any]) -> Any:
    other = next(iter(sample_documents().values()))
    pairs = ((whole, whole), (other, whole), (whole, other))
    itself, *others = (_outcome(partial(compare, *pair, with_opinion=False)) for pair in pairs)
    if isinstance(itself, Comparison) and itself.changes:
        raise BrokenRuleError("a schema differs from itself")
    return others


def _admitted(event: Any) -> Any:
    record = _outcome(lambda: _gate().admit(event, REQUEST))
    value = getattr(record, "value", None)
    if isinstance(value, bytes):
        orjson.loads(value)
    return record
