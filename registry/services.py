"""Imports a repository's files as a whole, or not at all."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from registry import importing, judging, lookups, publishing, revisions
from registry.importing import Prepared, Progress, RefusedError
from registry.models import RegistryState, Repository, SchemaVersion
from registry.schema.repository_files import Found, Problem, read_folder

log = logging.getLogger(__name__)

_KEPT_PROBLEMS = 100
_JUDGED_BY_THE_WAY = 200  # new versions, where what they break is only told


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do. With `problems` it did nothing, and the last good state stands.

    `missing` are published versions whose files are gone; they go on being served. `remarks` are guidelines and promises
    that new versions break where the repository only wants to hear of it. Of a first import, or a very large one, they aren't
    looked for; each version's page tells them.
    """

    repository: str
    added: tuple[str, ...] = ()
    unchanged: int = 0
    missing: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    revision: int = 0
    remarks: tuple[Problem, ...] = ()

    @property
    def is_ok(self) -> bool:
        """True where everything the files hold is published now."""
        return not self.problems


def import_folder(*, name: str, folder: Path, role: str = "primary", order: int = 0) -> ImportReport:
    """Publish what is new in a folder on this machine. The first import makes the repository."""
    where = {"folder": str(folder), "role": role, "order": order}
    repository, _ = Repository.objects.get_or_create(name=name, defaults=where)
    report = import_found(repository=repository, found=read_folder(folder))
    if report.is_ok:
        Repository.objects.filter(pk=repository.pk).update(**where)
    return report


def import_found(
    *, repository: Repository, found: Found, commit: str = "", progress: Progress | None = None, is_dry: bool = False
) -> ImportReport:
    """Publish the versions among a repository's files that are new; one transaction, one revision.

    A bad file, or a published version that reads differently now, refuses the whole import, and so does a new one that
    breaks a guideline or its compatibility where the repository refuses that; the report says which and why, and the
    repository's row keeps it. `is_dry` does all of this and undoes it. `progress` hears the stage, what is
    done and how much there is; it is called outside of any transaction until the stage "store".
    """
    work = _Import(repository, found, commit, progress or importing.silent, is_dry=is_dry)
    try:
        prepared = work.prepare()
        with transaction.atomic():
            report = work.publish(prepared)
            transaction.set_rollback(is_dry)
    except RefusedError as refused:
        return _refusal(repository, refused.problems, is_dry=is_dry)
    lookups.forget()  # also for who asks within a transaction around this one
    what = {"repository": repository.name, "added": len(report.added), "revision": report.revision, "is_dry": is_dry}
    log.info("schemas.imported", extra=what)
    return report


@dataclass(frozen=True, slots=True)
class _Import:
    """One import: what takes its time happens in `prepare`, without a lock; what is decided, in `publish`, under it."""

    repository: Repository
    found: Found
    commit: str
    tell: Progress
    is_dry: bool

    @property
    def is_refusing(self) -> bool:
        """Whether broken guidelines and promises refuse the import."""
        return self.repository.enforcement == Repository.Enforcement.REFUSE

    def is_judging(self, prepared: Prepared) -> bool:
        """Whether to look for them; where they are only told, a first import is left alone: it may hold years of them."""
        is_step = self.repository.imported_at is not None and len(prepared.checked) <= _JUDGED_BY_THE_WAY
        return self.is_dry or self.is_refusing or is_step

    def prepare(self) -> Prepared:
        """Read, check and, where somebody wants to know, judge what is new."""
        prepared = importing.prepare(self.repository, self.found, self.tell)
        if not self.is_judging(prepared):
            return prepared
        return replace(prepared, remarks=tuple(judging.findings_of(self.repository, prepared.checked, self.tell)))

    def publish(self, prepared: Prepared) -> ImportReport:
        """Decide, and write all of it."""
        state = revisions.lock()
        prepared = self._decided(prepared, state)
        published = dict(SchemaVersion.objects.filter(title__repository=self.repository).values_list("path", "schema_id"))
        known = set(published.values())
        new = [one for one in prepared.checked if one.version.schema_id not in known]
        self.tell("store", 0, len(new))
        is_changed = publishing.store(self.repository, new, self.found, commit=self.commit, revision=state.revision + 1)
        present = {published[file.path] for file in self.found.files if file.path in published}
        present |= {one.version.schema_id for one in prepared.checked}
        self._note_success(prepared.remarks, is_new=bool(new))
        return ImportReport(
            self.repository.name,
            added=tuple(one.version.schema_id for one in new),
            unchanged=len(self.found.files) - len(new),
            missing=tuple(sorted(known - present)),
            revision=revisions.bump(state) if is_changed else state.revision,
            remarks=prepared.remarks,
        )

    def _decided(self, prepared: Prepared, state: RegistryState) -> Prepared:
        """What holds now. Versions never change, so what passed passes; what did not may do so by now."""
        if state.revision != prepared.revision and (prepared.problems or self._is_newer_than(prepared)):
            prepared = self.prepare()
        problems = (*prepared.problems, *importing.conflicts(self.repository, prepared.checked))
        problems += prepared.remarks if self.is_refusing else ()
        if problems:
            raise RefusedError(problems)
        return prepared

    def _is_newer_than(self, prepared: Prepared) -> bool:
        """Whether versions were published here meanwhile, against which new ones would have to be held."""
        newer = SchemaVersion.objects.filter(revision__gt=prepared.revision)
        return newer.filter(title__repository=self.repository).exists()

    def _note_success(self, remarks: tuple[Problem, ...], *, is_new: bool) -> None:
        """What the newest versions break stays to be read until others come."""
        row = Repository.objects.filter(pk=self.repository.pk)
        row.filter(failed_at__isnull=False).update(failed_at=None, problems=[])
        imported: dict[str, Any] = {"imported_at": timezone.now()}
        which = {"commit": self.commit} if self.commit else {}
        told = {"problems": _kept(remarks)} if is_new else {}
        row.update(**imported, **which, **told)


def _kept(problems: tuple[Problem, ...]) -> list[dict[str, Any]]:
    return [asdict(problem) for problem in problems[:_KEPT_PROBLEMS]]


def _refusal(repository: Repository, problems: tuple[Problem, ...], *, is_dry: bool) -> ImportReport:
    """Keep why an import was refused, beside the state that goes on being served."""
    if not is_dry:
        Repository.objects.filter(pk=repository.pk).update(failed_at=timezone.now(), problems=_kept(problems))
        what = {"repository": repository.name, "problems": len(problems), "first": str(problems[0])}
        log.warning("schemas.import_refused", extra=what)
    return ImportReport(repository.name, problems=problems, revision=importing.current_revision())
