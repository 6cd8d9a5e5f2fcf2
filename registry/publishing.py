"""Writes the rows of an import: versions, what they refer to, and what their titles show."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Max

from eventplatform.core.errors import RejectedError
from eventplatform.core.names import version_key
from registry.importing import Checked
from registry.models import Repository, SchemaReference, SchemaTitle, SchemaVersion
from registry.schema import documents, references, search_text
from registry.schema.packing import pack
from registry.schema.repository_files import Found

_BATCH = 200


def store(repository: Repository, new: Sequence[Checked], found: Found, *, commit: str, revision: int) -> bool:
    """Write what is new, in the order of versions; answers whether anything changed."""
    titles = _titles(repository, {one.version.title for one in new})
    versions = _store_versions(titles, new, commit, revision)
    _store_references(versions, new, found.currents)
    changed = _newest(titles)
    changed |= _beside(repository, found, titles)
    SchemaTitle.objects.bulk_create(
        [titles[name] for name in sorted(changed)],
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["latest", "search_text", "current_text", "changelog_text"],
    )
    return bool(new or changed)


def _titles(repository: Repository, names: set[str]) -> dict[str, SchemaTitle]:
    rows = [SchemaTitle(name=name, repository=repository) for name in sorted(names)]
    SchemaTitle.objects.bulk_create(rows, batch_size=_BATCH, ignore_conflicts=True)
    return {title.name: title for title in SchemaTitle.objects.filter(name__in=names)}


def _store_versions(
    titles: Mapping[str, SchemaTitle], new: Iterable[Checked], commit: str, revision: int
) -> dict[str, SchemaVersion]:
    known = SchemaVersion.objects.filter(title__in=titles.values()).order_by().values("title__name")
    numbers = dict(known.annotate(highest=Max("number")).values_list("title__name", "highest"))
    rows = []
    for one in sorted(new, key=lambda one: version_key(one.version.version)):
        name = one.version.title
        numbers[name] = numbers.get(name, 0) + 1
        rows.append(_row(titles[name], one, number=numbers[name], commit=commit, revision=revision))
    SchemaVersion.objects.bulk_create(rows, batch_size=_BATCH)
    return {row.schema_id: row for row in rows}


def _row(title: SchemaTitle, one: Checked, *, number: int, commit: str, revision: int) -> SchemaVersion:
    file, version = one.file, one.version
    major, minor, patch = version_key(version.version)
    return SchemaVersion(
        title=title,
        schema_id=version.schema_id,
        number=number,
        revision=revision,
        commit=commit,
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


def _store_references(versions: Mapping[str, SchemaVersion], new: Iterable[Checked], currents: Mapping[str, str]) -> None:
    read = functools.cache(_source)  # one for all versions of a title
    rows = [
        SchemaReference(version=versions[one.version.schema_id], target_id=target)
        for one in new
        for target in sorted(_referred(one, read(currents.get(folder_of(one.file.path), ""))))
    ]
    SchemaReference.objects.bulk_create(rows, batch_size=1000)


def _source(current: str) -> Any:
    """What a current.yaml says; nothing where there is none that can be read."""
    try:
        return documents.load(current) if current else None
    except RejectedError:
        return None  # the guidelines tell of it; what is published doesn't hang on it


def _referred(one: Checked, source: Any) -> frozenset[str]:
    """What a file refers to; where it is self-contained, what the current.yaml of the same id, its source, refers to."""
    if not one.version.is_self_contained:
        return references.named_in(documents.load(one.file.text, is_json=one.file.is_json))
    is_its_source = isinstance(source, dict) and source.get("$id") == one.version.schema_id
    return references.named_in(source) if is_its_source else frozenset()


def _newest(titles: Mapping[str, SchemaTitle]) -> set[str]:
    """Let each title know its newest version, and what the search finds in that; answers the names of those changed."""
    ordered = SchemaVersion.objects.filter(title__in=titles.values()).order_by("title_id", "-major", "-minor", "-patch")
    newest = ordered.distinct("title_id").values_list("title__name", "pk")
    changed = {name for name, pk in newest if titles[name].latest_id != pk}
    latest = dict(newest)
    for row in SchemaVersion.objects.filter(pk__in=[latest[name] for name in changed]).select_related("title").iterator(_BATCH):
        title = titles[row.title.name]
        title.latest_id = row.pk
        title.search_text = search_text.of(title.name, row.document)
    return changed


def _beside(repository: Repository, found: Found, titles: dict[str, SchemaTitle]) -> set[str]:
    """Keep each title's current.yaml and CHANGELOG.md; adds to `titles`, and answers the names of those changed."""
    known = SchemaVersion.objects.filter(title__repository=repository).order_by("major", "minor", "patch")
    folders = {folder_of(path): name for path, name in known.values_list("path", "title__name")}
    present = {folder_of(file.path) for file in found.files}
    rows = {title.name: title for title in SchemaTitle.objects.filter(repository=repository)}
    changed = set()
    for folder in present & folders.keys():
        title = titles.get(folders[folder]) or rows[folders[folder]]
        texts = found.currents.get(folder, ""), found.changelogs.get(folder, "")
        if texts != (title.current_text, title.changelog_text):
            title.current_text, title.changelog_text = texts
            titles[title.name] = title
            changed.add(title.name)
    return changed


def folder_of(path: str) -> str:
    """The folder of a title's file, below the repository's folder of titles."""
    return path.rpartition("/")[0]
