"""Paths to fields of an event, dotted (`meta.domain`) or as JSON pointers (`/meta/domain`), and what stands there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Path = tuple[str, ...]

_MAX_LENGTH = 256
_MAX_DEPTH = 16


def read_path(text: str) -> Path:
    """The parts of a path.

    Raises:
        ValueError: it names no field, or a place too deep.
    """
    is_pointer = text.startswith("/")
    parts = text[1:].split("/") if is_pointer else text.split(".")
    if not text or len(text) > _MAX_LENGTH or len(parts) > _MAX_DEPTH or not all(parts):
        raise ValueError(text)
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts) if is_pointer else tuple(parts)


def values_at(value: Any, path: Path) -> Iterator[Any]:
    """What stands at a path; of a list on the way, or at its end, every item."""
    if isinstance(value, list):
        for item in value:
            yield from values_at(item, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from values_at(value[path[0]], path[1:])


class Selection:
    """The fields that somebody wants, as a tree; everything below a wanted field is wanted."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._tree: dict[str, Any] = {}
        for path in paths:
            branch = self._tree
            for part in path[:-1]:
                branch = branch.setdefault(part, {})
                if branch is _WHOLE:
                    break
            else:
                branch[path[-1]] = _WHOLE

    def of(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The event with these fields alone, each where it was."""
        cut: dict[str, Any] = _cut(event, self._tree)
        return cut


_WHOLE: dict[str, Any] = {}


def _cut(value: Any, tree: Mapping[str, Any]) -> Any:
    if tree is _WHOLE:
        return value
    if isinstance(value, list):
        return [_cut(item, tree) for item in value]
    if not isinstance(value, Mapping):
        return None
    return {name: _cut(value[name], branch) for name, branch in tree.items() if name in value}
