"""What of a repository's files can be published: read, checked and compared with what is published already."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from eventplatform.core.errors import RejectedError
from eventplatform.core.names import document_title, version_key
from registry.models import RegistryState, Repository, SchemaTitle, SchemaVersion
from registry.schema import checking
from registry.schema.checking import CheckedVersion
from registry.schema.formats import mode_of
from registry.schema.materialise import Materialiser
from registry.schema.packing import unpack
from registry.schema.repository_files import Found, Problem, VersionFile

Progress = Callable[[str, int, int], None]

_MAX_PATH = 500
_MAX_TITLE = 200
_MAX_NUMBER = 2**31 - 1
_TOLD_EVERY = 25  # files between two words of progress
_Documents = dict[str, tuple[VersionFile, str]]  # by `$id`
_Bad = list[tuple[VersionFile, RejectedError]]


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


class NotStorableError(RejectedError):
    """A name or number that is larger than any honest one."""

    code = "schema.not_storable"
    message = "The {what} is too large: at most {limit}."
    remedy = "Choose a shorter name, or a smaller number."


class RefusedError(Exception):
    """Ends an import, and rolls its transaction back; carries the problems out of it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Checked:
    """A file, and what is to be stored of it."""

    file: VersionFile
    version: CheckedVersion


@dataclass(frozen=True, slots=True)
class Prepared:
    """What can be said of files without the registry's lock, as of a revision.

    `problems` refuse the import; `remarks` are broken guidelines and promises, which do so where the repository wants it.
    """

    checked: tuple[Checked, ...]
    problems: tuple[Problem, ...]
    revision: int
    remarks: tuple[Problem, ...] = ()


def prepare(repository: Repository, found: Found, progress: Progress | None = None) -> Prepared:
    """Read and check the files that are new or read differently than what is published; takes all the time, and no lock.

    Raises:
        RefusedError: the repository holds what none may hold.
    """
    if found.problems:
        raise RefusedError(found.problems)
    revision = current_revision()
    known = dict(SchemaVersion.objects.filter(title__repository=repository).values_list("path", "raw_hash"))
    fresh = [file for file in found.files if known.get(file.path) != file.raw_hash]
    tell = progress or silent
    documents, unreadable = _read_all(fresh, tell)
    checked, invalid = _check_all(documents, tell)
    problems = tuple(problem(repository, *one) for one in (*unreadable, *invalid))
    return Prepared(tuple(checked), problems, revision)


def silent(_stage: str, _done: int, _total: int) -> None:
    """Progress that nobody wants to hear."""


def current_revision() -> int:
    """The registry's, now."""
    return RegistryState.objects.filter(pk=1).values_list("revision", flat=True).first() or 0


def conflicts(repository: Repository, checked: Iterable[Checked]) -> list[Problem]:
    """Versions that are published and read differently, and titles of other repositories. To be asked under the lock."""
    every = list(checked)
    ids = [one.version.schema_id for one in every]
    hashes = dict(SchemaVersion.objects.filter(schema_id__in=ids).values_list("schema_id", "content_hash"))
    owners = _owners(repository, {title for one in every for title in _claims(one.version)})
    problems: list[Problem] = []
    for one in every:
        version = one.version
        taken = [
            TitleTakenError(pointer=pointer, title=title[:200], schema_id=version.schema_id, owner=owners[title])
            for title, pointer in _claims(version).items()
            if title in owners
        ]
        problems += [problem(repository, one.file, error) for error in taken]
        if not taken and hashes.get(version.schema_id, version.content_hash) != version.content_hash:
            problems.append(problem(repository, one.file, VersionChangedError(schema_id=version.schema_id)))
    return problems


def problem(repository: Repository, file: VersionFile, error: RejectedError) -> Problem:
    """The problem that `error` tells, at its place in the file."""
    return Problem.of(error, f"{repository.schema_folder}/{file.path}", checking.line_of(file, error))


def _claims(version: CheckedVersion) -> dict[str, str]:
    """A version's titles, its document's and its id's, with the place of each."""
    return {version.document_title: "/title", version.title: "/$id"} if version.document_title else {version.title: "/$id"}


def _owners(repository: Repository, titles: set[str]) -> dict[str, str]:
    """The other repositories to which some of the titles lead, be it by ids or by what documents call themselves."""
    others = SchemaVersion.objects.exclude(title__repository=repository)
    by_document = others.filter(document_title__in=titles).values_list("document_title", "title__repository__name")
    by_id = SchemaTitle.objects.filter(name__in=titles).values_list("name", "repository__name")
    owners = {**dict(by_document), **dict(by_id)}
    return {title: owner for title, owner in owners.items() if owner != repository.name}


def _read_all(files: list[VersionFile], tell: Progress) -> tuple[_Documents, _Bad]:
    """The documents of the files by `$id`, as JSON, a tenth of what they take as objects; and what can't be read."""
    documents: _Documents = {}
    problems: _Bad = []
    for done, file in enumerate(files):
        tell_sometimes(tell, "read", done, len(files))
        try:
            document = checking.read(file)
            _check_sizes(file, document)
            schema_id = document["$id"]
            if schema_id in documents:
                raise IdTwiceError(pointer="/$id", schema_id=schema_id, other=documents[schema_id][0].path)
            documents[schema_id] = (file, json.dumps(document, ensure_ascii=False))
        except RejectedError as error:
            problems.append((file, error))
    return documents, problems


def _check_sizes(file: VersionFile, document: Mapping[str, Any]) -> None:
    """Refuse by name what a column would refuse."""
    if len(file.path) > _MAX_PATH:
        raise NotStorableError(what="file's path", limit=f"{_MAX_PATH} characters")
    if max(version_key(file.version)) > _MAX_NUMBER:
        raise NotStorableError(pointer="/$id", what="version's number", limit=_MAX_NUMBER)
    if len(document_title(document)) > _MAX_TITLE:
        raise NotStorableError(pointer="/title", what="title", limit=f"{_MAX_TITLE} characters")


def _check_all(documents: _Documents, tell: Progress) -> tuple[list[Checked], _Bad]:
    materialiser = Materialiser(lambda schema_id: _loaded(documents, schema_id))
    mode = mode_of(settings.FORMAT_MODE)
    checked: list[Checked] = []
    problems: _Bad = []
    for done, (file, text) in enumerate(documents.values()):
        tell_sometimes(tell, "check", done, len(documents))
        try:
            checked.append(Checked(file, checking.check(json.loads(text), materialiser, mode)))
        except RejectedError as error:
            problems.append((file, error))
    return checked, problems


def _loaded(documents: _Documents, schema_id: str) -> Mapping[str, Any] | None:
    """A schema that another one refers to: of this import, or published before, in any repository."""
    found: Mapping[str, Any] | None = None
    if schema_id in documents:
        found = json.loads(documents[schema_id][1])
    else:
        packed = SchemaVersion.objects.filter(schema_id=schema_id).values_list("document_packed", flat=True).first()
        found = json.loads(unpack(packed)) if packed else None
    return found


def tell_sometimes(tell: Progress, stage: str, done: int, total: int) -> None:
    """Progress, not for every file."""
    if done % _TOLD_EVERY == 0:
        tell(stage, done, total)
