"""The registry's only writer: imports a repository's folder as a whole, or not at all."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from eventplatform.core.errors import RejectedError
from eventplatform.core.names import SNAPSHOT_CHANNEL, version_key
from registry import checking, lookups
from registry.checking import CheckedVersion
from registry.formats import mode_of
from registry.materialise import Materialiser
from registry.models import RegistryState, Repository, SchemaTitle, SchemaVersion
from registry.packing import pack, unpack
from registry.repository_files import Problem, VersionFile, read_folder
from registry.schema_set import SchemaSet

log = logging.getLogger(__name__)


class VersionChangedError(RejectedError):
    """A published version reads differently than when it was published."""

    code = "schema.version_changed"
    message = "{schema_id} is published and must not change."
    remedy = "Restore the file and publish the change as a new version."


class TitleTakenError(RejectedError):
    """The title belongs to another repository."""

    code = "schema.title_taken"
    message = "The title {title} of {schema_id} belongs to the repository {owner}."
    remedy = "Choose another title, or publish the version in {owner}."


class IdTwiceError(RejectedError):
    """Two files of the repository claim the same id."""

    code = "schema.id_twice"
    message = "{schema_id} is also the id of {other}."
    remedy = "Give each file an id of its own."


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. With `problems` it did nothing, and the last good state stands.

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
        """True where everything the folder holds is published now."""
        return not self.problems


class _RefusedError(Exception):
    """Rolls the transaction back; carries the problems out of it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)


def import_folder(*, name: str, folder: Path, role: str = "primary", order: int = 0) -> ImportReport:
    """Publish the versions of a repository's folder that are new; one transaction, one revision.

    A bad file, or a published version that reads differently now, refuses the whole import; the report says which and why.
    """
    found = read_folder(folder)
    try:
        if found.problems:
            return _note_refusal(name, folder, role, order, found.problems)
        with transaction.atomic():
            report = _publish(name, folder, role, order, found.files)
            transaction.on_commit(lookups.forget)
    except _RefusedError as refused:
        return _note_refusal(name, folder, role, order, refused.problems)
    lookups.forget()  # also for who asks within a transaction around this one
    log.info("schemas.imported", extra={"repository": name, "added": len(report.added), "revision": report.revision})
    return report


def _locked_state() -> RegistryState:
    """The one row; its lock lets imports come one after the other."""
    RegistryState.objects.get_or_create(pk=1)
    return RegistryState.objects.select_for_update().get(pk=1)


