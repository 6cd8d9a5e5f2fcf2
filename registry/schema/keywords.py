"""Where a JSON Schema (draft-07) holds schemas: a key can be a keyword, the name of a property, or plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from eventplatform.core.pointers import escape

Schema = dict[str, Any] | bool

HOLDS_ONE = frozenset({"additionalItems", "additionalProperties", "contains", "else", "if", "not", "propertyNames", "then"})
HOLDS_LIST = frozenset({"allOf", "anyOf", "oneOf"})
HOLDS_NAMED = frozenset({"definitions", "dependencies", "patternProperties", "properties"})


def is_schema(value: Any) -> bool:
    """True for what can stand where a schema is expected."""
    return isinstance(value, dict | bool)


def children(schema: Any) -> Iterator[tuple[str, Any]]:
    """The schemas directly inside `schema`, each with its JSON pointer relative to it."""
    if not isinstance(schema, dict):
        return
    for keyword, value in schema.items():
        if keyword in HOLDS_ONE or (keyword == "items" and is_schema(value)):
            yield f"/{keyword}", value
        elif keyword in HOLDS_LIST or keyword == "items":
            several = value if isinstance(value, list) else []
            yield from ((f"/{keyword}/{index}", item) for index, item in enumerate(several))
        elif keyword in HOLDS_NAMED and isinstance(value, dict):
            named = ((name, item) for name, item in value.items() if is_schema(item))
            yield from ((f"/{keyword}/{escape(name)}", item) for name, item in named)


def walk(schema: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """`schema` and every schema below it, each with its JSON pointer."""
    yield pointer, schema
    for place, child in children(schema):
        yield from walk(child, pointer + place)


def rebuild(schema: Any, change: Callable[[Any], Any]) -> Any:
    """A copy of `schema` with `change` applied to each schema directly inside it."""
    if not isinstance(schema, dict):
        return schema
    copy: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in HOLDS_ONE or (keyword == "items" and is_schema(value)):
            copy[keyword] = change(value)
        elif (keyword in HOLDS_LIST or keyword == "items") and isinstance(value, list):
            copy[keyword] = [change(item) for item in value]
        elif keyword in HOLDS_NAMED and isinstance(value, dict):
            copy[keyword] = {name: change(item) if is_schema(item) else item for name, item in value.items()}
        else:
            copy[keyword] = value
    return copy
