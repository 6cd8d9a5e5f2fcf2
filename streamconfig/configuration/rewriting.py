"""Other values in changes that somebody has written down already: as a form edits them, value by value."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from streamconfig.configuration.changes import Change, Field, leaves

Place = tuple[str, str, tuple[str, ...]]  # section, item, keys


def settable(changes: Iterable[Change]) -> dict[Place, Field]:
    """The values that can be edited one by one: all that are set, but not an order."""
    return {
        (one.section, one.name, leaf.keys): leaf
        for one in changes
        if one.kind in {"added", "changed"}
        for leaf in leaves(one.fields)
        if leaf.is_set
    }


def rewritten(changes: Iterable[Change], values: Mapping[Place, Any]) -> tuple[Change, ...]:
    """The changes with other values at some places; all else stays to the letter."""
    return tuple(replace(one, fields=tuple(_field(one, field, values) for field in one.fields)) for one in changes)


def _field(change: Change, field: Field, values: Mapping[Place, Any]) -> Field:
    for (section, name, keys), value in values.items():
        if (section, name) != (change.section, change.name) or keys[: len(field.keys)] != field.keys:
            continue
        rest = keys[len(field.keys) :]
        becomes = copy.deepcopy(field.becomes) if rest else value
        if rest and not _set(becomes, rest, value):
            continue
        field = replace(field, becomes=becomes)
    return field


def _set(holder: Any, keys: tuple[str, ...], value: Any) -> bool:
    *parents, last = keys
    for key in parents:
        holder = holder.get(key) if isinstance(holder, dict) else None
    if isinstance(holder, dict):
        holder[last] = value
    return isinstance(holder, dict)
