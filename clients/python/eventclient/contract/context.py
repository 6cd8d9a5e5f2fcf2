"""The context: what the integrator says, and below it what the client knows; one tree, asked by paths (§4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Context:
    """Two trees as one: where the integrator says nothing, the client's knowledge holds. None is not known."""

    __slots__ = ("_knows", "_own")

    def __init__(self, own: Mapping[str, Any], knows: Mapping[str, Any]) -> None:
        self._own = own
        self._knows = knows

    def find(self, path: Sequence[str]) -> Any:
        found = _walk(self._own, path) if self._own else None
        return _walk(self._knows, path) if found is None else found


def _walk(tree: Any, path: Sequence[str]) -> Any:
    for name in path:
        if not isinstance(tree, Mapping):
            return None
        tree = tree.get(name)
    return tree
