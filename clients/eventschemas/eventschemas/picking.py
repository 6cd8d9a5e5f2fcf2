"""Finds the schema that an argument means: a file, `title@version`, `title@current`, or a file at a git commit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eventplatform.core.errors import RejectedError
from eventplatform.core.names import version_key
from eventschemas import versions
from eventschemas.history import History
from eventschemas.workspace import Workspace


class NotFoundError(RejectedError):
    """An argument that names no schema."""

    code = "schema.not_found"
    message = "{argument} names no schema here."
    remedy = "Give a file, title@1.2.0, title@current, title@latest, or commit:path/to/file.yaml."


def pick(argument: str, workspace: Workspace) -> Mapping[str, Any]:
    """The self-contained schema that `argument` means.

    Raises:
        RejectedError: there is none, or it can't be read.
    """
    text, path = _text(argument, workspace)
    return workspace.materialised(versions.read(text, path))


def _text(argument: str, workspace: Workspace) -> tuple[str, str]:
    file = Path(argument)
    if file.is_file():
        return file.read_text(encoding="utf-8"), file.name
    title, _, version = argument.strip("/").partition("@")
    if version:
        return _of_title(title, version, workspace, argument)
    commit, _, path = argument.partition(":")
    if path:
        return History(workspace.root).text_at(commit, path), path
    raise NotFoundError(argument=argument)


def _of_title(title: str, version: str, workspace: Workspace, argument: str) -> tuple[str, str]:
    found = workspace.found
    if version == "current" and title in found.currents:
        return found.currents[title], versions.CURRENT
    own = {file.version: file for file in found.files if file.path.rpartition("/")[0] == title}
    if version == "latest" and own:
        version = max(own, key=version_key)
    if version not in own:
        raise NotFoundError(argument=argument)
    return own[version].text, own[version].path