def _bump(state: RegistryState) -> int:
    state.revision += 1
    state.save(update_fields=["revision"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [SNAPSHOT_CHANNEL, f"registry {state.revision}"])
    return state.revision


def _repository(name: str, folder: Path, role: str, order: int) -> Repository:
    values = {"folder": str(folder), "role": role, "order": order}
    repository, _ = Repository.objects.update_or_create(name=name, defaults=values)
    return repository


def _publish(name: str, folder: Path, role: str, order: int, files: tuple[VersionFile, ...]) -> ImportReport:
    state = _locked_state()
    repository = _repository(name, folder, role, order)
    published = {version.path: version for version in _published(repository)}
    fresh = [file for file in files if file.path not in published or published[file.path].raw_hash != file.raw_hash]
    checked = _check_all(repository, fresh)
    known = {version.schema_id for version in published.values()}
    new = {version.schema_id: (file, version) for file, version in checked if version.schema_id not in known}
    _store(repository, new, state.revision + 1)
    present = {published[file.path].schema_id for file in files if file.path in published}
    present |= {version.schema_id for _, version in checked}
    Repository.objects.filter(pk=repository.pk).update(imported_at=timezone.now(), failed_at=None, problems=[])
    revision = _bump(state) if new else state.revision
    return ImportReport(name, tuple(new), len(files) - len(new), tuple(sorted(known - present)), (), revision)


def _published(repository: Repository) -> list[SchemaVersion]:
    versions = SchemaVersion.objects.filter(title__repository=repository)
    return list(versions.only("path", "raw_hash", "schema_id"))


def _read_all(files: list[VersionFile]) -> tuple[dict[str, tuple[VersionFile, dict[str, Any]]], list[Problem]]:
    """The documents of the files by `$id`, and what can't be read."""
    documents: dict[str, tuple[VersionFile, dict[str, Any]]] = {}
    problems: list[Problem] = []
    for file in files:
        try:
            document = checking.read(file)
            schema_id = document["$id"]
            if schema_id in documents:
                raise IdTwiceError(pointer="/$id", schema_id=schema_id, other=documents[schema_id][0].path)
            documents[schema_id] = (file, document)
        except RejectedError as error:
            problems.append(_problem(file, error))
    return documents, problems


def _check_all(repository: Repository, files: list[VersionFile]) -> list[tuple[VersionFile, CheckedVersion]]:
    """What can be published of the files; all problems are found before any is told."""
    documents, problems = _read_all(files)
    checked, more = _check_each(documents)
    problems += more + _conflicts(repository, checked)
    if problems:
        raise _RefusedError(problems)
    return checked


def _check_each(
    documents: Mapping[str, tuple[VersionFile, dict[str, Any]]],
) -> tuple[list[tuple[VersionFile, CheckedVersion]], list[Problem]]:
    def load(schema_id: str) -> dict[str, Any] | None:
        """A schema that another one refers to: of this import, or published before, in any repository."""
        if schema_id in documents:
            return documents[schema_id][1]
        packed = SchemaVersion.objects.filter(schema_id=schema_id).values_list("document_packed", flat=True).first()
        return json.loads(unpack(packed)) if packed else None

    materialiser = Materialiser(load)
    checked: list[tuple[VersionFile, CheckedVersion]] = []
    problems: list[Problem] = []
    for file, document in documents.values():
        try:
            checked.append((file, checking.check(document, materialiser, mode_of(settings.FORMAT_MODE))))
        except RejectedError as error:
            problems.append(_problem(file, error))
    return checked, problems


def _conflicts(repository: Repository, checked: list[tuple[VersionFile, CheckedVersion]]) -> list[Problem]:
    """Versions that are published already and read differently, and titles of other repositories."""
    known = lookups.schemas_of_this_transaction()
    ids = [version.schema_id for _, version in checked]
    hashes = dict(SchemaVersion.objects.filter(schema_id__in=ids).values_list("schema_id", "content_hash"))
    problems: list[Problem] = []
    for file, version in checked:
        taken = _taken_titles(repository, version, known)
        problems += [_problem(file, error) for error in taken]
        if not taken and hashes.get(version.schema_id, version.content_hash) != version.content_hash:
            problems.append(_problem(file, VersionChangedError(schema_id=version.schema_id)))
    return problems


def _taken_titles(repository: Repository, version: CheckedVersion, known: SchemaSet) -> list[TitleTakenError]:
    """Those of a version's titles, its id's and its document's, that lead to another repository's schemas."""
    claimed = {version.document_title: "/title", version.title: "/$id"}
    owners = {title: known.owner(title) for title in claimed}
    return [
        TitleTakenError(pointer=pointer, title=title[:200], schema_id=version.schema_id, owner=owners[title])
        for title, pointer in claimed.items()
        if owners[title] not in {"", repository.name}
    ]


def _store(repository: Repository, new: Mapping[str, tuple[VersionFile, CheckedVersion]], revision: int) -> None:
    names = {version.title for _, version in new.values()}
    SchemaTitle.objects.bulk_create(
        [SchemaTitle(name=name, repository=repository) for name in sorted(names)], ignore_conflicts=True
    )
    titles = {title.name: title for title in SchemaTitle.objects.filter(name__in=names)}
    ordered = sorted(new.values(), key=lambda one: version_key(one[1].version))
    numbers = Counter({title.name: title.versions.count() for title in titles.values()})
    rows = []
    for file, version in ordered:
        numbers[version.title] += 1
        rows.append(_row(titles[version.title], file, version, numbers[version.title], revision))
    SchemaVersion.objects.bulk_create(rows, batch_size=200)
    for title in titles.values():
        title.latest = title.versions.order_by("-major", "-minor", "-patch").only("pk").first()
    SchemaTitle.objects.bulk_update(titles.values(), ["latest"])


def _row(title: SchemaTitle, file: VersionFile, version: CheckedVersion, number: int, revision: int) -> SchemaVersion:
    major, minor, patch = version_key(version.version)
    return SchemaVersion(
        title=title,
        schema_id=version.schema_id,
        number=number,
        revision=revision,
        major=major,
        minor=minor,
        patch=patch,
        description=version.description,
        document_title=version.document_title,
        document_packed=pack(version.document_text),
        content_hash=version.content_hash,
        raw_text=file.text,
        raw_hash=file.raw_hash,
        is_self_contained=version.is_self_contained,
        path=file.path,
        field_paths="\n".join(version.field_paths),
        field_count=len(version.field_paths),
    )


def _problem(file: VersionFile, error: RejectedError) -> Problem:
    return Problem.of(error, f"jsonschema/{file.path}", checking.line_of(file, error))


def _note_refusal(name: str, folder: Path, role: str, order: int, problems: tuple[Problem, ...]) -> ImportReport:
    """Keep why an import was refused, beside the state that goes on being served."""
    values = {"failed_at": timezone.now(), "problems": [asdict(problem) for problem in problems[:100]]}
    fresh = {**values, "folder": str(folder), "role": role, "order": order}
    Repository.objects.update_or_create(name=name, defaults=values, create_defaults=fresh)
    log.warning("schemas.import_refused", extra={"repository": name, "problems": len(problems), "first": str(problems[0])})
    revision = RegistryState.objects.filter(pk=1).values_list("revision", flat=True).first() or 0
    return ImportReport(name, problems=problems, revision=revision)
