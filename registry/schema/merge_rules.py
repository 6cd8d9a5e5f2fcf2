"""How one keyword's values in several parts of an `allOf` become one value; no rule is a refusal, as in the reference."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from eventplatform.core.errors import RejectedError
from registry.schema.json_values import ascending, flat, key_of, sorted_once


class MergeError(RejectedError):
    """Two parts of an `allOf` say different things that can't both be written down in one place."""

    code = "schema.cannot_merge"
    message = "allOf can't be merged: {keyword} differs between its parts."
    remedy = "Let one part alone say it, or make the parts agree."


def merge(keyword: str, values: list[Any]) -> Any:
    """The one value of `keyword` where `values`, two or more, differ.

    Raises:
        MergeError: there is none.
    """
    rule = _RULES.get(keyword)
    if rule is None:
        raise MergeError(keyword=keyword)
    try:
        return rule(values)
    except (TypeError, ValueError, OverflowError):
        raise MergeError(keyword=keyword) from None


def _first(values: list[Any]) -> Any:
    return values[0]


def _union(values: list[Any]) -> list[Any]:
    return sorted_once(flat(values))


def _common_values(values: list[Any]) -> list[Any]:
    common = _common(values)
    if not common:
        raise MergeError(keyword="enum")
    return ascending(common)


def _common_type(values: list[Any]) -> Any:
    lists = [value if isinstance(value, list) else [value] for value in values]
    common = _common(lists)
    if not common or not any(isinstance(value, list) for value in values):
        raise MergeError(keyword="type")
    return common[0] if len(common) == 1 else common


def _common(lists: list[list[Any]]) -> list[Any]:
    """What all lists hold, once each, in the order of the first."""
    others = [{key_of(value) for value in values} for values in lists[1:]]
    first = {key_of(value): value for value in reversed(lists[0])}
    order = dict.fromkeys(map(key_of, lists[0]))
    return [first[key] for key in order if all(key in other for other in others)]


def _common_multiple(values: list[Any]) -> float:
    """The least of which both are parts; fractions are counted in tenths, hundredths … of the reference's doubles."""
    factor = 1
    while any(float(value) != int(value) for value in values):
        values = [value * 10 for value in values]
        factor *= 10
    multiple = math.lcm(*map(int, values))
    return multiple if factor == 1 else multiple / factor


def _number(choose: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
    def chosen(values: list[Any]) -> Any:
        if any(isinstance(value, bool) or not isinstance(value, int | float) for value in values):
            raise TypeError
        return choose(values)

    return chosen


_RULES: dict[str, Callable[[list[Any]], Any]] = {
    # What stands outside wins: the root's title and examples, not those of the fragments it is made of.
    **dict.fromkeys(("$id", "$ref", "$schema", "default", "description", "examples", "title"), _first),
    "required": _union,
    "enum": _common_values,
    "type": _common_type,
    "uniqueItems": lambda values: any(value is True for value in values),
    "multipleOf": _number(_common_multiple),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), _number(min)),
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), _number(max)),
}
