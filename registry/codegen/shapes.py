"""A schema as a programming language sees it: records with named fields, lists, maps, literals, unions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from registry.codegen.spelling import RESERVED, Names, pascal
from registry.compatibility.readable import require_comparable

Scalar = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Anything:
    """No type is said."""


@dataclass(frozen=True, slots=True)
class Primitive:
    """A JSON type by its name: string, integer, number, boolean or null."""

    name: str


@dataclass(frozen=True, slots=True)
class Literals:
    """One of these values."""

    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list."""

    item: Shape


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object whose names are data."""

    value: Shape


@dataclass(frozen=True, slots=True)
class Union:
    """One of several shapes, null last."""

    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record; `notes` are what its reader should know, a sentence each."""

    name: str
    shape: Shape
    is_required: bool
    notes: tuple[str, ...] = ()
    is_deprecated: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """An object with declared fields."""

    name: str
    fields: tuple[Field, ...]
    notes: tuple[str, ...]
    is_open: bool  # it says itself that other fields may come


Shape = Anything | Primitive | Literals | ListOf | MapOf | Union | Record


def shape_of(document: Mapping[str, Any], name: str) -> Shape:
    """The shape of a self-contained schema's events; records are named after `name` and the fields that lead to them.

    Raises:
        RejectedError: it is no schema or not self-contained.
    """
    schema = dict(document)
    require_comparable(schema)
    return _Reader().shape(schema, pascal(name))


def records_in(shape: Shape) -> Iterator[Record]:
    """Every record, the outermost first."""
    match shape:
        case Record():
            yield shape
            for field in shape.fields:
                yield from records_in(field.shape)
        case ListOf(inner) | MapOf(inner):
            yield from records_in(inner)
        case Union():
            for one in shape.shapes:
                yield from records_in(one)


def notes_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """What a reader of the types should know of a field."""
    notes = [str(schema.get("description", ""))]
    if isinstance(schema.get("format"), str):
        notes.append(f"Format: {schema['format']}.")
    if schema.get("x-pii"):
        notes.append(f"Personal data: {schema['x-pii']}.")
    return tuple(note for note in notes if note)


class _Reader:
    """Reads one document; the names that it gives are unique in it."""

    def __init__(self) -> None:
        self._names = Names(RESERVED)

    def shape(self, schema: Any, name: str) -> Shape:
        if not isinstance(schema, Mapping):
            return Anything()
        values = [schema["const"]] if "const" in schema else schema.get("enum")
        if isinstance(values, list) and values and all(isinstance(value, str | int | None) for value in values):
            return Literals(tuple(values))
        for keyword in ("anyOf", "oneOf"):
            if schema.get(keyword) and "properties" not in schema:
                branches = enumerate(schema[keyword], 1)
                return _union(self.shape(branch, f"{name}{index}") for index, branch in branches)
        return self._typed(schema, name)

    def _typed(self, schema: Mapping[str, Any], name: str) -> Shape:
        kind = schema.get("type", "object" if "properties" in schema else None)
        if isinstance(kind, list):
            return _union(self._typed({**schema, "type": one}, name) for one in kind)
        if kind == "object":
            return self._object(schema, name)
        if kind == "array":
            items = schema.get("items")
            return ListOf(self.shape(items, f"{name}Item") if isinstance(items, Mapping) else Anything())
        return Anything() if kind is None else Primitive(kind)

    def _object(self, schema: Mapping[str, Any], name: str) -> Shape:
        properties, rest = schema.get("properties") or {}, schema.get("additionalProperties")
        if not properties:
            return MapOf(self.shape(rest, f"{name}Value") if isinstance(rest, Mapping) else Anything())
        own = self._names.unique(name)  # taken before those inside, so that the outermost keeps the plain name
        required = schema.get("required", ())
        fields = tuple(
            Field(
                name=key,
                shape=self.shape(inner, own + pascal(key)),
                is_required=key in required,
                notes=notes_of(inner) if isinstance(inner, Mapping) else (),
                is_deprecated=isinstance(inner, Mapping) and inner.get("deprecated") is True,
            )
            for key, inner in properties.items()
            if inner is not False  # a field that must not be there is none
        )
        return Record(own, fields, notes_of(schema), is_open=rest is True or isinstance(rest, Mapping))


def _union(shapes: Iterator[Shape]) -> Shape:
    found: dict[Shape, None] = {}
    for shape in shapes:
        found.update(dict.fromkeys(shape.shapes if isinstance(shape, Union) else (shape,)))
    if Anything() in found:
        return Anything()
    ordered = sorted(found, key=lambda shape: shape == Primitive("null"))
    return ordered[0] if len(ordered) == 1 else Union(tuple(ordered))
