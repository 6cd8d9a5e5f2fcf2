"""The types of JSON Schema, as JavaScript sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_IS: Mapping[str, Callable[[Any], bool]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "null": lambda value: value is None,
    "number": _is_number,
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}


def types_of(schema: Mapping[str, Any]) -> list[str]:
    """The types that a schema allows, as it lists them; none where it allows all."""
    kind = schema.get("type")
    return [] if not kind else list(kind) if isinstance(kind, list) else [kind]


def is_one_of(types: Iterable[str], value: Any) -> bool:
    """Whether the value is of one of the types."""
    return any(is_of(one, value) for one in types)


def is_of(name: str, value: Any) -> bool:
    """Whether the value is of that type."""
    test = _IS.get(name)
    return test is not None and test(value)
