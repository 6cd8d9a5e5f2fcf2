"""The fields of a schema as a table: path, type, whether required, what is allowed, an example, its mark for personal data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventplatform.core.pointers import escape

_MAX_DEPTH = 12
_MAX_EXAMPLE = 60
_MAX_FIELDS = 20_000
_MISSING = object()
_BOUNDS = {-(2**53 - 1), 2**53 - 1}  # what every number has; telling it would say nothing
_FORMS = ("allOf", "anyOf", "oneOf")


@dataclass(frozen=True, slots=True)
class Field:
    """One field; a map's entries stand as `name.*`, an array's items as `name[]`.

    `pointer` is its JSON pointer in the schema, `parent` the path of the field around it, `inside` how many it holds.
    """

    path: str
    type: str
    is_required: bool
    description: str
    example: str
    constraints: str
    pii: str
    pii_action: str = ""
    pointer: str = ""
    parent: str = ""
    inside: int = 0

    @property
    def level(self) -> int:
        """How many fields stand around it."""
        return self.path.count(".")


def fields_of(document: Mapping[str, Any]) -> tuple[Field, ...]:
    """Every field, in the order of the schema, parents before what is inside them."""
    examples = document.get("examples")
    example = examples[0] if isinstance(examples, list) and examples else _MISSING
    found: dict[str, Field] = {}
    for field in _inside(document, _Place("", "", "", 0), example):
        found.setdefault(field.path, field)  # two forms of the same field: the first one speaks
        if len(found) >= _MAX_FIELDS:
            break
    return _counted(tuple(found.values()))


def paths_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The paths alone, for searching."""
    return tuple(field.path for field in fields_of(document))


def matching(fields: Sequence[Field], words: Sequence[str]) -> list[Field]:
    """The fields that hold one of the words: those with more of them first, a path before a description."""
    ranked = [(_rank(field, words), index, field) for index, field in enumerate(fields)]
    return [field for rank, _, field in sorted(ranked, key=lambda one: (one[0], one[1])) if rank < 0]


def at_pointer(fields: Sequence[Field], pointer: str) -> Field | None:
    """The field that a place in the schema belongs to: the innermost one around it."""
    around = [field for field in fields if pointer == field.pointer or pointer.startswith(f"{field.pointer}/")]
    return max(around, key=lambda field: len(field.pointer), default=None)


def _rank(field: Field, words: Sequence[str]) -> int:
    path, text = field.path.lower(), f"{field.description.lower()} {_mark(field)}"
    last = path.rpartition(".")[2]
    return -sum(8 * (word == path) + 4 * (word == last) + 2 * (word in path) + (word in text) for word in words)


def _mark(field: Field) -> str:
    return f"x-pii:{field.pii}" if field.pii else ""


@dataclass(frozen=True, slots=True)
class _Place:
    path: str
    pointer: str
    parent: str  # the path of the field that all of this stands in
    depth: int

    def below(self, path: str, pointer: str, parent: str) -> _Place:
        return _Place(path, self.pointer + pointer, parent, self.depth + 1)


def _inside(schema: Mapping[str, Any], place: _Place, example: Any) -> Iterator[Field]:
    if place.depth > _MAX_DEPTH:
        return
    yield from _properties(schema, place, example)
    if place.path:
        yield from _entries(schema, place, example)
    for form in _FORMS:
        several = schema.get(form)
        for index, part in enumerate(several if isinstance(several, list) else ()):
            if isinstance(part, Mapping):
                yield from _inside(part, place.below(place.path, f"/{form}/{index}", place.parent), example)


def _properties(schema: Mapping[str, Any], place: _Place, example: Any) -> Iterator[Field]:
    properties, required = schema.get("properties"), schema.get("required")
    for name, child in properties.items() if isinstance(properties, Mapping) else ():
        path = f"{place.path}.{name}" if place.path else str(name)
        value = example.get(name, _MISSING) if isinstance(example, Mapping) else _MISSING
        below = place.below(path, f"/properties/{escape(str(name))}", path)
        is_required = isinstance(required, list) and name in required
        whole = child if isinstance(child, Mapping) else {}
        yield _field(below, place.parent, whole, value, is_required=is_required)
        yield from _inside(whole, below, value)


