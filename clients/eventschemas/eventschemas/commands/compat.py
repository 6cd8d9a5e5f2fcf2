"""`eventschemas compat [TITLE…]`: each title's versions, and what its `current.yaml` is to become, against their level."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from eventplatform.core.names import split_schema_id, version_key
from eventschemas import locating, versions
from eventschemas.located import Located
from eventschemas.reports import FORMS
from eventschemas.workspace import Workspace
from registry import compatibility
from registry.compatibility.comparing import LEVELS

_ALL = [*LEVELS, *(f"{level}_TRANSITIVE" for level in LEVELS if level != "NONE")]


def add(arguments: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    arguments.add_argument("titles", nargs="*", help="as page/view; none: all")
    arguments.add_argument("--level", choices=_ALL, type=str.upper, help="instead of the configuration's")
    arguments.add_argument("--across-majors", action="store_true", help="hold a version also against those of other majors")
    arguments.add_argument(
        "--all-versions", action="store_true", help="every version against those before it, not the newest alone"
    )
    arguments.add_argument("--format", choices=FORMS, default="text")


def run(options: argparse.Namespace) -> int:
    """Print what denies the level; 1 where anything does."""
    workspace = Workspace.at(Path(options.root))
    level = options.level or workspace.configuration.compatibility
    results = [result for one in titles(workspace, options.titles) for result in _title(workspace, one, level, options)]
    sys.stdout.write(FORMS[options.format](results, [workspace.shown(file.path) for file in workspace.found.files]))
    return int(any(result.is_failure for result in results))


def titles(workspace: Workspace, wanted: list[str]) -> list[str]:
    """The titles of the repository that are wanted; all where none is named."""
    every = {file.path.rpartition("/")[0] for file in workspace.found.files} | set(workspace.found.currents)
    return sorted(every & {title.strip("/") for title in wanted} if wanted else every)


def _title(workspace: Workspace, title: str, level: str, options: argparse.Namespace) -> Iterator[Located]:
    history = sorted(_versions(workspace, title), key=lambda one: version_key(one[0]))
    for index, (version, path, document) in enumerate(history):
        if index < len(history) - 1 and not options.all_versions:
            continue
        before = [
            (other, earlier)
            for other, _, earlier in history[:index]
            if options.across_majors or _major(other) == _major(version)
        ]
        for found in compatibility.check(before, document, level) if before else ():
            line = locating.line_of(workspace, path, found.change.pointer)
            remedy = f"{found.change.why} Undo it, or publish it as a new major version."
            yield Located(path, line, "error", found.change.code, found.sentence, remedy, found.change.pointer)


def _versions(workspace: Workspace, title: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Version, path from the root, and document; that of `current.yaml` too where no file is made from it yet."""
    seen = set()
    for file in workspace.found.files:
        if file.path.rpartition("/")[0] == title:
            seen.add(file.version)
            yield file.version, workspace.shown(file.path), workspace.materialised(versions.read(file.text, file.path))
    if title in workspace.found.currents:
        path = f"{title}/{versions.CURRENT}"
        document = versions.read(workspace.found.currents[title], path)
        version = split_schema_id(document["$id"])[1]
        if version not in seen:
            yield version, workspace.shown(path), workspace.materialised(document)


def _major(version: str) -> str:
    return version.partition(".")[0]
