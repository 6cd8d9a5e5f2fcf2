"""Judges a whole repository: its files, each schema in it, each step from version to version, and its waivers."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from eventplatform.core.errors import RejectedError
from registry.guidelines import evolution, structure
from registry.guidelines.catalogue import BY_CODE
from registry.guidelines.config import Configuration
from registry.guidelines.contract import Fault, Finding
from registry.guidelines.linting import findings_of
from registry.guidelines.listing import Listing, SchemaFile
from registry.guidelines.subject import Subject
from registry.guidelines.waivers import Waivers
from registry.schema.materialise import Materialiser

Load = Callable[[str], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Report:
    """Findings by path below the folder of schemas, and what is to be said of the settings."""

    files: Mapping[str, tuple[Finding, ...]]
    settings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def is_clean(self) -> bool:
        """Whether nothing stands in the way of a merge."""
        return not any(finding.counts for findings in self.files.values() for finding in findings)


def check(
    listing: Listing,
    config: Configuration,
    *,
    today: date,
    load: Load | None = None,
    is_wanted: Callable[[str], bool] = lambda _path: True,
    published: Load | None = None,
) -> Report:
    """What is wrong with a repository.

    `load` answers schemas of other repositories by id, `published` what was published under an id before; `is_wanted` says
    of which files findings are asked for, where not of all.
    """
    judging = _Judging(listing, config, load, published)
    applied = Waivers(config.waivers, today=today)
    files: dict[str, tuple[Finding, ...]] = {}
    for path, found in judging.findings().items():
        covered = tuple(applied.apply(found, *judging.subject_of(path)))
        if is_wanted(path) and covered:
            files[path] = covered
    is_strict = config.profile == "strict"
    unused = applied.unused(with_unreasoned=is_strict)
    return Report(files, (*applied.expired(), *unused, *(applied.unreasoned() if is_strict else ())), config.notes)


class _Judging:
    """One run over a listing."""

    def __init__(self, listing: Listing, config: Configuration, load: Load | None, published: Load | None) -> None:
        self._listing = listing
        self._config = config
        self._load = load
        self._published = published
        self._files = {file.path: file for file in listing.schema_files(config)}
        readable = [file for file in self._files.values() if file.problem is None]
        self._currents = {file.schema_id: file.document for file in readable if file.is_current and file.schema_id}
        self._materialiser = Materialiser(self._find, bounds=config.numeric_bounds)

    def findings(self) -> dict[str, list[Finding]]:
        found: dict[str, list[Finding]] = defaultdict(list)
        for path, told in structure.check(self._listing, self._config, self._materialiser.materialise).items():
            found[path] += told
        for path, file in self._files.items():
            found[path] += self._of_file(file)
        for path, finding in self._of_steps():
            found[path].append(finding)
        return found

    def subject_of(self, path: str) -> tuple[str, str, str]:
        """Title, version and id by which waivers speak of a file."""
        file = self._files.get(path)
        if file is None or not file.schema_id:
            return posixpath.dirname(path), "", ""
        return posixpath.dirname(path), file.version, file.schema_id

    def _find(self, schema_id: str) -> Mapping[str, Any] | None:
        """What is published counts before what is being written, as it did for the reference."""
        own = self._listing.document(schema_id) or self._currents.get(schema_id)
        return own or (self._load(schema_id) if self._load else None)

    def _of_file(self, file: SchemaFile) -> Iterator[Finding]:
        if file.problem is not None:
            yield BY_CODE["SCHEMA-VALID"].finding(Fault(file.problem.pointer, str(file.problem), file.problem.hint))
            return
        if not file.version:
            yield BY_CODE["VERSION-ID"].finding(Fault("/$id", "$id ends in no version."))
        try:
            raw = None if file.is_current else self._currents.get(file.schema_id)
            subject = Subject(file.document, raw=raw, bounds=self._config.numeric_bounds)
            for finding in findings_of(subject, self._config.profile, is_current=file.is_current):
                if not (finding.code == "VERSION-ID" and not file.version):
                    yield finding
        except RejectedError as error:
            yield BY_CODE["SCHEMA-VALID"].finding(Fault(error.pointer, str(error), error.hint))

    def _of_steps(self) -> Iterator[tuple[str, Finding]]:
        titles: dict[Any, list[SchemaFile]] = defaultdict(list)
        for file in self._files.values():
            is_version = not file.is_current and file.problem is None and file.version
            if is_version and file.content_type == self._config.content_types[0] and isinstance(file.title, str):
                titles[file.title].append(file)
        for files in titles.values():
            yield from self._of_title(files)

    def _of_title(self, files: Iterable[SchemaFile]) -> Iterator[tuple[str, Finding]]:
        earlier: list[tuple[str, Mapping[str, Any]]] = []
        for file in files:
            level = self._config.compatibility
            for finding in evolution.judge_or_tell(earlier, file.document, profile=self._config.profile, level=level):
                yield file.path, finding
            published = self._published(file.schema_id) if self._published else None
            for finding in evolution.unchanged(published, file.document):
                yield file.path, finding
            earlier.append((file.version, file.document))
