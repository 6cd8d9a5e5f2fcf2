"""The line of a file where a place in a schema is written, so that an editor or a review tool can jump there."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from eventschemas.workspace import Workspace
from registry.schema import documents


def line_of(workspace: Workspace, path: str, pointer: str) -> int:
    """The line in the file at `path` (from the root) of the place, or of the nearest place around it; 1 where there is none."""
    file = workspace.root / path
    if not pointer or not file.is_file():
        return 1
    return _places_in(file.read_text(encoding="utf-8", errors="replace"))(pointer)


@lru_cache(maxsize=4)  # a file's findings come one after the other
def _places_in(text: str) -> Callable[[str], int]:
    return documents.lines_of(text)
