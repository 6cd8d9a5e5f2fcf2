"""Defaults below a stream's own settings, as the reference merges them: PHP's `array_replace_recursive`."""

from __future__ import annotations

import copy
import re
from typing import Any

from streamconfig.configuration import php

_NUMERIC = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*")  # of keys too, "1.5" is a number to PHP


def array_replace_recursive(base: Any, over: Any) -> Any:
    """A new container: `over` on top of `base`.

    Maps merge deeply and lists by index, so that `[]` clears nothing and a shorter list leaves the base's tail;
    scalars and null replace, and null alone clears a list or map.
    """
    merged = php.items(base)
    for key, value in php.items(over).items():
        if php.is_array(value) and php.is_array(merged.get(key)):
            merged[key] = array_replace_recursive(merged[key], value)
        else:
            merged[key] = value
    return php.from_items({key: _copied(value) for key, value in merged.items()})


def _copied(value: Any) -> Any:
    return copy.deepcopy(value) if php.is_array(value) else value


def array_merge_recursive(base: Any, over: Any) -> Any:
    """A new container: what both name becomes a list of both, and numbered entries of `over` are appended."""
    merged = php.items(base)
    for key, value in php.items(over).items():
        if isinstance(key, int):
            merged[_next_index(merged)] = value
        elif key not in merged:
            merged[key] = value
        else:
            merged[key] = _joined(merged[key], value)
    return php.from_items(merged)


def array_merge_under(out: Any, less: Any) -> dict[str, Any]:
    """A new map: `less` below `out`, as the reference's site configuration merges what is less specific.

    What `out` says stays, and its keys come first; but null and, of all values, false give way, and numbered entries that
    both have are appended.
    """
    return {str(key): value for key, value in _merged_under(out, less).items()}


def _merged_under(out: Any, less: Any) -> dict[php.Key, Any]:
    merged = php.items(out)
    for key, value in php.items(less).items():
        there = merged.get(key)
        if there is None:
            merged[key] = value
        elif php.is_array(there) and php.is_array(value):
            merged[key] = php.from_items(_merged_under(there, value))
        elif _is_numeric(key):
            merged[_next_index(merged)] = value
        elif there is False:
            merged[key] = value
    return merged


def _is_numeric(key: php.Key) -> bool:
    return isinstance(key, int) or _NUMERIC.fullmatch(key) is not None


def _joined(there: Any, value: Any) -> Any:
    there = there if php.is_array(there) else [there]
    return array_merge_recursive(there, value if php.is_array(value) else [value])


def _next_index(array: dict[php.Key, Any]) -> int:
    return max((key for key in array if isinstance(key, int)), default=-1) + 1
