"""The fields of a schema that an event may leave empty, an instrument's contextual attributes first; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

_MOST = 150
_MAX_DEPTH = 8
# The platform or the client's own duty, and told elsewhere on the page.
_LEFT_OUT = frozenset({"$schema", "dt", "meta.stream", "meta.dt", "meta.id", "meta.request_id", "meta.uri"})
ALIKE_BY_NATURE = frozenset(
    {"instrument_name", "funnel_name", "action", "meta.domain", "agent.client_platform", "sample.unit", "sample.rate"}
    | {"sample.revision"}
)

Path = tuple[str, ...]


def optional(schema: Mapping[str, Any], contextual: Collection[Path] = ()) -> list[Path]:
    """Paths of fields that may be absent: contextual attributes in their order, then the schema's."""
    found = [path for path in _leaves(schema, (), _MAX_DEPTH, is_required=True) if ".".join(path) not in _LEFT_OUT]
    return [*(one for one in contextual if one in found), *(one for one in found if one not in contextual)][:_MOST]


def declared(schema: Mapping[str, Any], path: Path) -> bool:
    """Whether a version of a schema has the field, through `properties` alone."""
    found: Any = schema
    for name in path:
        inside = found.get("properties") if isinstance(found, Mapping) else None
        found = inside.get(name) if isinstance(inside, Mapping) else None
    return found is not None


def at(event: Any, path: Path) -> Any:
    """What the event holds there; None for nothing."""
    for name in path:
        event = event.get(name) if isinstance(event, dict) else None
    return event


def is_there(event: Any, path: Path) -> bool:
    """Whether the event says anything there, if only null."""
    inside = at(event, path[:-1])
    return isinstance(inside, dict) and path[-1] in inside


def _leaves(schema: Mapping[str, Any], path: Path, depth: int, *, is_required: bool) -> Iterator[Path]:
    """Fields without fields of their own that an event may do without: they, or an object around them."""
    inside = schema.get("properties")
    required = schema.get("required")
    needed = frozenset(one for one in required if isinstance(one, str)) if isinstance(required, list) else frozenset()
    for name, one in inside.items() if isinstance(inside, Mapping) and depth else ():
        if not isinstance(one, Mapping):
            continue
        is_needed, below = is_required and name in needed, (*path, str(name))
        if one.get("properties"):
            yield from _leaves(one, below, depth - 1, is_required=is_needed)
        elif not is_needed:
            yield below
