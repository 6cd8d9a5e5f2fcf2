"""schema-version-compatibility: the reference's walk over two versions, key by key, of which it knows no meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eventplatform.core.pointers import escape
from registry.guidelines.contract import Fault
from registry.guidelines.reference.javascript import INHERITED, entries, is_same, type_of

# By name and at any depth: a property that is called so may change or go, too.
MAY_CHANGE = frozenset({"$id", "description", "examples", "maxLength"})


def incompatibilities(old: Any, new: Any, pointer: str = "") -> Iterator[Fault]:
    """What the reference refuses; pointers are those of the old version."""
    if type_of(old) != type_of(new) or (old is None) != (new is None):
        yield Fault(pointer, "It is of another kind than before.")
    elif isinstance(old, Mapping | list):
        for key, value in entries(old):
            if key not in MAY_CHANGE:
                yield from _key(key, value, new, f"{pointer}/{escape(key)}")
    elif not is_same(old, new):
        yield Fault(pointer, "It is no longer what it was.")


def _key(key: str, value: Any, new: Any, place: str) -> Iterator[Fault]:
    after = dict(entries(new))
    if key == "required" and isinstance(value, list):
        yield from _required(value, after.get(key), place)
    elif key == "enum" and isinstance(value, list):
        yield from _enum(value, after.get(key), place)
    elif key in after:
        yield from incompatibilities(value, after[key], place)
    else:
        verb = "is now something else" if key in INHERITED else "is gone"
        yield Fault(place, f"{key} {verb}.")


def _required(old: list[Any], new: Any, place: str) -> Iterator[Fault]:
    if not isinstance(new, list):
        yield Fault(place, "The list of required fields is gone.")
    elif sorted(map(str, old)) != sorted(map(str, new)):
        yield Fault(place, "Which fields are required has changed.")


def _enum(old: list[Any], new: Any, place: str) -> Iterator[Fault]:
    """Values that are objects or lists are never found again: the reference compares them by identity."""
    if not isinstance(new, list):
        yield Fault(place, "The list of allowed values is gone.")
    elif not all(any(is_same(value, one) for one in new) for value in old):
        yield Fault(place, "A value that was allowed no longer is.")
