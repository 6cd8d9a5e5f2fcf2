"""Python dataclasses of a schema's events, with from_dict, to_dict and to_event; they need Python 3.11 alone."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from typing import Any

from registry.codegen.conversion import decoded, encoded, is_nullable, only_in
from registry.codegen.events import Event
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
from registry.codegen.spelling import Names, literal, plain, type_name, wrapped

_PRIMITIVES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_TAKEN = ("from_dict", "to_dict", "to_event", "other_fields", "cls", "self", "Any", "ClassVar", "Literal", "SCHEMA", "Self")
_USED = frozenset({"bool", "classmethod", "dict", "field", "float", "int", "list", "set", "str"})  # by the class's own lines
_NO_WORD = re.compile(r"[^A-Za-z0-9_]+")
_INDENT = " " * 4
_WIDTH = 90


def python(document: Mapping[str, Any], name: str) -> str:
    """A module with a dataclass `name` and those of the objects inside it.

    Raises:
        RejectedError: the document is no schema or not self-contained.
    """
    shape = shape_of(document, name)
    event = _event(shape, document) if isinstance(shape, Record) else None
    blocks = ["\n".join(_class(record, event if record is shape else None)) for record in records_in(shape)]
    if not isinstance(shape, Record):
        comment = [f"# {line}" for line in wrapped(notes_of(document), 2)]
        blocks.append("\n".join([*comment, f"{type_name(name)}: TypeAlias = {annotation(shape)!r}"]))
    body = "\n\n\n".join(blocks)
    return f"{_head(document, body)}\n\n\n{body}\n"


def _event(shape: Record, document: Mapping[str, Any]) -> Event:
    meta = next((one.shape for one in shape.fields if one.name == "meta"), None)
    schema_id = document.get("$id")
    of_meta = attribute_names(meta) if isinstance(meta, Record) else {}
    return Event(shape, schema_id if isinstance(schema_id, str) else "", of_meta)


def annotation(shape: Shape) -> str:
    """The type as Python writes it; records within a union are plain dictionaries."""
    match shape:
        case ListOf(item):
            return f"list[{annotation(item)}]"
        case MapOf(value):
            return f"dict[str, {annotation(value)}]"
        case Union(shapes):
            has_one = only_in(shape) is not None
            written = ["dict[str, Any]" if isinstance(one, Record) and not has_one else annotation(one) for one in shapes]
            return " | ".join(dict.fromkeys(written))
        case Record():
            return shape.name
        case _:
            return _simple(shape)


def _simple(shape: Anything | Primitive | Literals) -> str:
    if isinstance(shape, Literals):
        return f"Literal[{', '.join(map(literal, shape.values))}]"
    return _PRIMITIVES[shape.name] if isinstance(shape, Primitive) else "Any"


def attribute_names(record: Record) -> dict[str, str]:
    """The attribute of each field: `schema` for `$schema`, `from_` for `from`."""
    names = Names(_TAKEN)
    return {field.name: names.unique(_attribute(field.name)) for field in record.fields}


def _head(document: Mapping[str, Any], body: str) -> str:
    origin = _in_text(plain(str(document.get("$id", ""))) or "a schema")
    typing = [word for word in ("Any", "ClassVar", "Literal", "Self", "TypeAlias") if re.search(rf"\b{word}\b", body)]
    lines = [f'"""Made from {origin}; changes here are lost."""', "", "from __future__ import annotations", ""]
    lines += ["from dataclasses import dataclass, field"] if "@dataclass" in body else []
    lines += [f"from typing import {', '.join(typing)}"] if typing else []
    return "\n".join(lines)


def _class(record: Record, event: Event | None) -> Iterator[str]:
    names = attribute_names(record)
    yield "@dataclass(kw_only=True)"
    yield f"class {record.name}:"
    notes = [_in_text(line) for line in wrapped(record.notes, 8)]
    if notes:
        yield from _indented(['"""' + notes[0], *notes[1:-1], *(notes[-1:] if len(notes) > 1 else ())], closing='"""')
        yield ""
    if event is not None:
        yield from (_INDENT + line if line else "" for line in event.head())
    for field in record.fields:
        yield from (f"{_INDENT}# {line}" for line in wrapped(_notes(field), 6))
        yield f"{_INDENT}{names[field.name]}: {_field_annotation(field)}{_default(field, event)}"
    yield f"{_INDENT}# Fields that this version doesn't declare, as they came."
    yield f"{_INDENT}other_fields: dict[str, Any] = field(default_factory=dict)"
    yield ""
    yield from _from_dict(record, names)
    yield ""
    yield from _to_dict(record, names)
    if event is not None:
        yield ""
        yield from (_INDENT + line for line in event.to_event())


def _default(field: Field, event: Event | None) -> str:
    of_event = event.default(field) if event is not None else None
    return f" = {of_event}" if of_event else "" if field.is_required else " = None"


def _indented(lines: list[str], closing: str) -> Iterator[str]:
    lines[-1] += closing
    yield from (_INDENT + line for line in lines)


def _notes(field: Field) -> tuple[str, ...]:
    return (*field.notes, *(("Deprecated.",) if field.is_deprecated else ()))


def _field_annotation(field: Field) -> str:
    written = annotation(field.shape)
    return written if field.is_required or is_nullable(field.shape) else f"{written} | None"


def _from_dict(record: Record, names: Mapping[str, str]) -> Iterator[str]:
    body = _INDENT * 2
    yield f"{_INDENT}@classmethod"
    yield f"{_INDENT}def from_dict(cls, data: dict[str, Any]) -> Self:"
    yield f'{body}"""Read what JSON holds."""'
    yield from _declared(record, body)
    yield f"{body}return cls("
    for field in record.fields:
        value = decoded(field.shape, literal(field.name), is_required=field.is_required)
        yield f"{body}{_INDENT}{names[field.name]}={value},"
    yield f"{body}{_INDENT}other_fields={{name: value for name, value in data.items() if name not in declared}},"
    yield f"{body})"


def _declared(record: Record, indent: str) -> Iterator[str]:
    listed = ", ".join(literal(field.name) for field in record.fields)
    if len(listed) < _WIDTH:
        yield f"{indent}declared = {{{listed}}}" if listed else f"{indent}declared = set[str]()"
        return
    yield f"{indent}declared = {{"
    yield from (f"{indent}{_INDENT}{literal(field.name)}," for field in record.fields)
    yield f"{indent}}}"


def _to_dict(record: Record, names: Mapping[str, str]) -> Iterator[str]:
    body = _INDENT * 2
    yield f"{_INDENT}def to_dict(self) -> dict[str, Any]:"
    yield f'{body}"""Write what JSON holds; fields that are None and not required are left out."""'
    yield f"{body}data: dict[str, Any] = {{}}"
    for field in record.fields:
        attribute = f"self.{names[field.name]}"
        if not field.is_required:
            yield f"{body}if {attribute} is not None:"
        indent = body if field.is_required else body + _INDENT
        yield f"{indent}data[{literal(field.name)}] = {encoded(field.shape, attribute)}"
    yield f"{body}return data | self.other_fields"


def _attribute(name: str) -> str:
    word = _NO_WORD.sub("_", name).strip("_") or "field"
    word = word if not word[0].isdigit() else f"field_{word}"
    return f"{word}_" if keyword.iskeyword(word) or word in _USED else word


def _in_text(line: str) -> str:
    return line.replace("\\", "\\\\").replace('"', '\\"') if '"""' in line or line.endswith('"') else line.replace("\\", "\\\\")
