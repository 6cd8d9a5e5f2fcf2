"""Ajv's rules for arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eventplatform.core.schemas import AjvError
from registry.schema import json_values
from registry.schema.ajv6.javascript import number, number_text
from registry.schema.ajv6.place import Judge, Place, says_something
from registry.schema.ajv6.types import is_one_of, types_of


def max_items(_judge: Judge, schema: Mapping[str, Any], data: list[Any], place: Place) -> Iterator[AjvError]:
    """No more than that."""
    limit = schema["maxItems"]
    if len(data) > limit:
        yield place.error("maxItems", {"limit": number(limit)}, f"should NOT have more than {number_text(limit)} items")


def min_items(_judge: Judge, schema: Mapping[str, Any], data: list[Any], place: Place) -> Iterator[AjvError]:
    """No fewer."""
    limit = schema["minItems"]
    if len(data) < limit:
        yield place.error("minItems", {"limit": number(limit)}, f"should NOT have fewer than {number_text(limit)} items")


def items(judge: Judge, schema: Mapping[str, Any], data: list[Any], place: Place) -> Iterator[AjvError]:
    """One schema for all items, or one for each place and `additionalItems` for the rest."""
    wanted = schema["items"]
    if not isinstance(wanted, list):
        if says_something(wanted):
            yield from _each(judge, wanted, data, place, "items")
        return
    rest = schema.get("additionalItems")
    if rest is False and len(data) > len(wanted):
        yield place.error("additionalItems", {"limit": len(wanted)}, f"should NOT have more than {len(wanted)} items")
    for index, (inner, item) in enumerate(zip(wanted, data, strict=False)):
        yield from judge.errors(inner, item, place.item(index, "items", index))
    if isinstance(rest, dict) and says_something(rest):
        yield from _each(judge, rest, data, place, "additionalItems", start=len(wanted))


def _each(judge: Judge, schema: Any, data: list[Any], place: Place, keyword: str, *, start: int = 0) -> Iterator[AjvError]:
    for index in range(start, len(data)):
        yield from judge.errors(schema, data[index], place.item(index, keyword))


def contains(judge: Judge, schema: Mapping[str, Any], data: list[Any], place: Place) -> Iterator[AjvError]:
    """Where no item fits, what is wrong with each of them, too."""
    wanted, errors = schema["contains"], list[AjvError]()
    for index, item in enumerate(data):
        wrong = judge.listed(wanted, item, place.tried("contains")._replace(data_path=f"{place.data_path}[{index}]"))
        if not wrong:
            return
        errors += wrong
    yield from errors
    yield place.error("contains", {}, "should contain a valid item")


def unique_items(judge: Judge, schema: Mapping[str, Any], data: list[Any], place: Place) -> Iterator[AjvError]:
    """The pair that Ajv comes upon first: it starts from the end."""
    if not schema["uniqueItems"]:
        return
    judge.work(len(data))
    pair = _scalar_pair(data, _scalar_types(schema)) if _scalar_types(schema) else _equal_pair(data)
    if pair:
        i, j = pair
        message = f"should NOT have duplicate items (items ## {j} and {i} are identical)"
        yield place.error("uniqueItems", {"i": i, "j": j}, message)


def _scalar_types(schema: Mapping[str, Any]) -> list[str]:
    """The types that items may have, where those are known and neither object nor array."""
    wanted = schema.get("items")
    types = types_of(wanted) if isinstance(wanted, dict) else []
    return [] if {"object", "array"} & set(types) else types


def _equal_pair(data: list[Any]) -> tuple[int, int] | None:
    """The last item that equals one before it, and the nearest such."""
    seen: dict[Any, int] = {}
    pair = None
    for index, item in enumerate(data):
        key = json_values.key_of(item)
        if key in seen:
            pair = (index, seen[key])
        seen[key] = index
    return pair


def _scalar_pair(data: list[Any], types: list[str]) -> tuple[int, int] | None:
    """The last item that equals one behind it, and the nearest such; items of other types don't count."""
    seen: dict[Any, int] = {}
    for index in range(len(data) - 1, -1, -1):
        if not is_one_of(types, data[index]):
            continue
        key = json_values.key_of(data[index])
        if key in seen:
            return index, seen[key]
        seen[key] = index
    return None
