"""schema-deterministic-types: that each field has one type which a table's column can have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eventplatform.core.pointers import escape
from registry.guidelines.contract import Fault
from registry.guidelines.reference.javascript import entries, get, is_same, is_truthy


def polymorphisms(node: Any, pointer: str = "") -> Iterator[tuple[str, Fault]]:
    """What the reference refuses, with the code of the rule of ours that says it."""
    kind = get(node, "type")
    if isinstance(kind, list):
        yield "TYPE-ONE", Fault(f"{pointer}/type", "The field has several types.")
    if kind == "array":
        yield from _array(get(node, "items"), pointer)
    if kind == "object":
        yield from _object(node, pointer)
    values = get(node, "enum")
    if isinstance(values, list) and None in values:
        yield "TYPE-NULL", Fault(f"{pointer}/enum", "null is one of the values.")
    for name, child in entries(get(node, "properties")):
        place = f"{pointer}/properties/{escape(name)}"
        if not is_truthy(get(child, "type")):
            yield "TYPE-STATED", Fault(place, "The field has no type.")
        yield from polymorphisms(child, place)
    several = get(node, "allOf")
    for index, child in enumerate(several if isinstance(several, list) else ()):
        yield from polymorphisms(child, f"{pointer}/allOf/{index}")
    yield from _one_of(get(node, "oneOf"), f"{pointer}/oneOf")


def _array(items: Any, pointer: str) -> Iterator[tuple[str, Fault]]:
    if not is_truthy(get(items, "type")):
        yield "TYPE-ARRAY-ITEMS", Fault(pointer, "The list doesn't say of which type its items are.")
    yield from polymorphisms(items, f"{pointer}/items")


def _object(node: Any, pointer: str) -> Iterator[tuple[str, Fault]]:
    values = get(node, "additionalProperties")
    has_fields = any(is_truthy(get(node, keyword)) for keyword in ("properties", "oneOf", "allOf"))
    if not has_fields and not is_truthy(values):
        yield "TYPE-OBJECT-FIELDS", Fault(pointer, "The object says neither its properties nor, as a map, its values.")
    yield from polymorphisms(values, f"{pointer}/additionalProperties")


def _one_of(branches: Any, pointer: str) -> Iterator[tuple[str, Fault]]:
    if not isinstance(branches, list) or not branches:
        return
    kind = get(branches[0], "type")
    if not all(is_same(get(branch, "type"), kind) for branch in branches):
        yield "TYPE-CHOICE", Fault(pointer, "The branches of oneOf have different types.")
    elif kind == "object" and len({_shape(branch) for branch in branches}) > 1:
        yield "TYPE-CHOICE", Fault(pointer, "The branches of oneOf require different fields.")
    for index, branch in enumerate(branches):
        yield from polymorphisms(branch, f"{pointer}/{index}")


def _shape(branch: Any) -> frozenset[str]:
    required = get(branch, "required")
    return frozenset(str(name) for name in required) if isinstance(required, list) else frozenset()
