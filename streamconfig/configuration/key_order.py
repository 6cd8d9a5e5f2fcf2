"""The order of keys in an item, in which the compatible API prints them: as JSON pointers, maps before what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def pointers(item: Any, above: str = "") -> list[str]:
    """Every key of an item and of the maps in it, in order."""
    if not isinstance(item, Mapping):
        return []
    found: list[str] = []
    for key, held in item.items():
        here = f"{above}/{str(key).replace('~', '~0').replace('/', '~1')}"
        found += [here, *pointers(held, here)]
    return found


def grown(before: Any, after: Any) -> Any:
    """What `after` is where its keys keep the places that they had, new ones behind: what field by field it becomes."""
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        return after
    order = [*(key for key in before if key in after), *(key for key in after if key not in before)]
    return {key: grown(before.get(key), after[key]) for key in order}


def rearranged(item: Any, order: Iterable[str]) -> Any:
    """The item with its keys in that order; those that it doesn't name stay behind."""
    return _rearranged(item, {pointer: place for place, pointer in enumerate(order)}, "")


def _rearranged(item: Any, places: Mapping[str, int], above: str) -> Any:
    if not isinstance(item, Mapping):
        return item
    here = {key: f"{above}/{str(key).replace('~', '~0').replace('/', '~1')}" for key in item}
    keys = sorted(item, key=lambda key: places.get(here[key], len(places)))
    return {key: _rearranged(item[key], places, here[key]) for key in keys}
