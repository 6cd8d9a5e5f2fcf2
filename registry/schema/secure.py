"""What Ajv's meta-schema for untrusted data asks of a schema, in the places that it looks at; EventGate refuses others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from eventplatform.core.pointers import escape
from registry.schema import json_values
from registry.schema.keywords import HOLDS_LIST

# `items` as a list is not looked into.
_ONE = ("additionalItems", "additionalProperties", "items", "if", "then", "else", "not", "contains", "propertyNames")
_NAMED = ("definitions", "patternProperties", "properties", "dependencies")
_COSTLY = frozenset({"format", "pattern", "patternProperties", "uniqueItems"})
_NESTED = frozenset({"array", "object"})


class Insecurity(NamedTuple):
    """What could make validation of untrusted events slow, where, and what to do about it."""

    pointer: str
    message: str
    remedy: str = ""


def is_secure(document: Any) -> bool:
    """Whether EventGate takes the schema: it refuses every event of one that is not."""
    return next(insecurities(document), None) is None


def insecurities(node: Any, pointer: str = "") -> Iterator[Insecurity]:
    """All of a schema, and of those inside it."""
    if not isinstance(node, Mapping):
        return
    for keyword in _COSTLY & node.keys():
        yield from own_insecurities(keyword, node, pointer)
    for keyword in _ONE:
        if keyword in node:
            yield from insecurities(node[keyword], f"{pointer}/{keyword}")
    for keyword in _NAMED:
        inside = node.get(keyword)
        for name, child in inside.items() if isinstance(inside, Mapping) else ():
            yield from insecurities(child, f"{pointer}/{keyword}/{escape(name)}")
    for keyword in HOLDS_LIST & node.keys():
        several = node[keyword]
        if not isinstance(several, list) or not several:
            yield Insecurity(f"{pointer}/{keyword}", f"{keyword} must be a list of at least one schema.")
            continue
        for index, child in enumerate(several):
            yield from insecurities(child, f"{pointer}/{keyword}/{index}")


def own_insecurities(keyword: str, node: Mapping[str, Any], pointer: str) -> Iterator[Insecurity]:
    """What one keyword of a schema leaves unbounded."""
    if keyword in {"pattern", "format"} and "maxLength" not in node:
        yield Insecurity(pointer, f"{keyword} stands without maxLength.", "Add maxLength beside it.")
    elif keyword == "patternProperties":
        sizes = node.get("propertyNames", {})
        if isinstance(sizes, Mapping) and "maxLength" not in sizes:
            yield Insecurity(pointer, "patternProperties stands without propertyNames.maxLength.", "Bound the length of names.")
    elif (
        keyword == "uniqueItems"
        and json_values.equal(node[keyword], True)
        and "maxItems" not in node
        and _may_nest(node.get("items"))
    ):
        yield Insecurity(
            pointer, "uniqueItems over items that may be objects or lists stands without maxItems.", "Add maxItems."
        )


def _may_nest(items: Any) -> bool:
    """Items of no known type may be anything."""
    if not isinstance(items, Mapping) or "type" not in items:
        return True
    kind = items["type"]
    kinds = kind if isinstance(kind, list) else [kind]
    return any(isinstance(one, str) and one in _NESTED for one in kinds)
