"""The line of a file where a place in a schema is written, so that an editor or a review tool can jump there."""

from __future__ import annotations

from eventschemas.workspace import Workspace
from registry.schema import documents


def line_of(workspace: Workspace, path: str, pointer: str) -> int:
    """The line in the file at `path` (from the root) of the place, or of the nearest place around it; 1 where there is none."""
    file = workspace.root / path
    if not pointer or not file.is_file():
        return 1
    return documents.line_of(file.read_text(encoding="utf-8", errors="replace"), pointer)
