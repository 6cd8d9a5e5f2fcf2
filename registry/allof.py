"""Merges `allOf` into the schema around it, so that each field stands in one place."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from eventplatform.core.errors import RejectedError
from registry.keywords import HOLDS_NAMED, is_schema, rebuild


class MergeError(RejectedError):
    """Two parts of an `allOf` say different things that can't both be written down in one place."""

    code = "schema.cannot_merge"
    message = "allOf can't be merged: {keyword} differs between its parts."
    remedy = "Let one part alone say it, or make the parts agree."


def merged(schema: Any) -> Any:
    """`schema` with every `allOf` in it merged away, at any depth."""
    schema = rebuild(schema, merged)
    if not isinstance(schema, dict) or not isinstance(schema.get("allOf"), list):
        return schema
    around = {keyword: value for keyword, value in schema.items() if keyword != "allOf"}
    if any(isinstance(part, dict) and "properties" in part for part in schema["allOf"]):
        around.setdefault("properties", {})  # a place of its own: see the order of names below
    return _merge([around, *schema["allOf"]])


def _merge(schemas: Sequence[Any]) -> Any:
    if any(schema is False for schema in schemas):
        return False
    parts = [schema for schema in schemas if isinstance(schema, dict)]
    if not parts:
        return True
    keywords = dict.fromkeys(keyword for part in parts for keyword in part)
    return {keyword: _merge_keyword(keyword, [part[keyword] for part in parts if keyword in part]) for keyword in keywords}


def _merge_keyword(keyword: str, values: list[Any]) -> Any:
    distinct = [value for index, value in enumerate(values) if value not in values[:index]]
    if len(distinct) == 1:
        return distinct[0]
    if keyword in HOLDS_NAMED:
        # What is shared comes first in files and tables: $schema, meta and dt, then the event's own fields.
        names = dict.fromkeys(name for value in (*distinct[1:], distinct[0]) for name in value)
        return {name: _merge_named(name, distinct) for name in names}
    if keyword in _SCHEMAS and all(is_schema(value) for value in distinct):
        return _merge(distinct)
    rule = _RULES.get(keyword)
    if rule is not None:
        return rule(distinct)
    if keyword in _FIRST or keyword.startswith("x-"):
        return distinct[0]
    raise MergeError(keyword=keyword)


def _merge_named(name: str, groups: list[Any]) -> Any:
    found = [group[name] for group in groups if name in group]
    return found[0] if len(found) == 1 else _merge(found)


def _union(values: list[Any]) -> list[Any]:
    return sorted({name for value in values for name in value})


def _intersection(values: list[Any]) -> list[Any]:
    common = [item for item in values[0] if all(item in value for value in values[1:])]
    if not common:
        raise MergeError(keyword="enum")
    return sorted(common, key=str)


def _common_type(values: list[Any]) -> Any:
    lists = [value if isinstance(value, list) else [value] for value in values]
    common = [item for item in lists[0] if all(item in value for value in lists[1:])]
    if not common:
        raise MergeError(keyword="type")
    return common[0] if len(common) == 1 else common


# What stands outside wins: the root's title and examples, not those of the fragments it is made of.
_FIRST = frozenset({"$comment", "$id", "$schema", "default", "description", "examples", "title"})
_SCHEMAS = frozenset({"additionalItems", "additionalProperties", "contains", "items", "propertyNames"})
_RULES: dict[str, Callable[[list[Any]], Any]] = {
    "required": _union,
    "enum": _intersection,
    "type": _common_type,
    "uniqueItems": any,
    "multipleOf": lambda values: reduce(math.lcm, values),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
}
