"""What stays of an entry where a file's form has no words for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streamconfig.configuration import php
from streamconfig.configuration.document import OWN_KEYS, Document
from streamconfig.configuration.key_order import pointers


def with_own_keys(streams: Mapping[str, Any], before: Document) -> dict[str, Any]:
    """Settings of others with the owners, windows … that the entries of the same name have already."""
    known = {entry.name: entry for entry in before.entries}
    found: dict[str, Any] = {}
    for name, settings in streams.items():
        entry = known.get(name)
        if entry is None or not isinstance(settings, Mapping):
            found[name] = settings
            continue
        own = {key: held for key, held in entry.as_json().items() if key in OWN_KEYS}
        found[name] = {**(entry.settings if _is_as_written(entry.settings, settings) else settings), **own}
    return found


def _is_as_written(one: Any, other: Any) -> bool:
    return same(one, other) and pointers(one) == pointers(other)


def same(one: Any, other: Any) -> bool:
    """Equal to PHP, which has one empty array."""
    if php.is_array(one) and php.is_array(other):
        left, right = php.items(one), php.items(other)
        return left.keys() == right.keys() and all(same(held, right[key]) for key, held in left.items())
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
