"""Imports a repository's files as a whole, or not at all."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from registry import importing, lookups, publishing, revisions
from registry.importing import Prepared, Progress, RefusedError
from registry.models import RegistryState, Repository, SchemaVersion
from registry.repository_files import Found, Problem, read_folder

log = logging.getLogger(__name__)

_KEPT_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do. With `problems` it did nothing, and the last good state stands.

    `missing` are published versions whose files are gone; they go on being served.
    """

    repository: str
    added: tuple[str, ...] = ()
    unchanged: int = 0
    missing: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    revision: int = 0

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

    A bad file, or a published version that reads differently now, refuses the whole import; the report says which and
    why, and the repository's row keeps it. `is_dry` does all of this and undoes it. `progress` hears the stage, what is
    done and how much there is; it is called outside of any transaction until the stage "store".
    """
    try:
        prepared = importing.prepare(repository, found, progress)
        with transaction.atomic():
            report = _publish(repository, found, prepared, commit, progress)
            transaction.set_rollback(is_dry)
    except RefusedError as refused:
        return _refusal(repository, refused.problems, is_dry=is_dry)
    lookups.forget()  # also for who asks within a transaction around this one
    what = {"repository": repository.name, "added": len(report.added), "revision": report.revision, "is_dry": is_dry}
    log.info("schemas.imported", extra=what)
    return report


def _publish(repository: Repository, found: Found, prepared: Prepared, commit: str, progress: Progress | None) -> ImportReport:
    state = revisions.lock()
    prepared = _decided(repository, found, prepared, state)
    published = dict(SchemaVersion.objects.filter(title__repository=repository).values_list("path", "schema_id"))
    known = set(published.values())
    new = [one for one in prepared.checked if one.version.schema_id not in known]
    if progress:
        progress("store", 0, len(new))
    is_changed = publishing.store(repository, new, found, commit=commit, revision=state.revision + 1)
    present = {published[file.path] for file in found.files if file.path in published}
    present |= {one.version.schema_id for one in prepared.checked}
    imported = {"imported_at": timezone.now(), "failed_at": None, "problems": []}
    Repository.objects.filter(pk=repository.pk).update(**imported, **({"commit": commit} if commit else {}))
    return ImportReport(
        repository.name,
        added=tuple(one.version.schema_id for one in new),
        unchanged=len(found.files) - len(new),
        missing=tuple(sorted(known - present)),
        revision=revisions.bump(state) if is_changed else state.revision,
    )


def _decided(repository: Repository, found: Found, prepared: Prepared, state: RegistryState) -> Prepared:
    """What holds now, under the lock. Versions never change, so what passed passes; what did not may do so by now."""
    if prepared.problems and prepared.revision != state.revision:
        prepared = importing.prepare(repository, found)
    problems = (*prepared.problems, *importing.conflicts(repository, prepared.checked))
    if problems:
        raise RefusedError(problems)
    return prepared


def _refusal(repository: Repository, problems: tuple[Problem, ...], *, is_dry: bool) -> ImportReport:
    """Keep why an import was refused, beside the state that goes on being served."""
    if not is_dry:
        kept = [asdict(problem) for problem in problems[:_KEPT_PROBLEMS]]
        Repository.objects.filter(pk=repository.pk).update(failed_at=timezone.now(), problems=kept)
        what = {"repository": repository.name, "problems": len(problems), "first": str(problems[0])}
        log.warning("schemas.import_refused", extra=what)
    return ImportReport(repository.name, problems=problems, revision=importing.current_revision())