def _entries(schema: Mapping[str, Any], place: _Place, example: Any) -> Iterator[Field]:
    """What a map's values or an array's items hold."""
    values, items = schema.get("additionalProperties"), schema.get("items")
    if isinstance(values, Mapping):
        first = next(iter(example.values()), _MISSING) if isinstance(example, Mapping) else _MISSING
        yield from _inside(values, place.below(f"{place.path}.*", "/additionalProperties", place.parent), first)
    if isinstance(items, Mapping):
        first = example[0] if isinstance(example, list) and example else _MISSING
        yield from _inside(items, place.below(f"{place.path}[]", "/items", place.parent), first)


def _field(place: _Place, parent: str, schema: Mapping[str, Any], example: Any, *, is_required: bool) -> Field:
    pii, action = schema.get("x-pii"), schema.get("x-pii-action")
    return Field(
        path=place.path,
        type=type_of(schema),
        is_required=is_required,
        description=" ".join(str(schema.get("description", "")).split()),
        example="" if example is _MISSING or isinstance(example, dict) else _short(example),
        constraints=", ".join(_constraints(schema)),
        pii=pii if isinstance(pii, str) else "",
        pii_action=action if isinstance(action, str) else "",
        pointer=place.pointer,
        parent=parent,
    )


def _counted(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """The same fields, each knowing how many stand inside it, at any depth."""
    inside = dict.fromkeys((field.path for field in fields), 0)
    parents = {field.path: field.parent for field in fields}
    for field in fields:
        parent = field.parent
        while parent:
            inside[parent] += 1
            parent = parents[parent]
    return tuple(_with_count(field, inside[field.path]) if inside[field.path] else field for field in fields)


def _with_count(field: Field, inside: int) -> Field:
    values = {name: getattr(field, name) for name in Field.__slots__}
    return Field(**{**values, "inside": inside})


def type_of(schema: Any) -> str:
    """The type in words: `date-time`, `array of string`, `map of object`."""
    if not isinstance(schema, Mapping):
        return "any"
    kind = schema.get("type")
    if kind is None:
        return _type_of_forms(schema)
    if kind == "array":
        return f"array of {type_of(schema.get('items'))}"
    if kind == "object" and "properties" not in schema and isinstance(schema.get("additionalProperties"), Mapping):
        return f"map of {type_of(schema['additionalProperties'])}"
    if kind == "string":
        return str(schema.get("format", kind))
    return " or ".join(map(str, kind)) if isinstance(kind, list) else str(kind)


def _type_of_forms(schema: Mapping[str, Any]) -> str:
    several: list[Any] = next((schema[form] for form in ("oneOf", "anyOf") if isinstance(schema.get(form), list)), [])
    return " or ".join(dict.fromkeys(str(part.get("type", "any")) for part in several if isinstance(part, Mapping))) or "any"


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
    for low_name, high_name, noun in (("minLength", "maxLength", "character"), ("minItems", "maxItems", "item")):
        yield from _size(schema.get(low_name), schema.get(high_name), noun)
    if isinstance(schema.get("pattern"), str):
        yield f"matches {schema['pattern']}"
    if "default" in schema:
        yield f"default {_short(schema['default'])}"


def _size(low: Any, high: Any, noun: str) -> Iterator[str]:
    if low and high:
        yield f"{low} to {high} {noun}s" if low != high else f"exactly {_several(low, noun)}"
    elif low:
        yield f"at least {_several(low, noun)}"
    elif high is not None:
        yield f"at most {_several(high, noun)}"


def _several(count: Any, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_EXAMPLE else text[: _MAX_EXAMPLE - 1] + "…"
