"""What JavaScript's operators answer for JSON values; the reference's verdicts hang on it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

# Escapes and counts are taken as a whole, so that only braces by themselves are left to be one character long.
_LONE_BRACE = re.compile(r"\\[pP]\{[^}]*\}|\\u\{[^}]*\}|\\.|\[(?:\\.|[^\]\\])*\]|(?<=.)\{\d+(?:,\d*)?\}|[{}]", re.DOTALL)

# What every object inherits: `"toString" in {}` is true there.
INHERITED = frozenset(
    {
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
        "__proto__",
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "toString",
        "valueOf",
    }
)


def get(value: Any, key: str) -> Any:
    """`value.key`, and None where that is undefined, or where reading it would throw."""
    return value.get(key) if isinstance(value, Mapping) else None


def is_truthy(value: Any) -> bool:
    """`!!value`: empty objects and arrays are true."""
    return True if isinstance(value, Mapping | list) else bool(value)


def entries(value: Any) -> Iterator[tuple[str, Any]]:
    """`Object.entries(value || {})`."""
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list | str):
        yield from ((str(index), item) for index, item in enumerate(value))


def is_number(value: Any) -> TypeGuard[float]:
    """`typeof value === "number"`."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def type_of(value: Any) -> str:
    """`typeof value`, but `array` for arrays."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, list):
        return "array"
    return "number" if is_number(value) else "string" if isinstance(value, str) else "object"


def is_same(one: Any, other: Any) -> bool:
    """`one === other`: objects and arrays are only ever the same as themselves."""
    if isinstance(one, Mapping | list) or isinstance(other, Mapping | list):
        return one is other
    return type_of(one) == type_of(other) and bool(one == other)


def javascript_pattern(pattern: str) -> str:
    """The pattern with each lone brace escaped: JavaScript takes one that begins no count for itself."""
    return _LONE_BRACE.sub(lambda found: found[0] if len(found[0]) > 1 else f"\\{found[0]}", pattern)


def deep_equal(one: Any, other: Any) -> bool:
    """Equal as JSON values: true is not 1, numbers compare as doubles, keys in any order."""
    if isinstance(one, Mapping):
        return isinstance(other, Mapping) and one.keys() == other.keys() and all(deep_equal(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(deep_equal, one, other))
    if is_number(one) and is_number(other):
        return _double(one) == _double(other)
    return is_same(one, other)


def _double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")
