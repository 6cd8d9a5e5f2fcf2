"""Checks of a repository's files: the reference's structure.js over a listing, be it of a folder or of a git tree."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from eventplatform.core.errors import RejectedError
from registry.guidelines.config import Configuration
from registry.guidelines.contract import Fault, Finding, Rule
from registry.guidelines.listing import Listing, SchemaFile
from registry.guidelines.reference.javascript import deep_equal
from registry.guidelines.structure_rules import RULES

Materialise = Callable[[Mapping[str, Any]], Mapping[str, Any]]
Told = Iterator[tuple[str, Finding]]  # by the path of the file

_BY_NUMBER: dict[str, Rule] = {rule.alias: rule for rule in RULES}


def check(listing: Listing, config: Configuration, materialise: Materialise) -> dict[str, tuple[Finding, ...]]:
    """What is wrong with the files of a repository, by path; `materialise` makes a `current.yaml` self-contained."""
    titles: dict[Any, list[SchemaFile]] = defaultdict(list)
    for file in listing.schema_files(config):
        if file.problem is None:
            titles[file.title if isinstance(file.title, str) else None].append(file)
    found: dict[str, list[Finding]] = defaultdict(list)
    for files in titles.values():
        for path, finding in _Title(listing, config, files, materialise).findings():
            found[path].append(finding)
    return {path: tuple(findings) for path, findings in found.items()}


# Nothing can write that but people.
_NO_CURRENT = "Write it: it is what people edit. A copy of the newest version will do."


def _tell(number: str, path: str, message: str, pointer: str = "", remedy: str = "") -> tuple[str, Finding]:
    return path, _BY_NUMBER[f"S{number}"].finding(Fault(pointer, message, remedy))


class _Title:
    """The files that bear one title."""

    def __init__(self, listing: Listing, config: Configuration, files: list[SchemaFile], materialise: Materialise) -> None:
        self._listing = listing
        self._config = config
        self._files = files
        self._materialise = materialise
        self._folder = files[0].folder
        self._first_type = config.content_types[0]

    def findings(self) -> Told:
        misplaced = [file for file in self._files if file.title != file.folder]
        if misplaced:
            for file in misplaced:
                yield _tell("2", file.path, f"The title {str(file.title)[:80]} is not the folder {file.folder}.", "/title")
            return
        current = next((file for file in self._files if file.is_current), None)
        newest = self._newest()
        if current is None or newest is None:
            name = f"a version in {self._first_type}" if current else self._config.current_file
            yield _tell(
                "5",
                self._path(self._config.current_file),
                f"There is no {name} of this title.",
                remedy="" if current else _NO_CURRENT,
            )
            return
        yield from self._of_current()
        yield from self._of_newest(current, newest)
        yield from self._of_versions()

    def _path(self, name: str) -> str:
        return posixpath.join(self._folder, name)

    def _newest(self) -> SchemaFile | None:
        """The highest version of the first content type."""
        versions = [file for file in self._files if not file.is_current and file.content_type == self._first_type]
        return max(reversed(versions), key=lambda file: file.number, default=None)  # of two alike, the reference takes the last

    def _of_current(self) -> Told:
        if not self._listing.resolve(self._path("current.yaml")):
            yield _tell("3", self._path("current.yaml"), "There is no current.yaml.", remedy=_NO_CURRENT)
        if self._listing.resolve(self._path("current")):
            yield _tell("4", self._path("current"), "There is a current without an ending.")

    def _of_newest(self, current: SchemaFile, newest: SchemaFile) -> Told:
        named = self._path(f"{current.version}.{self._first_type}")
        if newest.path != named:
            yield _tell("6", newest.path, f"{newest.path} is the newest file, but current.yaml is for {named}.")
        reason = self._difference(current, newest)
        if reason:
            yield _tell("7", current.path, reason)
        if self._config.should_symlink_latest:
            yield from self._link("8", f"latest.{newest.content_type}", f"{newest.version}.{self._first_type}")
            if self._config.should_symlink_extensionless:
                yield from self._link("9", "latest", f"{newest.version}.{self._first_type}")

    def _difference(self, current: SchemaFile, newest: SchemaFile) -> str:
        if current.version != newest.version:
            return f"current.yaml is version {current.version}, the newest file {newest.version}."
        try:
            whole = dict(self._materialise(current.document))
        except RejectedError as error:
            return f"current.yaml can't be materialised: {error}"
        published = dict(newest.document)
        if self._config.should_generate_example and not current.document.get("examples"):
            whole.pop("examples", None)  # the reference made one up when it wrote the version
            published.pop("examples", None)
        return "" if deep_equal(whole, published) else f"{newest.path} is not what current.yaml becomes."

    def _link(self, number: str, name: str, target: str) -> Told:
        path = self._path(name)
        resolved = self._listing.resolve(path)
        if path not in self._listing.links or not resolved:
            yield _tell(number, path, f"{name} is no link to {target}.")
        elif resolved != self._listing.resolve(self._path(target)):
            yield _tell(number, path, f"{name} leads to {resolved} instead of {target}.")

    def _of_versions(self) -> Told:
        versions: dict[str, list[SchemaFile]] = defaultdict(list)
        for file in self._files:
            versions[file.version].append(file)
        for version, files in versions.items():
            for kind in self._config.content_types:
                yield from self._of_version(version, kind, next((one for one in files if one.content_type == kind), None))
            published = [file for file in files if not file.is_current]
            for before, file in pairwise(published):
                if not deep_equal(before.document, file.document):
                    yield _tell("15", file.path, f"It doesn't say the same as {before.path}.")

    def _of_version(self, version: str, kind: str, file: SchemaFile | None) -> Told:
        path = self._path(f"{version}.{kind}")
        if file is None:
            yield _tell("10", path, f"Version {version} is missing as {kind}.")
        if self._config.should_symlink_extensionless and kind == self._first_type:
            link = self._path(version)
            if self._listing.links.get(link) != f"{version}.{kind}" or not self._listing.resolve(link):
                yield _tell("11", link, f"{version} is no link to {version}.{kind}.")
        if file is not None and not self._is_at_its_id(file):
            yield _tell("14", file.path, f"$id {file.schema_id[:200]} is not the file's address.", "/$id")

    def _is_at_its_id(self, file: SchemaFile) -> bool:
        if self._config.profile == "compatible":
            return file.schema_id[1:] in file.path
        version = file.version if file.is_current else posixpath.splitext(posixpath.basename(file.path))[0]
        return file.schema_id == f"/{file.folder}/{version}"
