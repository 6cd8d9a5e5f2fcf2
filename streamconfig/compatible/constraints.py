"""The streamconfigs API's `constraints`: parsed like a query string, compared with settings as PHP compares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote_plus

from streamconfig.configuration import php
from streamconfig.configuration.merge import array_merge_recursive

_MAX_DEPTH = 10
_MAX_NESTED = 50  # levels of one constraint; below the tenth nothing matches


def parse(elements: Sequence[str]) -> dict[str, Any]:
    """All elements as one nested map: `a[b][c]=v` nests, a key without `=` means the empty string.

    What is named twice becomes a list, which never equals a scalar.
    """
    merged: Any = {}
    for element in elements:
        merged = array_merge_recursive(merged, _parse_one(element))
    return {str(key): value for key, value in php.items(merged).items()}


def _parse_one(element: str) -> dict[php.Key, Any]:
    """The reference's `wfCgiToArray`: one element may hold several pairs."""
    found: dict[php.Key, Any] = {}
    for pair in element.removeprefix("?").split("&"):
        if not pair:
            continue
        name, _, value = pair.partition("=")
        top, nested = _nest(unquote_plus(name), unquote_plus(value))
        known = found.get(top)
        found[top] = array_merge_recursive(known, nested) if php.is_array(known) and php.is_array(nested) else nested
    return found


def _nest(name: str, value: str) -> tuple[php.Key, Any]:
    """`a[b][c]` and v are a and {b: {c: v}}; an empty bracket is the empty key, as in the reference."""
    top, *rest = name.split("[", _MAX_NESTED)
    nested: Any = value
    for part in reversed(rest):
        nested = php.from_items({php.key(part[:-1]): nested})
    return php.key(top), nested


def matches(settings: Any, constraints: Any, *, depth: int = _MAX_DEPTH) -> bool:
    """True where the settings hold everything that the constraints name; the reference's `isPartialMatch`.

    A list is compared with a list as "contains all", after which the constraints that follow on the same level are not
    looked at: a flaw of the reference that its clients may depend on.
    """
    held = php.items(settings)
    for key, wanted in php.items(constraints).items():
        value = held.get(key)
        if value is None:
            return False
        if php.is_array(value) and php.is_array(wanted):
            if php.is_list(value) and php.is_list(wanted):
                return _contains_all(value, wanted)
            if depth <= 0 or not matches(value, wanted, depth=depth - 1):
                return False
        elif php.is_array(value) or php.is_array(wanted) or php.text(value) != php.text(wanted):
            return False
    return True


def _contains_all(value: Any, wanted: Any) -> bool:
    held = {php.text(item) for item in php.items(value).values()}
    return all(php.text(item) in held for item in php.items(wanted).values())


def without_stream(constraints: Mapping[str, Any]) -> dict[str, Any]:
    """The constraints but `stream`, which is no setting: it asks whether an entry answers for that name."""
    return {key: value for key, value in constraints.items() if key != "stream"}
