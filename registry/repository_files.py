"""Finds the version files of a schema repository on disk; follows no link, reads no dot-file, keeps within its limits."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from eventplatform.core.errors import PlatformError, RejectedError
from registry.documents import MAX_CHARACTERS

SCHEMA_FOLDER = "jsonschema"
MAX_FILES = 5_000
_MAX_BYTES = 4 * MAX_CHARACTERS
_VERSION_FILE = re.compile(r"(?P<version>\d+\.\d+\.\d+)\.(?P<kind>yaml|json)")


class FolderError(RejectedError):
    """The folder is no schema repository, or holds what none may hold."""

    code = "repository.unreadable"
    message = "{reason}"
    remedy = "A repository is a folder with jsonschema/<title>/<version>.yaml in it."


class LinkLeavesError(FolderError):
    """A symbolic link that points outside of the repository."""

    code = "repository.link_leaves"
    message = "The link points outside of the repository."
    remedy = "Replace the link by a file."


@dataclass(frozen=True, slots=True)
class VersionFile:
    """A file `X.Y.Z.yaml` (or `.json`); `path` is below `jsonschema/`."""

    path: str
    version: str
    is_json: bool
    text: str
    raw_hash: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a file of a repository, where, and what to do."""

    path: str
    line: int
    code: str
    message: str
    remedy: str

    @classmethod
    def of(cls, error: PlatformError, path: str, line: int = 1) -> Self:
        """The problem that `error` tells of the file at `path`."""
        return cls(path=path, line=line, code=error.code, message=str(error), remedy=error.hint)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message} {self.remedy} [{self.code}]"


@dataclass(frozen=True, slots=True)
class Found:
    """The version files of a folder, by path, and what can't be read."""

    files: tuple[VersionFile, ...]
    problems: tuple[Problem, ...]


def read_folder(folder: Path) -> Found:
    """Every version file below `folder`. A link that leaves the folder is a problem, even where nothing follows it."""
    root = folder / SCHEMA_FOLDER
    if not root.is_dir() or root.is_symlink():
        absent = FolderError(reason=f"There is no folder {SCHEMA_FOLDER}/ in {folder.name}.")
        return Found((), (Problem.of(absent, SCHEMA_FOLDER),))
    files: list[VersionFile] = []
    problems: list[Problem] = []
    for path in _paths(root):
        shown = path.relative_to(root).as_posix()
        try:
            file = _read(path, shown, folder)
        except FolderError as error:
            problems.append(Problem.of(error, f"{SCHEMA_FOLDER}/{shown}"))
        else:
            files += [file] if file else []
        if len(files) > MAX_FILES:
            too_many = FolderError(reason=f"The repository holds more than {MAX_FILES} version files.")
            return Found((), (Problem.of(too_many, SCHEMA_FOLDER),))
    return Found(tuple(_without_twins(files)), tuple(problems))


def _paths(root: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(root):
        here = Path(parent)
        yield from (here / name for name in folders if (here / name).is_symlink() and not name.startswith("."))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (here / name for name in sorted(names) if not name.startswith("."))


def _read(path: Path, shown: str, folder: Path) -> VersionFile | None:
    if path.is_symlink():
        if not path.resolve().is_relative_to(folder.resolve()):
            raise LinkLeavesError
        return None  # another name of a file that is read under its own
    match = _VERSION_FILE.fullmatch(path.name)
    if match is None or not path.is_file():
        return None
    size = path.stat().st_size
    if size > _MAX_BYTES:
        raise FolderError(reason=f"The file has {size} bytes, more than any schema needs.")
    content = path.read_bytes()
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise FolderError(reason=f"The file is no UTF-8 text (byte {error.start}).") from None
    return VersionFile(shown, match["version"], match["kind"] == "json", text, hashlib.sha256(content).hexdigest())


def _without_twins(files: list[VersionFile]) -> Iterator[VersionFile]:
    """A repository may keep each version as YAML and as JSON; the YAML file is the one that people wrote."""
    written = {file.path for file in files if not file.is_json}
    return (file for file in files if not file.is_json or file.path.removesuffix("json") + "yaml" not in written)
