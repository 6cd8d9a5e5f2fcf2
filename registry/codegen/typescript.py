"""TypeScript interfaces of a schema's events."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from registry.codegen.shapes import (
    Anything,
    Field,
    ListOf,
    Literals,
    MapOf,
    Primitive,
    Record,
    Shape,
    Union,
    notes_of,
    records_in,
    shape_of,
)
from registry.codegen.spelling import plain, type_name, wrapped

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_PRIMITIVES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_INDENT = "  "


def typescript(document: Mapping[str, Any], name: str) -> str:
    """A module that exports an interface `name` and those of the objects inside it.

    Raises:
        RejectedError: the document is no schema or not self-contained.
    """
    shape = shape_of(document, name)
    blocks = ["\n".join(_interface(record)) for record in records_in(shape)]
    if not isinstance(shape, Record):
        head = "\n".join(_comment(notes_of(document), ""))
        blocks.insert(0, f"{head}\nexport type {type_name(name)} = {_type(shape)};".lstrip())
    origin = plain(str(document.get("$id", "a schema"))) or "a schema"
    return f"// Made from {origin}; changes here are lost.\n\n" + "\n\n".join(blocks) + "\n"


def _interface(record: Record) -> Iterator[str]:
    yield from _comment(record.notes, "")
    yield f"export interface {record.name} {{"
    for field in record.fields:
        yield from _field(field)
    if record.is_open:
        yield f"{_INDENT}[name: string]: unknown;"
    yield "}"


def _field(field: Field) -> Iterator[str]:
    yield from _comment((*field.notes, *(("@deprecated",) if field.is_deprecated else ())), _INDENT)
    key = field.name if _IDENTIFIER.fullmatch(field.name) else json.dumps(field.name)
    yield f"{_INDENT}{key}{'' if field.is_required else '?'}: {_type(field.shape)};"


def _comment(notes: Iterable[str], indent: str) -> Iterator[str]:
    lines = [line.replace("*/", "*\\/") for line in wrapped(notes, len(indent))]
    if len(lines) == 1:
        yield f"{indent}/** {lines[0]} */"
    elif lines:
        yield f"{indent}/**"
        yield from (f"{indent} * {line}" for line in lines)
        yield f"{indent} */"


def _type(shape: Shape) -> str:
    match shape:
        case ListOf(item):
            return f"Array<{_type(item)}>"
        case MapOf(value):
            return f"Record<string, {_type(value)}>"
        case Union(shapes):
            return " | ".join(dict.fromkeys(map(_type, shapes)))
        case Record():
            return shape.name
        case _:
            return _simple(shape)


def _simple(shape: Anything | Primitive | Literals) -> str:
    if isinstance(shape, Literals):
        return " | ".join(json.dumps(value) for value in shape.values)
    return _PRIMITIVES[shape.name] if isinstance(shape, Primitive) else "unknown"
