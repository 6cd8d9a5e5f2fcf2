"""Sorts the files of a schema repository, from a folder or a git tree; follows no link, reads no dot-file, keeps its limits."""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

from eventplatform.core.errors import PlatformError, RejectedError
from registry.schema.limits import MAX_CHARACTERS

SCHEMA_FOLDER = "jsonschema"
MAX_FILES = 5_000
MAX_ENTRIES = 100_000
_MAX_BYTES = 4 * MAX_CHARACTERS
_MAX_BYTES_IN_ALL = 256 * 1024 * 1024
_LONGEST_LINK = 4096
_VERSION_FILE = re.compile(r"(?P<version>\d+\.\d+\.\d+)\.(?P<kind>yaml|json)")
_CURRENT, _CHANGELOG = "current.yaml", "CHANGELOG.md"
_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\\]")
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"


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


class SubmoduleError(FolderError):
    """A place where another repository should be."""

    code = "repository.submodule"
    message = "The folder is a git submodule; other repositories are never fetched through this one."
    remedy = "Add the other repository to the list by itself; references across repositories are resolved."


class LfsPointerError(FolderError):
    """A file whose content git keeps elsewhere."""

    code = "repository.lfs_pointer"
    message = "The file is a Git LFS pointer; its content isn't in the repository."
    remedy = "Keep schemas out of Git LFS: git lfs untrack, and commit the file itself."


class FileTooLargeError(FolderError):
    """A file, or a repository, of more than schemas ever need."""

    code = "repository.too_large"
    message = "{reason}"
    remedy = "Keep data and generated files out of the folder of schemas; split what is one schema for many things."


class FileUnreadableError(FolderError):
    """A file that holds no text."""

    code = "repository.no_text"
    message = "The file is no UTF-8 text (byte {position})."
    remedy = "Save it as UTF-8."


class OddNameError(FolderError):
    """A path that can be no part of an address."""

    code = "repository.odd_name"
    message = "The path holds characters that no title may have."
    remedy = "Rename it: letters, digits, _ - . and / only."


@dataclass(frozen=True, slots=True)
class VersionFile:
    """A file `X.Y.Z.yaml` (or `.json`); `path` is below the schema folder."""

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
        """The error as a problem of the file at `path`."""
        return cls(path=path, line=line, code=error.code, message=str(error), remedy=error.hint)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message} {self.remedy} [{self.code}]"


@dataclass(frozen=True, slots=True)
class Entry:
    """One path of a folder or tree, below the schema folder. What a link `read`s is its target."""

    path: str
    kind: Literal["file", "link", "submodule"]
    size: int
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Found:
    """What a repository holds, by paths below its schema folder, and what can't be read.

    `currents` and `changelogs` are the texts of `current.yaml` and `CHANGELOG.md` by the folder of their title; `links`
    are the symbolic links that stay within, with their targets.
    """

    files: tuple[VersionFile, ...]
    problems: tuple[Problem, ...] = ()
    currents: Mapping[str, str] = field(default_factory=dict)
    changelogs: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)


def read_folder(folder: Path, schema_folder: str = SCHEMA_FOLDER) -> Found:
    """What a folder on this machine holds. A link that leaves it is a problem, even where nothing follows it."""
    root = folder / schema_folder
    if not root.is_dir() or root.is_symlink():
        return nothing_in(folder.name, schema_folder)
    return collect(_entries(root), schema_folder)


def nothing_in(repository: str, schema_folder: str) -> Found:
    """The answer where the schema folder is absent."""
    absent = FolderError(reason=f"There is no folder {schema_folder}/ in {repository}.")
    return Found((), (Problem.of(absent, schema_folder),))


def collect(entries: Iterable[Entry], schema_folder: str = SCHEMA_FOLDER) -> Found:
    """Sort the entries: version files, currents, changelogs, links; all others are left out unread, dot-files first of all."""
    sorting = _Sorting(schema_folder)
    for number, entry in enumerate(entries):
        if number >= MAX_ENTRIES or len(sorting.files) > MAX_FILES or sorting.bytes > _MAX_BYTES_IN_ALL:
            return _too_many(schema_folder)
        if not any(part.startswith(".") for part in entry.path.split("/")):
            sorting.take(entry)
    if len(sorting.files) > MAX_FILES:
        return _too_many(schema_folder)
    return sorting.found()


