"""What a schema says by one group of keywords, in words that fit after "was" and "is"."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from registry.compatibility import facts
from registry.compatibility.facts import Schema

_MAX_VALUES = 8
_MAX_TEXT = 80
NOUNS = {
    "allOf": "further conditions",
    "anyOf": "alternatives",
    "oneOf": "exclusive alternatives",
    "not": "a forbidden form",
    "if": "a condition",
    "contains": "an item that must be there",
    "propertyNames": "a rule for names",
    "patternProperties": "patterns of names",
    "dependencies": "fields that depend on others",
}


def said(schema: Schema, group: str) -> str:
    """The words for what `schema` says by a group of keywords."""
    return _WORDS[group](schema) if group in _WORDS else _bound(schema, group)


def listed(values: Sequence[Any], conjunction: str = "or") -> str:
    """`a, b or c`, shortened."""
    shown = [short(value) for value in values[:_MAX_VALUES]]
    if len(values) > _MAX_VALUES:
        shown.append(f"{len(values) - _MAX_VALUES} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {conjunction} {shown[-1]}" if shown else "nothing"


def short(value: Any) -> str:
    """A value on one line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"


def types(schema: Schema) -> str:
    """The types that it names."""
    given = schema.get("type")
    if given is None:
        return "of any type"
    return listed([given] if isinstance(given, str) else given)


def names(schema: Any) -> str:
    """What it says of names that it doesn't declare."""
    rest = schema.get("additionalProperties", True)
    if rest is False:
        return "closed to undeclared fields"
    return "open to undeclared fields" if facts.is_open(rest) else f"a map of {types(facts.as_object(rest))}"


def _values(schema: Schema) -> str:
    values = facts.listed_values(schema)
    if values is None:
        return "free to be any value"
    return f"always {short(values[0])}" if "const" in schema and values else f"one of {listed(values, 'and')}"


def _edge(inclusive: str, exclusive: str, at: str, beyond: str, absent: str) -> Callable[[Schema], str]:
    def words(schema: Schema) -> str:
        found = [f"{at} {schema[inclusive]}"] if inclusive in schema else []
        found += [f"{beyond} {schema[exclusive]}"] if exclusive in schema else []
        return " and ".join(found) or absent

    return words


def _size(keyword: str, before: str, noun: str, absent: str) -> Callable[[Schema], str]:
    one = {"properties": "property"}.get(noun, noun.removesuffix("s"))
    measure = "wide" if noun == "properties" else "long"

    def words(schema: Schema) -> str:
        count = schema.get(keyword)
        return absent if count is None else f"{before} {count} {one if count == 1 else noun} {measure}"

    return words


def _bound(schema: Schema, group: str) -> str:
    return f"{'with' if group in schema else 'without'} {NOUNS.get(group, group)}"


def _items(schema: Schema) -> str:
    items = schema.get("items", True)
    if isinstance(items, list):
        return f"a list of {len(items)} fixed places"
    return f"a list of {types(facts.as_object(items))}" if items is not True else "a list of anything"


_WORDS: dict[str, Callable[[Schema], str]] = {
    "type": types,
    "enum": _values,
    "minimum": _edge("minimum", "exclusiveMinimum", "at least", "more than", "without a minimum"),
    "maximum": _edge("maximum", "exclusiveMaximum", "at most", "less than", "without a maximum"),
    "multipleOf": lambda schema: f"a multiple of {schema['multipleOf']}" if "multipleOf" in schema else "any multiple",
    "minLength": _size("minLength", "at least", "characters", "without a minimum length"),
    "maxLength": _size("maxLength", "at most", "characters", "without a maximum length"),
    "minItems": _size("minItems", "at least", "items", "without a minimum length"),
    "maxItems": _size("maxItems", "at most", "items", "without a maximum length"),
    "minProperties": _size("minProperties", "at least", "properties", "without a minimum width"),
    "maxProperties": _size("maxProperties", "at most", "properties", "without a maximum width"),
    "pattern": lambda schema: (
        f"bound to the pattern {short(schema['pattern'])}" if "pattern" in schema else "without a pattern"
    ),
    "format": lambda schema: f"in the format {schema['format']}" if "format" in schema else "without a format",
    "uniqueItems": lambda schema: "free of repeated items" if schema.get("uniqueItems") else "allowed to repeat items",
    "items": _items,
    "additionalProperties": names,
}
