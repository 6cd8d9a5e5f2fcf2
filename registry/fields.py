"""The fields of a schema as a table: path, type, whether required, what is allowed, an example, its mark for personal data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_MAX_DEPTH = 12
_MAX_EXAMPLE = 60
_MISSING = object()
_BOUNDS = {-(2**53 - 1), 2**53 - 1}  # what every number has; telling it would say nothing


@dataclass(frozen=True, slots=True)
class Field:
    """One field; a map's entries stand as `name.*`, an array's items as `name[]`."""

    path: str
    type: str
    is_required: bool
    description: str
    example: str
    constraints: str
    pii: str


def fields_of(document: Mapping[str, Any]) -> tuple[Field, ...]:
    """Every field, in the order of the schema, parents before what is inside them."""
    examples = document.get("examples")
    example = examples[0] if isinstance(examples, list) and examples else _MISSING
    return tuple(_inside(document, "", example, 0))


def paths_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The paths alone, for searching."""
    return tuple(field.path for field in fields_of(document))


def _inside(schema: Mapping[str, Any], path: str, example: Any, depth: int) -> Iterator[Field]:
    if depth > _MAX_DEPTH:
        return
    properties = schema.get("properties")
    required = schema.get("required") or ()
    for name, child in properties.items() if isinstance(properties, Mapping) else ():
        if isinstance(child, Mapping):
            place = f"{path}.{name}" if path else name
            value = example.get(name, _MISSING) if isinstance(example, Mapping) else _MISSING
            yield _field(place, child, value, is_required=name in required)
            yield from _inside(child, place, value, depth + 1)
    values, items = schema.get("additionalProperties"), schema.get("items")
    if path and isinstance(values, Mapping):
        yield from _inside(
            values, f"{path}.*", next(iter(example.values()), _MISSING) if _is_full_map(example) else _MISSING, depth + 1
        )
    if path and isinstance(items, Mapping):
        first = example[0] if isinstance(example, list) and example else _MISSING
        yield from _inside(items, f"{path}[]", first, depth + 1)


def _is_full_map(example: Any) -> bool:
    return isinstance(example, Mapping) and bool(example)


def _field(path: str, schema: Mapping[str, Any], example: Any, *, is_required: bool) -> Field:
    return Field(
        path=path,
        type=type_of(schema),
        is_required=is_required,
        description=" ".join(str(schema.get("description", "")).split()),
        example="" if example is _MISSING or isinstance(example, dict) else _short(example),
        constraints=", ".join(_constraints(schema)),
        pii=str(schema.get("x-pii", "")),
    )


def type_of(schema: Any) -> str:
    """The type in words: `date-time`, `array of string`, `map of object`."""
    if not isinstance(schema, Mapping):
        return "any"
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " or ".join(map(str, kind))
    if kind == "string" and isinstance(schema.get("format"), str):
        return str(schema["format"])
    if kind == "array":
        return f"array of {type_of(schema.get('items'))}"
    if kind == "object" and "properties" not in schema and isinstance(schema.get("additionalProperties"), Mapping):
        return f"map of {type_of(schema['additionalProperties'])}"
    return str(kind)


def _constraints(schema: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(schema.get("enum"), list):
        yield "one of " + ", ".join(_short(value) for value in schema["enum"])
    if "const" in schema:
        yield f"always {_short(schema['const'])}"
    low, high = (None if schema.get(name) in _BOUNDS else schema.get(name) for name in ("minimum", "maximum"))
    if low is not None and high is not None:
        yield f"{low} to {high}"
    elif low is not None or high is not None:
        yield f"at least {low}" if low is not None else f"at most {high}"
    for low_name, high_name, noun in (("minLength", "maxLength", "characters"), ("minItems", "maxItems", "items")):
        yield from _size(schema.get(low_name), schema.get(high_name), noun)
    if isinstance(schema.get("pattern"), str):
        yield f"matches {schema['pattern']}"


def _size(low: Any, high: Any, noun: str) -> Iterator[str]:
    if low and high:
        yield f"{low} to {high} {noun}"
    elif low:
        yield f"at least {low} {noun}"
    elif high is not None:
        yield f"at most {high} {noun}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_EXAMPLE else text[: _MAX_EXAMPLE - 1] + "…"
