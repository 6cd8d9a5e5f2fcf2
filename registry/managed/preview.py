"""What the pages of drafts show beside the text: its fields, its self-contained form, its examples, how texts differ."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eventplatform.core.errors import RejectedError
from eventplatform.core.schemas import Violation
from registry.managed.checks import Examination
from registry.schema import fields, rendering
from registry.schema.compiled import Schema
from registry.schema.formats import FormatMode

_MAX_EXAMPLES = 20
_MAX_VIOLATIONS = 5
_MAX_DIFF_LINES = 600


@dataclass(frozen=True, slots=True)
class Example:
    """An example of the schema, and how it breaks it."""

    number: int
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a difference; `kind` is add, del, or empty for what stays."""

    kind: str
    sign: str
    text: str


def preview_of(examination: Examination, format_mode: FormatMode) -> dict[str, Any]:
    """Context for the templates; empty while the text is no schema."""
    document = examination.document
    if document is None:
        return {}
    return {
        "fields": fields.fields_of(document),
        "resolved": rendering.as_yaml(document),
        "examples": tuple(_examples(document, format_mode)),
    }


def _examples(document: Mapping[str, Any], format_mode: FormatMode) -> Iterator[Example]:
    try:
        schema = Schema(document, format_mode=format_mode)
    except RejectedError:
        return
    for number, example in enumerate(schema.examples[:_MAX_EXAMPLES], 1):
        yield Example(number, tuple(schema.violations(example, _MAX_VIOLATIONS)))


def difference(before: str, after: str) -> tuple[DiffLine, ...]:
    """How two texts differ, line by line with a little around; nothing where they are equal."""
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3)
    lines = [line for line in found if not line.startswith(("---", "+++"))][:_MAX_DIFF_LINES]
    return tuple(_diff_line(line) for line in lines)


def _diff_line(line: str) -> DiffLine:
    if line.startswith("@@"):
        return DiffLine("", "", "⋯")
    return DiffLine({"+": "add", "-": "del"}.get(line[0], ""), line[0].strip(), line[1:])
