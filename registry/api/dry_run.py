"""Looks at files as an import would, before they are merged: problems, guidelines, compatibility; writes nothing."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from eventplatform.core.errors import RejectedError
from registry import compatibility, importing, judging
from registry.guidelines import Finding
from registry.importing import Checked, RefusedError
from registry.judging import Judge
from registry.models import Repository
from registry.schema import documents
from registry.schema.repository_files import Entry, Problem, collect

Kind = Literal["guideline", "compatibility"]


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


def check(repository: Repository, files: Mapping[str, str], *, seconds: float) -> Report:
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
    new = judging.unpublished(prepared.checked)
    remarks: list[Remark] = []
    comparisons: list[Mapping[str, Any]] = []
    for one, judge in judging.judges(repository, new):
        clock.look()
        remarks += _remarks(repository, one, judge)
        comparisons += _compared(one, judge)
    return Report(
        would_publish=tuple(one.version.schema_id for one in new),
        unchanged=len(found.files) - len(new) - len(prepared.problems),
        problems=(*prepared.problems, *conflicts),
        remarks=tuple(remarks),
        comparisons=tuple(comparisons),
    )


def _remarks(repository: Repository, one: Checked, judge: Judge) -> Iterator[Remark]:
    """What an import would hold against a version; the file is read once for the lines of all."""
    path, line_of = f"{repository.schema_folder}/{one.file.path}", documents.lines_of(one.file.text)
    kinds: tuple[tuple[Kind, Iterable[Finding]], ...] = (
        ("guideline", judge.guidelines(one)),
        ("compatibility", judge.promises(one)),
    )
    for kind, findings in kinds:
        yield from (Remark(kind, path, line_of(finding.pointer), one.version.schema_id, finding) for finding in findings)


def _compared(one: Checked, judge: Judge) -> Iterator[Mapping[str, Any]]:
    """The step from the version before; what is too large to be compared is told among the remarks."""
    previous = judge.previous(one)
    if previous is not None:
        with contextlib.suppress(RejectedError):
            comparison = compatibility.compare(previous, json.loads(one.version.document_text), with_opinion=False)
            yield {**comparison.as_json(), "changes": len(comparison.changes)}


def _entries(files: Mapping[str, str], schema_folder: str) -> Iterator[Entry]:
    """The files below the schema folder, as the folder's own reader would find them."""
    prefix = f"{schema_folder}/"
    for path, text in files.items():
        if path.startswith(prefix):
            content = text.encode(errors="surrogatepass")
            yield Entry(path.removeprefix(prefix), "file", len(content), lambda content=content: content)  # type: ignore[misc]  # mypy takes no default of a lambda
