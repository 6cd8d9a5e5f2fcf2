"""The files of a schema repository as rules look at them: paths, texts and links, from a folder or a git tree alike."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from eventplatform.core.errors import RejectedError
from registry.guidelines.config import Configuration
from registry.schema import documents
from registry.schema.limits import MAX_CHARACTERS
from registry.schema.repository_files import MAX_FILES, FolderError, Found

_EXTENSIONS = (".yaml", ".json")
_MAX_BYTES = 4 * MAX_CHARACTERS
_MAX_HOPS = 8
# What the reference takes for a version: a name by semver.org, or a `v` before it.
_SEMVER = re.compile(r"v?(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
_COERCED = re.compile(r"(?:^|\D)(\d{1,16})(?:\.(\d{1,16}))?(?:\.(\d{1,16}))?(?:$|\D)")


@dataclass(frozen=True)
class SchemaFile:
    """A file that holds a schema: a version or a `current.yaml`; `problem` is set where it can't be read."""

    path: str
    content_type: str
    is_current: bool
    document: Mapping[str, Any]
    problem: RejectedError | None = None

    @property
    def folder(self) -> str:
        """The folder it lies in, which should be its title."""
        return posixpath.dirname(self.path)

    @property
    def title(self) -> Any:
        """What the document calls itself: any value, in a document that nobody checked."""
        return self.document.get("title")

    @property
    def schema_id(self) -> str:
        """`$id`; empty where there is none."""
        found = self.document.get("$id")
        return found if isinstance(found, str) else ""

    @property
    def version(self) -> str:
        """The version that `$id` ends in, as the reference makes one of it; empty where there is none."""
        match = _COERCED.search(posixpath.basename(self.schema_id.rstrip("/")))
        return ".".join(str(int(part or 0)) for part in match.groups()) if match else ""

    @property
    def number(self) -> tuple[int, ...]:
        """The version as numbers, to be sorted by."""
        return tuple(map(int, self.version.split("."))) if self.version else ()


@dataclass(frozen=True)
class Listing:
    """Texts and links (with their targets as written), by paths below the folder of schemas."""

    texts: Mapping[str, str]
    links: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_found(cls, found: Found) -> Self:
        """The listing of what an import reads."""
        texts = {file.path: file.text for file in found.files}
        return cls(texts | {f"{title}/current.yaml": text for title, text in found.currents.items()}, found.links)

    @classmethod
    def of_folder(cls, root: Path) -> Self:
        """The listing of a folder of schemas on this machine; dot-files are left out, links not followed.

        Raises:
            FolderError: it holds more files, or larger ones, than a repository of schemas.
        """
        texts: dict[str, str] = {}
        links: dict[str, str] = {}
        for path in _paths(root):
            shown = path.relative_to(root).as_posix()
            if path.is_symlink():
                links[shown] = os.readlink(path)  # noqa: PTH115  # the text itself: Path would tidy it up
            elif path.suffix in _EXTENSIONS and path.is_file():
                texts[shown] = _text(path, shown)
            if len(texts) > MAX_FILES:
                raise FolderError(reason=f"The folder holds more than {MAX_FILES} schema files.")
        return cls(texts, links)

    def resolve(self, path: str) -> str:
        """The file that a path means, links followed; empty where there is none."""
        for _ in range(_MAX_HOPS):
            if path in self.texts:
                return path
            if path not in self.links:
                return ""
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), self.links[path]))
        return ""

    def schema_files(self, config: Configuration) -> tuple[SchemaFile, ...]:
        """The versions and currents, in the order in which the reference looks at them, without those to be ignored."""
        found = [self._file(path, config) for path in (*self.texts, *self.links) if self._is_schema(path, config)]
        return tuple(sorted((file for file in found if not config.ignores(file.schema_id)), key=_order))

    def _is_schema(self, path: str, config: Configuration) -> bool:
        stem, extension = posixpath.splitext(posixpath.basename(path))
        is_one = posixpath.basename(path) == config.current_file or bool(_SEMVER.fullmatch(stem))
        return extension[1:] in config.content_types and is_one and bool(self.resolve(path))

    def _file(self, path: str, config: Configuration) -> SchemaFile:
        document, problem = self._documents(self.resolve(path))
        content_type = posixpath.splitext(path)[1][1:]
        return SchemaFile(path, content_type, posixpath.basename(path) == config.current_file, document, problem)

    def document(self, schema_id: str) -> Mapping[str, Any] | None:
        """The published document of an id, by the place of its file."""
        path = schema_id.strip("/")
        names = (path, *(path + extension for extension in _EXTENSIONS))
        resolved = next((found for found in map(self.resolve, names) if found), "")
        return self._documents(resolved)[0] if resolved else None

    def _documents(self, path: str) -> tuple[Mapping[str, Any], RejectedError | None]:
        if path not in self._read:
            try:
                read = documents.load(self.texts[path], is_json=path.endswith(".json"))
                problem = None if isinstance(read, dict) else documents.DocumentError("The file must hold one object.")
                self._read[path] = (read if isinstance(read, dict) else {}, problem)
            except documents.DocumentError as error:
                self._read[path] = ({}, error)
        return self._read[path]

    @cached_property
    def _read(self) -> dict[str, tuple[Mapping[str, Any], RejectedError | None]]:
        return {}


def _order(file: SchemaFile) -> tuple[bool, int, tuple[int, ...], bool, str]:
    """What is common first, then by depth, version, and the current after its version."""
    return ("common" not in str(file.title), file.path.count("/"), file.number, file.is_current, file.path)


def _paths(root: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(root):
        here = Path(parent)
        linked = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in linked)
        yield from (here / name for name in sorted((*names, *linked)) if not name.startswith("."))


def _text(path: Path, shown: str) -> str:
    if path.stat().st_size > _MAX_BYTES:
        raise FolderError(reason=f"{shown} is larger than any schema needs.")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise FolderError(reason=f"{shown} is no UTF-8 text.") from None
