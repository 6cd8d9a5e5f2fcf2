"""Conflicts decided place by place: what a change request says once somebody chose between theirs and its own."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from streamconfig.configuration.changes import DEFAULTS, Change, Conflict, apply, changes_between

MINE, THEIRS = "mine", "theirs"
CHOICES = (MINE, THEIRS)


def resolved(
    now: Mapping[str, Any], changes: Collection[Change], mine: Collection[str], *, base: Mapping[str, Any]
) -> tuple[Change, ...]:
    """The changes seen from what holds now: at the places in `mine` as the request wants it, at other conflicts as it is.

    An item that somebody else removed is taken from `base` where the request's own wish for it holds.
    """
    wanted, conflicts = apply(now, changes)
    for conflict in conflicts:
        if conflict.place in mine:
            _enforce(wanted, conflict, changes, base)
    return tuple(changes_between(now, wanted))


def forced(now: Mapping[str, Any], changes: Collection[Change], *, base: Mapping[str, Any]) -> dict[str, Any]:
    """The document as the request wants it, whatever others did to its places: what its effects are told of."""
    wanted, conflicts = apply(now, changes)
    for conflict in conflicts:
        _enforce(wanted, conflict, changes, base)
    return wanted


def _enforce(wanted: dict[str, Any], conflict: Conflict, changes: Collection[Change], base: Mapping[str, Any]) -> None:
    section = wanted.setdefault(conflict.section, {})
    if not conflict.keys:
        section.pop(conflict.name, None)
        if conflict.becomes is not None:
            section[conflict.name] = copy.deepcopy(conflict.becomes)
        return
    if conflict.section == DEFAULTS:
        item = section
    elif conflict.name in section:
        item = section[conflict.name] = copy.deepcopy(section[conflict.name])
    else:
        item = section[conflict.name] = copy.deepcopy(dict(base.get(conflict.section, {}).get(conflict.name, {})))
    _put(item, conflict.keys, _becomes(changes, conflict))


def _becomes(changes: Iterable[Change], conflict: Conflict) -> tuple[bool, Any]:
    """Whether the place is set, and to what; null and absent are two things that a conflict can't tell apart."""
    for change in changes:
        if (change.section, change.name) == (conflict.section, conflict.name):
            for field in change.fields:
                if field.keys == conflict.keys:
                    return field.is_set, field.becomes
    return True, conflict.becomes  # a part of a map that both made


def _put(item: dict[str, Any], keys: tuple[str, ...], value: tuple[bool, Any]) -> None:
    *parents, last = keys
    holder = item
    for key in parents:
        if not isinstance(holder.get(key), dict):
            holder[key] = {}
        holder = holder[key]
    is_set, becomes = value
    if is_set:
        holder[last] = copy.deepcopy(becomes)
    else:
        holder.pop(last, None)
