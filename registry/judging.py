"""Holds new versions against the guidelines and against the versions before them, as their repository asks."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
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


def findings_of(repository: Repository, checked: Sequence[Checked], tell: Progress) -> Iterator[Problem]:
    """What counts against the versions that are not published yet, by file and line; what is waived doesn't count."""
    new = [one for one in checked if not SchemaVersion.objects.filter(schema_id=one.version.schema_id).exists()]
    by_title: dict[str, list[Checked]] = defaultdict(list)
    for one in sorted(new, key=lambda one: version_key(one.version.version)):
        by_title[one.version.title].append(one)
    done = 0
    for title, versions in by_title.items():
        judge = _Judge(repository, title)
        for one in versions:
            tell_sometimes(tell, "judge", done, len(new))
            done += 1
            counting = (finding for finding in judge.findings(one) if finding.counts)
            yield from _problems(repository, one, list(islice(counting, _MAX_TOLD)))


class _Judge:
    """Judges the new versions of one title, oldest first: each is held against those before it."""

    def __init__(self, repository: Repository, title: str) -> None:
        row = SchemaTitle.objects.filter(name=title).only("compatibility").first()
        self._level = (row.compatibility if row else "") or repository.compatibility
        self._profile = cast("Profile", repository.profile)
        self._title = title
        self._new: dict[str, str] = {}  # version → document

    def findings(self, one: Checked) -> Iterator[Finding]:
        """All findings, those that are waived too."""
        version = one.version
        document = json.loads(version.document_text)
        raw = document if version.is_self_contained else documents.load(one.file.text, is_json=one.file.is_json)
        found = lint(document, raw=raw, profile=self._profile, waivers=self._waivers, today=timezone.localdate())
        yield from found
        earlier = [(number, self._document(number)) for number in self._before(version.version)]
        denied = judge_or_tell(earlier, document, profile="strict", level=self._level)
        owed = [finding for finding in denied if self._profile == "strict" or finding.code != _BUMP]
        waivers = Waivers(self._waivers, today=timezone.localdate())
        yield from waivers.apply(owed, title=version.title, version=version.version, schema_id=version.schema_id)
        self._new[version.version] = version.document_text

    @cached_property
    def _waivers(self) -> tuple[Waived, ...]:
        return lifecycle.waivers_of(self._title)

    @cached_property
    def _published(self) -> tuple[str, ...]:
        ids = SchemaVersion.objects.filter(title__name=self._title).order_by().values_list("schema_id", flat=True)
        return tuple(split_schema_id(schema_id)[1] for schema_id in ids)

    def _before(self, version: str) -> list[str]:
        """The earlier versions of the same major, oldest first; all of them only where the level looks at all."""
        number = version_key(version)
        known = {*self._published, *self._new}
        earlier = sorted(one for one in map(version_key, known) if one[0] == number[0] and one < number)
        looked_at = earlier if self._level.endswith("_TRANSITIVE") else earlier[-1:]
        return [".".join(map(str, one)) for one in looked_at]

    def _document(self, version: str) -> Mapping[str, Any]:
        text = self._new.get(version)
        if text is None:
            packed = SchemaVersion.objects.values_list("document_packed", flat=True)
            text = unpack(packed.get(schema_id=f"/{self._title}/{version}"))
        document: Mapping[str, Any] = json.loads(text)
        return document


def _problems(repository: Repository, checked: Checked, findings: Sequence[Finding]) -> Iterator[Problem]:
    path = f"{repository.schema_folder}/{checked.file.path}"
    if findings:
        line_of = documents.lines_of(checked.file.text)  # the file is read once, not once for each
        yield from (Problem(path, line_of(one.pointer), one.code, one.message, one.remedy) for one in findings)
