"""From a JSON Schema to nested columns: structs, lists and maps where it is typed, JSON text for everything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from connectors.mapping.columns import META_COLUMNS, ColumnType

_DEEPEST = 20  # below that an object is JSON text


@dataclass(frozen=True, slots=True)
class Struct:
    """An object with known fields."""

    fields: Mapping[str, Shape] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListOf:
    """An array of one type."""

    item: Shape


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object with any keys and values of one type."""

    value: Shape


Shape = ColumnType | Struct | ListOf | MapOf


def columns(document: Mapping[str, Any]) -> Struct:
    """The columns of a materialised schema, in its order; `$schema` is left out, it has a column of ours."""
    found = _struct(document, 0, without={"$schema", *META_COLUMNS})
    return found or Struct()


def merged(old: Shape, new: Shape) -> Shape:
    """`old` with what only `new` has; a type that is there stays, so that every file of a stream can be read as one."""
    match old, new:
        case Struct(), Struct():
            both = {
                name: merged(shape, new.fields[name]) if name in new.fields else shape for name, shape in old.fields.items()
            }
            return Struct(dict(_distinct((*both.items(), *((n, s) for n, s in new.fields.items() if n not in both)))))
        case ListOf(), ListOf():
            return ListOf(merged(old.item, new.item))
        case MapOf(), MapOf():
            return MapOf(merged(old.value, new.value))
    return old


def as_json(shape: Shape) -> Any:
    """For keeping it; `from_json` reads it back."""
    match shape:
        case Struct(fields):
            return {"struct": {name: as_json(inner) for name, inner in fields.items()}}
        case ListOf(item):
            return {"list": as_json(item)}
        case MapOf(value):
            return {"map": as_json(value)}
        case ColumnType():
            return shape.value


def from_json(kept: Any) -> Shape:
    match kept:
        case {"struct": dict(fields)}:
            return Struct({str(name): from_json(inner) for name, inner in fields.items()})
        case {"list": item}:
            return ListOf(from_json(item))
        case {"map": value}:
            return MapOf(from_json(value))
    return ColumnType(kept)


def _shape(schema: Any, depth: int) -> Shape:
    types = _types(schema) if isinstance(schema, dict) else set()
    if len(types) != 1 or depth > _DEEPEST:
        return ColumnType.JSON
    match types.pop():
        case "object":
            return _object(schema, depth)
        case "array":
            item = _shape(schema.get("items"), depth + 1)
            return ListOf(item) if item is not ColumnType.JSON else item
        case "string":
            return ColumnType.TIME if schema.get("format") == "date-time" else ColumnType.TEXT
        case "integer" | "number" | "boolean" as name:
            return ColumnType(name)
    return ColumnType.JSON


def _object(schema: Mapping[str, Any], depth: int) -> Shape:
    if isinstance(schema.get("additionalProperties"), dict):  # listed properties are then only hints
        value = _shape(schema["additionalProperties"], depth + 1)
        return MapOf(value) if value is not ColumnType.JSON else value
    return _struct(schema, depth) or ColumnType.JSON  # a struct without fields can't be written


def _struct(schema: Mapping[str, Any], depth: int, without: Iterable[str] = ()) -> Struct | None:
    properties = schema.get("properties")
    found = properties if isinstance(properties, dict) else {}
    fields = dict(_distinct(((name, _shape(inner, depth + 1)) for name, inner in found.items()), without))
    return Struct(fields) if fields else None


def _distinct(fields: Iterable[tuple[str, Shape]], without: Iterable[str] = ()) -> Iterator[tuple[str, Shape]]:
    """Without names that differ in case only: Hive, Spark and Iceberg can't tell them apart. Events keep them in `_extra`."""
    used = {name.lower() for name in without}
    for name, shape in fields:
        if name.lower() not in used:
            used.add(name.lower())
            yield name, shape


def _types(schema: Mapping[str, Any]) -> set[str]:
    given = cast("str | list[str]", schema.get("type", []))
    types = {given} if isinstance(given, str) else set(given)
    return types - {"null"}
