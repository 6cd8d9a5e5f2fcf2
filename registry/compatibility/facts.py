"""What one schema says by itself: the types and values it admits, its bounds, what holds for a name or a place."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

# Whole numbers are numbers: "number" stands here for the others, so that sets compare as they are.
ALL_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_TYPE_NAMES = {bool: "boolean", int: "integer", float: "integer", str: "string", list: "array", dict: "object"}


def as_object(schema: Any) -> Schema:
    """A schema as an object: true is the empty one, false one without a type."""
    if isinstance(schema, dict):
        return schema
    return {} if schema is not False else {"type": []}


def type_of(value: Any) -> str:
    """The type of a JSON value; 1.0 is a whole number."""
    if type(value) is float and not value.is_integer():
        return "number"
    return _TYPE_NAMES.get(type(value), "null")


def types_of(schema: Any, inner: Callable[[Any], frozenset[str]] | None = None) -> frozenset[str]:
    """The types that a value of `schema` can have; empty where nothing is admitted. `inner` answers for its alternatives."""
    if not isinstance(schema, dict):
        return frozenset() if schema is False else ALL_TYPES
    inner = inner or types_of
    types = _named_types(schema)
    for keyword in ("anyOf", "oneOf"):
        if branches := schemas_in(schema, keyword):
            types &= frozenset().union(*map(inner, branches))
    for part in schemas_in(schema, "allOf"):
        types &= inner(part)
    if (values := listed_values(schema)) is not None:
        types &= set(map(type_of, values))
    return types


def _named_types(schema: Schema) -> frozenset[str]:
    given = schema.get("type")
    if given is None:
        return ALL_TYPES
    named = {given} if isinstance(given, str) else set(given)
    return frozenset(named | {"integer"}) if "number" in named else frozenset(named)


def schemas_in(schema: Schema, keyword: str) -> Sequence[Any]:
    """The schemas that a keyword such as anyOf lists."""
    given = schema.get(keyword)
    return given if isinstance(given, list) else ()


def conjuncts(schema: Any) -> list[Schema]:
    """`schema` and the members of its allOf, at any depth: a value must satisfy every one."""
    found: list[Schema] = []
    waiting = [as_object(schema)]
    while waiting:
        part = waiting.pop()
        found.append(part)
        waiting += [as_object(member) for member in schemas_in(part, "allOf")]
    return found


def listed_values(schema: Schema) -> Sequence[Any] | None:
    """The values that const or enum list, const being the narrower; None without either."""
    given = schema.get("enum")
    if "const" not in schema:
        return given if isinstance(given, list) else None
    const = schema["const"]
    is_allowed = not isinstance(given, list) or value_key(const) in map(value_key, given)
    return [const] if is_allowed else []


def value_key(value: Any) -> Any:
    """Equal for values that JSON calls equal: 1 is 1.0, but true is not 1."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, list):
        return ("array", *map(value_key, value))
    if isinstance(value, dict):
        return ("object", frozenset((name, value_key(item)) for name, item in value.items()))
    return value


def finite_keys(schema: Schema) -> frozenset[Any] | None:
    """Keys of all values that `schema` can admit, where they can be listed."""
    values = listed_values(schema)
    types = types_of(schema)
    if values is not None:
        return frozenset(value_key(value) for value in values if type_of(value) in types)
    if types <= {"boolean", "null"}:
        possible = {"boolean": (True, False), "null": (None,)}
        return frozenset(value_key(value) for name in types for value in possible[name])
    return None


def lower_bound(schema: Schema, *, is_whole: bool = False) -> tuple[float, bool]:
    """The smallest number and whether it is itself excluded; for whole numbers never excluded."""
    least: float = schema.get("minimum", -math.inf)
    beyond: float = schema.get("exclusiveMinimum", -math.inf)
    number, excluded = (beyond, True) if beyond >= least else (least, False)
    if not is_whole or math.isinf(number):
        return number, excluded and not math.isinf(number)
    return (math.floor(number) + 1, False) if excluded else (math.ceil(number), False)


def upper_bound(schema: Schema, *, is_whole: bool = False) -> tuple[float, bool]:
    """The largest number, likewise."""
    mirrored = {
        "minimum": -schema.get("maximum", math.inf),
        "exclusiveMinimum": -schema.get("exclusiveMaximum", math.inf),
    }
    number, excluded = lower_bound(mirrored, is_whole=is_whole)
    return -number, excluded


def properties(schema: Schema) -> Mapping[str, Any]:
    """The declared properties."""
    given = schema.get("properties")
    return given if isinstance(given, dict) else {}


def patterns(schema: Schema) -> Mapping[str, Any]:
    """What holds for names that match a pattern."""
    given = schema.get("patternProperties")
    return given if isinstance(given, dict) else {}


def undeclared(schema: Schema) -> Any:
    """What holds for a name that is neither declared nor matches a pattern."""
    return schema.get("additionalProperties", True)


def is_open(schema: Any) -> bool:
    """True for a schema that admits everything, said plainly."""
    return schema is True or schema == {}


def for_place(schema: Schema, index: int) -> Any:
    """The schema that the item at `index` must satisfy."""
    items = schema.get("items", True)
    if not isinstance(items, list):
        return items
    return items[index] if index < len(items) else schema.get("additionalItems", True)


def is_same(one: Any, other: Any) -> bool:
    """Equal to the letter, key order aside; Python alone takes true for 1."""
    return one is other or (one == other and (repr(one) == repr(other) or value_key(one) == value_key(other)))
