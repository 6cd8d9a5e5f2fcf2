"""Finds the required fields of an example, to be removed one at a time."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str | int, ...]

# What the intake fills where the schema declares it.
FILLED: frozenset[Path] = frozenset({("meta", "dt"), ("meta", "id"), ("meta", "request_id")})


def required_paths(schema: Mapping[str, Any], value: Any, path: Path = ()) -> Iterator[Path]:
    """The paths within `value` that `schema` requires, through `properties` and `items`."""
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        yield from ((*path, name) for name in schema.get("required", ()) if name in value)
        for name, inner in value.items():
            if isinstance(properties.get(name), Mapping):
                yield from required_paths(properties[name], inner, (*path, name))
    elif isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        for index, inner in enumerate(value):
            yield from required_paths(schema["items"], inner, (*path, index))


def without(event: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """A copy of `event` that lacks the field at `path`."""
    changed = copy.deepcopy(dict(event))
    place: Any = changed
    for part in path[:-1]:
        place = place[part]
    del place[path[-1]]
    return changed


def pointer(path: Path) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
