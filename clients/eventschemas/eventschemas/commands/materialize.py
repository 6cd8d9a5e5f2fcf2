"""`eventschemas materialize [TITLE…]`: makes the version files and links of every `current.yaml` that lacks them."""

from __future__ import annotations

import argparse
import os
import posixpath
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eventplatform.core.errors import RejectedError
from eventplatform.core.names import split_schema_id, version_key
from eventschemas import locating, versions
from eventschemas.commands.compat import titles
from eventschemas.history import History
from eventschemas.located import Located
from eventschemas.reports import text as report
from eventschemas.versions import Written
from eventschemas.workspace import Workspace
from registry.schema import documents
from registry.schema.materialise import MAX_SAFE_INTEGER

IMMUTABLE = "EVOLVE-IMMUTABLE"
STALE = "VERSION-STALE"


def add(arguments: argparse.ArgumentParser) -> None:
    """The arguments of the verb."""
    arguments.add_argument("titles", nargs="*", help="as page/view; none: all")
    arguments.add_argument("--check", action="store_true", help="write nothing; fail where something would be written")
    arguments.add_argument(
        "--staged", action="store_true", help="those whose current.yaml is staged; what is made is staged too"
    )
    arguments.add_argument("--force", action="store_true", help="also change a version that is committed already")


def run(options: argparse.Namespace) -> int:
    """Write what is missing; 1 where a schema can't be materialised, or a published version would change."""
    workspace = Workspace.at(Path(options.root))
    history = History(workspace.root)
    wanted = [title for title in titles(workspace, options.titles) if title in workspace.found.currents]
    if options.staged:
        staged = history.staged()
        wanted = [title for title in wanted if workspace.shown(f"{title}/{versions.CURRENT}") in staged]
    results, made = [], []
    for title in wanted:
        try:
            one = _written(workspace, title)
        except RejectedError as error:
            results.append(_failure(workspace, title, error))
            continue
        stale = list(_stale(workspace, one))
        changed = [path for path in stale if path in workspace.published and path in one.files]
        if changed and not options.force:
            results += [_immutable(workspace, path) for path in changed]
        elif stale and options.check:
            results += [_is_stale(workspace, path, title) for path in stale]
        elif stale:
            made += _write(workspace, one, stale)
    if options.staged:
        history.add(made)
    sys.stdout.writelines(f"{path}\n" for path in made)
    sys.stderr.write(report.write(results, [workspace.shown(f"{title}/{versions.CURRENT}") for title in wanted]))
    return int(bool(results))


def _written(workspace: Workspace, title: str) -> Written:
    document = versions.read(workspace.found.currents[title], f"{title}/{versions.CURRENT}")
    whole = workspace.materialised(document)
    version = split_schema_id(str(whole["$id"]))[1]
    others = [file.version for file in workspace.found.files if file.path.rpartition("/")[0] == title]
    return versions.written(
        title,
        whole,
        kinds=workspace.configuration.content_types,
        is_newest=all(version_key(version) >= version_key(other) for other in others),
        with_latest=workspace.configuration.should_symlink_latest,
        with_links=workspace.configuration.links,
    )


def _stale(workspace: Workspace, one: Written) -> Iterator[str]:
    """The files that are missing or say something else, and the links that lead elsewhere."""
    for path in one.files:
        file = workspace.root / workspace.shown(path)
        if not file.is_file() or not _says(file, path, one):
            yield path
    for path, target in one.links.items():
        link = workspace.root / workspace.shown(path)
        if not link.is_symlink() or os.readlink(link) != target:  # noqa: PTH115  # the text itself, as git keeps it
            yield path


def _says(file: Path, path: str, one: Written) -> bool:
    """Whether a file holds the same schema, however it is written.

    jsonschema-tools folds lines differently, invents examples where `current.yaml` has none, and knows integers as doubles.
    """
    try:
        there = documents.load(file.read_text(encoding="utf-8"), is_json=path.endswith(".json"))
    except (RejectedError, UnicodeDecodeError):
        return False
    if isinstance(there, dict) and "examples" not in one.document:
        there.pop("examples", None)
    return bool(_as_doubles(there) == _as_doubles(one.document))


def _as_doubles(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_doubles(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_doubles(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_SAFE_INTEGER else value


def _write(workspace: Workspace, one: Written, stale: list[str]) -> list[str]:
    for path in stale:
        file = workspace.root / workspace.shown(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        if path in one.files:
            file.write_text(one.files[path], encoding="utf-8")
        else:
            file.unlink(missing_ok=True)
            file.symlink_to(one.links[path])
    return [workspace.shown(path) for path in stale]


def _failure(workspace: Workspace, title: str, error: RejectedError) -> Located:
    path = workspace.shown(f"{title}/{versions.CURRENT}")
    line = error.line if isinstance(error, documents.DocumentError) else locating.line_of(workspace, path, error.pointer)
    return Located(path, line, "error", error.code, str(error), error.hint, error.pointer)


def _immutable(workspace: Workspace, path: str) -> Located:
    name = posixpath.basename(path)
    message = f"{name} is committed, and its current.yaml makes something else of it now."
    remedy = "Raise the version in current.yaml's $id; --force changes what others may already rely on."
    return Located(workspace.shown(path), 1, "error", IMMUTABLE, message, remedy)


def _is_stale(workspace: Workspace, path: str, title: str) -> Located:
    message = f"{posixpath.basename(path)} is missing, or is not what {title}/{versions.CURRENT} makes."
    return Located(workspace.shown(path), 1, "error", STALE, message, "Run: eventschemas materialize")