def _too_many(schema_folder: str) -> Found:
    limits = f"{MAX_FILES} version files, {MAX_ENTRIES} paths or {_MAX_BYTES_IN_ALL >> 20} MB"
    return Found((), (Problem.of(FileTooLargeError(reason=f"The repository holds more than {limits}."), schema_folder),))


class _Sorting:
    def __init__(self, schema_folder: str) -> None:
        self.files: list[VersionFile] = []
        self.bytes = 0
        self._schema_folder = schema_folder
        self._problems: list[Problem] = []
        self._texts: dict[str, dict[str, str]] = {_CURRENT: {}, _CHANGELOG: {}}
        self._links: dict[str, str] = {}

    def take(self, entry: Entry) -> None:
        try:
            self._sort(entry)
        except FolderError as error:
            shown = _shown(posixpath.normpath(f"{self._schema_folder}/{entry.path}"))
            self._problems.append(Problem.of(error, shown))

    def found(self) -> Found:
        files = tuple(_without_twins(sorted(self.files, key=lambda file: file.path)))
        texts = self._texts
        return Found(files, tuple(self._problems), texts[_CURRENT], texts[_CHANGELOG], self._links)

    def _sort(self, entry: Entry) -> None:
        folder, name = posixpath.split(entry.path)
        if entry.kind == "submodule":
            raise SubmoduleError
        if entry.kind == "link":
            self._links[entry.path] = _target(entry, self._schema_folder)
        elif match := _VERSION_FILE.fullmatch(name):
            content = self._content(entry)
            raw_hash = hashlib.sha256(content).hexdigest()
            is_json = match["kind"] == "json"
            self.files.append(VersionFile(entry.path, match["version"], is_json, _text(content), raw_hash))
        elif name in self._texts:
            self._texts[name][folder] = _text(self._content(entry))

    def _content(self, entry: Entry) -> bytes:
        if _ODD.search(entry.path):
            raise OddNameError
        if entry.size > _MAX_BYTES:
            raise FileTooLargeError(reason=f"The file has {entry.size} bytes, more than any schema needs.")
        self.bytes += entry.size
        content = entry.read()
        if content.startswith(_LFS_POINTER):
            raise LfsPointerError
        return content


def _target(entry: Entry, schema_folder: str) -> str:
    """Where a link leads, judged by its words alone: nothing ever follows it."""
    if entry.size > _LONGEST_LINK:
        raise LinkLeavesError
    target = os.fsdecode(entry.read())
    inside = posixpath.normpath(posixpath.join(schema_folder, posixpath.dirname(entry.path), target))
    if target.startswith("/") or inside == ".." or inside.startswith("../"):
        raise LinkLeavesError
    return target


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise FileUnreadableError(position=error.start) from None


def _shown(path: str) -> str:
    """A path that fits on a line: what is odd in it is written as an escape."""
    return _ODD.sub(lambda match: match[0].encode("unicode_escape", "surrogatepass").decode(), path)


def _without_twins(files: list[VersionFile]) -> Iterator[VersionFile]:
    """A repository may keep each version as YAML and as JSON; the YAML file is the one that people wrote."""
    written = {file.path for file in files if not file.is_json}
    return (file for file in files if not file.is_json or file.path.removesuffix("json") + "yaml" not in written)


def _entries(root: Path) -> Iterator[Entry]:
    for parent, folders, names in os.walk(root):
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted([*links, *names]):
            path = Path(parent) / name
            shown = path.relative_to(root).as_posix()
            if path.is_symlink():
                yield Entry(shown, "link", 0, lambda path=path: os.fsencode(path.readlink()))  # type: ignore[misc]  # mypy takes no default of a lambda
            elif path.is_file():
                yield Entry(shown, "file", path.stat().st_size, path.read_bytes)
