"""Holds new versions against the guidelines and against the versions before them, as their repository asks."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain, islice
from typing import Any, cast

from django.utils import timezone

from eventplatform.core.names import split_schema_id, version_key
from registry import lifecycle
from registry.guidelines import Finding, Waived, lint
from registry.guidelines.contract import Profile
from registry.guidelines.evolution import judge_or_tell
from registry.guidelines.waivers import Waivers
from registry.importing import Checked, Progress, tell_sometimes
from registry.models import Repository, SchemaTitle, SchemaVersion
from registry.schema import documents
from registry.schema.packing import unpack
from registry.schema.repository_files import Problem

_MAX_TOLD = 100  # of one version; whoever mends them will look again
_BUMP = "EVOLVE-BUMP"  # a guideline of the strict profile alone
_OWN_REMEDIES = frozenset({_BUMP, "EVOLVE-COMPATIBLE"})


def findings_of(repository: Repository, checked: Sequence[Checked], tell: Progress) -> Iterator[Problem]:
    """What counts against the versions that are not published yet, by file and line; what is waived doesn't count."""
    new = unpublished(checked)
    for done, (one, judge) in enumerate(judges(repository, new)):
        tell_sometimes(tell, "judge", done, len(new))
        found = chain(judge.guidelines(one), judge.promises(one))
        yield from _problems(repository, one, list(islice((finding for finding in found if finding.counts), _MAX_TOLD)))


def unpublished(checked: Sequence[Checked]) -> list[Checked]:
    """Those of the versions that nobody has published yet."""
    ids = [one.version.schema_id for one in checked]
    known = set(SchemaVersion.objects.filter(schema_id__in=ids).values_list("schema_id", flat=True))
    return [one for one in checked if one.version.schema_id not in known]


def judges(repository: Repository, new: Sequence[Checked]) -> Iterator[tuple[Checked, Judge]]:
    """Each new version with its title's judge, oldest first: it knows the published versions and those that came before."""
    by_title: dict[str, list[Checked]] = defaultdict(list)
    for one in sorted(new, key=lambda one: version_key(one.version.version)):
        by_title[one.version.title].append(one)
    for title, versions in by_title.items():
        judge = Judge(repository, title)
        for one in versions:
            yield one, judge
            judge.take(one)


class Judge:
    """Judges the new versions of one title: by the guidelines, and by what the versions before them promised."""

    def __init__(self, repository: Repository, title: str) -> None:
        row = SchemaTitle.objects.filter(name=title).only("compatibility").first()
        self._level = (row.compatibility if row else "") or repository.compatibility
        self._profile = cast("Profile", repository.profile)
        self._title = title
        self._new: dict[str, str] = {}  # version → document

    def guidelines(self, one: Checked) -> tuple[Finding, ...]:
        """What the repository's profile says, also what is waived."""
        document = json.loads(one.version.document_text)
        raw = document if one.version.is_self_contained else documents.load(one.file.text, is_json=one.file.is_json)
        return lint(document, raw=raw, profile=self._profile, waivers=self._waivers, today=timezone.localdate())

    def promises(self, one: Checked) -> Iterator[Finding]:
        """What breaks the level of compatibility, also what is waived; a new major version owes nothing to older ones."""
        version = one.version
        earlier = [(number, self._document(number)) for number in self._owed_to(version.version)]
        denied = judge_or_tell(earlier, json.loads(version.document_text), profile="strict", level=self._level)
        owed = [
            _with_way_out(finding, version.version) for finding in denied if self._profile == "strict" or finding.code != _BUMP
        ]
        waivers = Waivers(self._waivers, today=timezone.localdate())
        return waivers.apply(owed, title=version.title, version=version.version, schema_id=version.schema_id)

    def previous(self, one: Checked) -> Mapping[str, Any] | None:
        """The document of the version right before, whatever its major; None for the first."""
        before = self._before(one.version.version)
        return self._document(before[-1]) if before else None

    def take(self, one: Checked) -> None:
        """Let the versions after this one be held against it."""
        self._new[one.version.version] = one.version.document_text

    @cached_property
    def _waivers(self) -> tuple[Waived, ...]:
        return lifecycle.waivers_of(self._title)

    @cached_property
    def _published(self) -> tuple[str, ...]:
        ids = SchemaVersion.objects.filter(title__name=self._title).order_by().values_list("schema_id", flat=True)
        return tuple(split_schema_id(schema_id)[1] for schema_id in ids)

    def _before(self, version: str) -> list[str]:
        """All earlier versions, oldest first."""
        known = {*self._published, *self._new}
        return sorted((one for one in known if version_key(one) < version_key(version)), key=version_key)

    def _owed_to(self, version: str) -> list[str]:
        """The earlier versions of the same major; all of them only where the level looks at all."""
        major = version_key(version)[0]
        earlier = [one for one in self._before(version) if version_key(one)[0] == major]
        return earlier if self._level.endswith("_TRANSITIVE") else earlier[-1:]

    def _document(self, version: str) -> Mapping[str, Any]:
        text = self._new.get(version)
        if text is None:
            packed = SchemaVersion.objects.values_list("document_packed", flat=True)
            text = unpack(packed.get(schema_id=f"/{self._title}/{version}"))
        document: Mapping[str, Any] = json.loads(text)
        return document


def _with_way_out(finding: Finding, version: str) -> Finding:
    """A broken promise names the version that could say the same; what is no single change keeps its own remedy."""
    if finding.code in _OWN_REMEDIES:
        return finding
    return replace(finding, remedy=f"Undo it, or publish the change as {version_key(version)[0] + 1}.0.0.")


def _problems(repository: Repository, checked: Checked, findings: Sequence[Finding]) -> Iterator[Problem]:
    path = f"{repository.schema_folder}/{checked.file.path}"
    if findings:
        line_of = documents.lines_of(checked.file.text)  # the file is read once, not once for each
        yield from (Problem(path, line_of(one.pointer), one.code, one.message, one.remedy) for one in findings)
