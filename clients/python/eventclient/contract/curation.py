"""Curation: rules over an event's context, all of which must hold; types are never converted (§3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eventclient.contract.context import Context

_Rule = Callable[[Any, Any], bool]


def holds(curation: Mapping[str, Mapping[str, Any]] | None, context: Context) -> bool:
    """A rule about an attribute that is absent fails, and so does what can't be read."""
    if not curation:
        return True
    return isinstance(curation, Mapping) and all(
        _all_hold(context.find(attribute.split("_", 1)), rules) for attribute, rules in curation.items()
    )


def _all_hold(value: Any, rules: Mapping[str, Any]) -> bool:
    if value is None or not isinstance(rules, Mapping):
        return False
    return all((rule := _RULES.get(name)) is not None and rule(value, asked) for name, asked in rules.items())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equals(value: Any, asked: Any) -> bool:
    """Python takes True for 1; JSON doesn't."""
    if _is_number(value) and _is_number(asked):
        return bool(value == asked)
    return type(value) is type(asked) and bool(value == asked)


def _is_among(value: Any, asked: Any) -> bool:
    return any(_equals(value, one) for one in asked)


def _numbers(compare: _Rule) -> _Rule:
    return lambda value, asked: _is_number(value) and _is_number(asked) and compare(value, asked)


def _listed(rule: _Rule) -> _Rule:
    """The value is a list."""
    return lambda value, asked: isinstance(value, list) and rule(value, asked)


def _asked(rule: _Rule) -> _Rule:
    """What is asked is a list."""
    return lambda value, asked: isinstance(asked, list) and rule(value, asked)


_RULES: Mapping[str, _Rule] = {
    "equals": _equals,
    "not_equals": lambda value, asked: not _equals(value, asked),
    "greater_than": _numbers(lambda value, asked: value > asked),
    "less_than": _numbers(lambda value, asked: value < asked),
    "greater_than_or_equals": _numbers(lambda value, asked: value >= asked),
    "less_than_or_equals": _numbers(lambda value, asked: value <= asked),
    "in": _asked(_is_among),
    "not_in": _asked(lambda value, asked: not _is_among(value, asked)),
    "contains": _listed(lambda value, asked: _is_among(asked, value)),
    "does_not_contain": _listed(lambda value, asked: not _is_among(asked, value)),
    "contains_all": _listed(_asked(lambda value, asked: all(_is_among(one, value) for one in asked))),
    "contains_any": _listed(_asked(lambda value, asked: any(_is_among(one, value) for one in asked))),
}
