"""Looks at files as an import would, before they are merged: problems, guidelines, compatibility; writes nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

from eventplatform.core.errors import RejectedError
from eventplatform.core.names import split_schema_id, version_key
from registry import compatibility, guidelines, importing, lifecycle
from registry.guidelines import Finding
from registry.guidelines.waivers import Waivers
from registry.importing import Checked, RefusedError
from registry.models import Repository, SchemaTitle, SchemaVersion
from registry.schema import documents
from registry.schema.packing import unpack
from registry.schema.repository_files import Entry, Problem, collect

Kind = Literal["guideline", "compatibility"]

COMPATIBILITY_RULE = "schema-version-compatibility"  # as jsonschema-tools calls it; waivers name it so


class CheckTooLongError(RejectedError):
    """The files ask for more time than one check may take."""

    code = "check.too_long"
    http_status = 413
    message = "The check took more than {seconds} seconds and was given up."
    remedy = "Send fewer files at once: those that changed, and what they refer to and is not published yet."


@dataclass(frozen=True, slots=True)
class Remark:
    """What was found about one version, and where in its file."""

    kind: Kind
    path: str
    line: int
    schema_id: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Report:
    """What an import of the files would do, and what it would be told."""

    would_publish: tuple[str, ...] = ()
    unchanged: int = 0
    problems: tuple[Problem, ...] = ()
    remarks: tuple[Remark, ...] = ()
    comparisons: tuple[Mapping[str, Any], ...] = ()

    @property
    def is_ok(self) -> bool:
        """Whether the files could be imported."""
        return not self.problems

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to mend either."""
        return self.is_ok and not any(remark.finding.counts for remark in self.remarks)


class _Clock:
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def look(self, *_: object) -> None:
        """Give up where time is over."""
        if time.monotonic() > self._end:
            raise CheckTooLongError(seconds=f"{self._seconds:g}")


def check(repository: Repository, files: Mapping[str, str], *, today: date, seconds: float) -> Report:
    """What would become of `files`, texts by their paths in the repository, if they were imported now.

    Raises:
        CheckTooLongError: it takes longer than `seconds`.
    """
    clock = _Clock(seconds)
    found = collect(_entries(files, repository.schema_folder), repository.schema_folder)
    try:
        prepared = importing.prepare(repository, found, clock.look)
    except RefusedError as refused:
        return Report(problems=refused.problems)
    conflicts = importing.conflicts(repository, prepared.checked)
    new = _unpublished(prepared.checked)
    judge = _Judge(repository, new, today)
    remarks: list[Remark] = []
    for one in new:
        clock.look()
        remarks += judge.remarks(one)
    return Report(
        would_publish=tuple(one.version.schema_id for one in new),
        unchanged=len(found.files) - len(new) - len(prepared.problems),
        problems=(*prepared.problems, *conflicts),
        remarks=tuple(remarks),
        comparisons=tuple(judge.comparisons),
    )


def _unpublished(checked: Sequence[Checked]) -> list[Checked]:
    ids = [one.version.schema_id for one in checked]
    known = set(SchemaVersion.objects.filter(schema_id__in=ids).values_list("schema_id", flat=True))
    return [one for one in checked if one.version.schema_id not in known]


def _entries(files: Mapping[str, str], schema_folder: str) -> Iterator[Entry]:
    """The files below the schema folder, as the folder's own reader would find them."""
    prefix = f"{schema_folder}/"
    for path, text in files.items():
        if path.startswith(prefix):
            content = text.encode(errors="surrogatepass")
            yield Entry(path.removeprefix(prefix), "file", len(content), lambda content=content: content)  # type: ignore[misc]  # mypy takes no default of a lambda


class _Judge:
    """Guidelines and compatibility for versions that are not published, against those that are and each other."""

    def __init__(self, repository: Repository, new: Sequence[Checked], today: date) -> None:
        self._repository = repository
        self._today = today
        self._new = {one.version.schema_id: one for one in new}
        titles = {one.version.title for one in new}
        self._levels = dict(SchemaTitle.objects.filter(name__in=titles).values_list("name", "compatibility"))
        published = SchemaVersion.objects.filter(title__name__in=titles).values_list("schema_id", flat=True)
        self._versions: dict[str, set[str]] = {title: set() for title in titles}
        for title, version in map(split_schema_id, {*published, *self._new}):
            self._versions.setdefault(title, set()).add(version)
        self._waivers = {title: lifecycle.waivers_of(title) for title in titles}
        self.comparisons: list[Mapping[str, Any]] = []

    def remarks(self, one: Checked) -> Iterator[Remark]:
        """What the rules say of one version."""
        document = json.loads(one.version.document_text)
        raw = documents.load(one.file.text, is_json=one.file.is_json)
        waivers = self._waivers[one.version.title]
        line_of = documents.lines_of(one.file.text)
        profile = cast("Any", self._repository.profile)
        for finding in guidelines.lint(document, raw=raw, profile=profile, waivers=waivers, today=self._today):
            yield self._remark("guideline", one, finding, line_of)
        applied = Waivers(waivers, today=self._today)
        here = {"title": one.version.title, "version": one.version.version, "schema_id": one.version.schema_id}
        for finding in applied.apply(self._denied(one, document), **here):
            yield self._remark("compatibility", one, finding, line_of)

    def _denied(self, one: Checked, document: Mapping[str, Any]) -> Iterator[Finding]:
        """What breaks the repository's promise; a new major version owes nothing to those before it."""
        title, own = one.version.title, version_key(one.version.version)
        before = sorted((v for v in self._versions[title] if version_key(v) < own), key=version_key)
        level = self._levels.get(title) or self._repository.compatibility
        same_major = [version for version in before if version_key(version)[0] == own[0]]
        looked_at = same_major if level.endswith("_TRANSITIVE") else same_major[-1:]
        try:
            self._compare(title, before[-1:], document)
            pairs = [(version, self._document(f"/{title}/{version}")) for version in looked_at]
            denied = compatibility.check(pairs, document, level)
        except RejectedError as error:
            yield Finding(error.code, COMPATIBILITY_RULE, "error", error.pointer, str(error), error.hint)
            return
        remedy = f"Undo it, or publish the change as {own[0] + 1}.0.0."
        for found in denied:
            message = f"{found.sentence} {found.change.why}".strip()
            yield Finding(found.change.code, COMPATIBILITY_RULE, "error", found.change.pointer, message, remedy)

    def _compare(self, title: str, previous: Sequence[str], document: Mapping[str, Any]) -> None:
        for version in previous:
            old = self._document(f"/{title}/{version}")
            comparison = compatibility.compare(old, document, with_opinion=False)
            self.comparisons.append({**comparison.as_json(), "changes": len(comparison.changes)})

    def _document(self, schema_id: str) -> Mapping[str, Any]:
        new = self._new.get(schema_id)
        if new is not None:
            text = new.version.document_text
        else:
            text = unpack(SchemaVersion.objects.values_list("document_packed", flat=True).get(schema_id=schema_id))
        document: Mapping[str, Any] = json.loads(text)
        return document

    def _remark(self, kind: Kind, one: Checked, finding: Finding, line_of: Callable[[str], int]) -> Remark:
        path = f"{self._repository.schema_folder}/{one.file.path}"
        return Remark(kind, path, line_of(finding.pointer), one.version.schema_id, finding)
