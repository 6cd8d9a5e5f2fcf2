"""Fills in what a schema gives as `default` for absent fields, as Ajv 6 does with `useDefaults: true`.

Properties of objects and places of tuples are filled, at any depth. A default says nothing inside `anyOf`, `oneOf`, `not`,
`contains`, `propertyNames` and the test of an `if`, nor at the root, nor for places that no schema names.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from registry.schema import keywords
from registry.schema.compiled import validator
from registry.schema.patterns import MAX_SIZE

_PATTERNS = jsonschema_rs.RegexOptions(size_limit=MAX_SIZE)


def filled(schema: Any, event: Any) -> Any:
    """`event` with its absent fields filled; the schema must be self-contained. For many events make `Defaults` once."""
    return Defaults(schema).filled(event)


class Defaults:
    """The defaults of one self-contained schema."""

    def __init__(self, schema: Any) -> None:
        self._schema = schema
        inner = [one for _, one in keywords.walk(schema) if isinstance(one, dict)]
        self.is_empty = not any("default" in one for one in inner)  # then there is nothing to do for any event
        conditions = [one["if"] for one in inner if "if" in one and not self.is_empty]
        self._conditions = {id(one): validator({"allOf": [one]}, "ajv6") for one in conditions}

    def filled(self, event: Any) -> Any:
        """`event` with its absent fields filled: a copy where that changes something; `event` is left as it is.

        What comes out for an event that is not valid means nothing.
        """
        return event if self.is_empty else self._filled(self._schema, event)

    def _filled(self, schema: Any, value: Any) -> Any:
        if not isinstance(schema, Mapping):
            return value
        if isinstance(value, dict):
            value = self._object(schema, value)
        elif isinstance(value, list):
            value = self._array(schema, value)
        for part in schema.get("allOf", ()):
            value = self._filled(part, value)
        if "if" in schema:
            holds = self._conditions[id(schema["if"])].is_valid(value)
            value = self._filled(schema.get("then" if holds else "else"), value)
        return value

    def _object(self, schema: Mapping[str, Any], value: dict[str, Any]) -> dict[str, Any]:
        properties = schema.get("properties", {})
        given = {name: inner for name, inner in properties.items() if name not in value and _gives_default(inner)}
        value = {**value, **{name: copy.deepcopy(inner["default"]) for name, inner in given.items()}}
        for name, inner in schema.get("dependencies", {}).items():
            value = self._filled(inner, value) if name in value and isinstance(inner, dict) else value
        by_pattern = {pattern: _matcher(pattern) for pattern in schema.get("patternProperties", {})}
        for name in value:
            named = [properties[name]] if name in properties else []
            named += [schema["patternProperties"][pattern] for pattern, matches in by_pattern.items() if matches.is_valid(name)]
            for inner in named or [schema.get("additionalProperties")]:
                value[name] = self._filled(inner, value[name])
        return value

    def _array(self, schema: Mapping[str, Any], value: list[Any]) -> list[Any]:
        items = schema.get("items")
        if not isinstance(items, list):
            return [self._filled(items, item) for item in value]
        last = max((at for at, inner in enumerate(items) if _gives_default(inner)), default=-1)
        value = value + [copy.deepcopy(_default(inner)) for inner in items[len(value) : last + 1]]
        rest = schema.get("additionalItems")
        return [self._filled(items[at] if at < len(items) else rest, item) for at, item in enumerate(value)]


def _gives_default(schema: Any) -> bool:
    return isinstance(schema, Mapping) and "default" in schema


def _default(schema: Any) -> Any:
    return schema["default"] if _gives_default(schema) else None  # a hole, which JSON writes as null


def _matcher(pattern: str) -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator({"pattern": pattern}, pattern_options=_PATTERNS, offline=True)
