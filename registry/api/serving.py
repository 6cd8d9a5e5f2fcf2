"""The tree of a repository as it is served: a version's file in each of its forms, and what each folder holds.

Nothing here touches a disk. A name is compared with a strict pattern, then looked up among published rows.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from django.db.models import CharField, F, Func, Max, QuerySet, Value
from django.db.models.functions import Substr
from django.db.models.lookups import Contains
from django.utils.http import http_date

from registry.models import Repository, SchemaTitle, SchemaVersion
from registry.schema import rendering

Form = Literal["yaml", "json", "markdown"]

_NUMBER = "(?:0|[1-9][0-9]{0,8})"
_VERSION = re.compile(rf"(?P<version>latest|{_NUMBER}\.{_NUMBER}\.{_NUMBER})(?:\.(?P<form>yaml|json))?")
_SEGMENT = "[a-zA-Z0-9_-][a-zA-Z0-9._-]*"
_FOLDER = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")
_MAX_PATH = 500
_FORMS: dict[str | None, Form] = {"yaml": "yaml", "json": "json"}
CURRENT, CHANGELOG = "current.yaml", "CHANGELOG.md"
_KEPT_FILES = 256


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an address below `jsonschema/` asks for; `form` is None where the client's Accept decides."""

    folder: str
    name: str
    version: str = ""
    form: Form | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file's bytes, also packed, and a strong ETag of each."""

    body: bytes
    packed: bytes
    tag: str

    @classmethod
    def of(cls, text: str) -> File:
        body = text.encode()
        return cls(body, gzip.compress(body, mtime=0), hashlib.sha256(body).hexdigest()[:32])


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a listing."""

    name: str
    type: Literal["directory", "file"]
    mtime: datetime | None = None
    size: int | None = None

    def as_json(self) -> dict[str, Any]:
        """As nginx' autoindex, which serves the reference, writes it."""
        entry: dict[str, Any] = {"name": self.name, "type": self.type}
        if self.mtime is not None:
            entry["mtime"] = http_date(self.mtime.timestamp())
        return entry if self.size is None else entry | {"size": self.size}


def parse(path: str) -> Wanted | None:
    """The file that `path` names, if it can be one."""
    folder, _, name = path.rpartition("/")
    if len(path) > _MAX_PATH or not _FOLDER.fullmatch(folder):
        return None
    if name == CURRENT:
        return Wanted(folder, name, form="yaml")
    if name == CHANGELOG:
        return Wanted(folder, name, form="markdown")
    match = _VERSION.fullmatch(name)
    return Wanted(folder, name, match["version"], _FORMS.get(match["form"])) if match else None


def is_folder(path: str) -> bool:
    """Whether `path` can name a folder below `jsonschema/`; the empty one is the root."""
    return not path or (len(path) <= _MAX_PATH and bool(_FOLDER.fullmatch(path)))


def find(repository: str, wanted: Wanted) -> SchemaVersion | None:
    """The version by its id, or by its place in the repository: the two differ where a file's `$id` says so.

    For a file that belongs to a title as a whole it is the newest version, whose title holds the text.
    """
    versions = _light(SchemaVersion.objects.filter(title__repository__name=repository))
    if wanted.version in {"", "latest"}:
        newest = versions.order_by("-major", "-minor", "-patch")
        return newest.filter(title__name=wanted.folder).first() or _files_in(newest, wanted.folder).first()
    paths = [f"{wanted.folder}/{wanted.version}.{form}" for form in ("yaml", "json")]
    by_id = versions.filter(schema_id=f"/{wanted.folder}/{wanted.version}").first()
    return by_id or versions.filter(path__in=paths).first()


def _light(versions: QuerySet[SchemaVersion]) -> QuerySet[SchemaVersion]:
    """Without the texts, which are kept elsewhere."""
    heavy = ("document_packed", "raw_text", "field_paths", "title__current_text", "title__changelog_text", "title__search_text")
    return versions.select_related("title__repository").defer(*heavy)


def file_of(version: SchemaVersion, form: Form) -> File:
    """The version as YAML or JSON, always self-contained; as it was written wherever it was written so."""
    return _version_file(version.pk, version.content_hash, version.raw_hash, form)


def title_file(version: SchemaVersion, name: str) -> File | None:
    """`current.yaml` or `CHANGELOG.md` of a version's title; nothing where the repository has none."""
    text = version.title.current_text if name == CURRENT else version.title.changelog_text
    return File.of(text) if text else None


@lru_cache(maxsize=_KEPT_FILES)
def _version_file(pk: int, _content_hash: str, _raw_hash: str, form: Form) -> File:
    """Kept for a while: a version never changes, and the hashes tell it from one of another database."""
    version = SchemaVersion.objects.get(pk=pk)
    return File.of(_text(version, form))


def _text(version: SchemaVersion, form: Form) -> str:
    if version.is_self_contained and version.path.endswith(f".{form}"):
        return version.raw_text
    return rendering.as_yaml(version.document) if form == "yaml" else rendering.as_json(version.document)


def repositories() -> tuple[Entry, ...]:
    """The folders below `/repositories/`."""
    rows = Repository.objects.order_by("name").values_list("name", "imported_at")
    return tuple(Entry(name, "directory", imported_at) for name, imported_at in rows)


def listing(repository: str, folder: str) -> tuple[Entry, ...]:
    """What a folder below `jsonschema/` holds, folders first; nothing where there is no such folder."""
    if not is_folder(folder):
        return ()
    versions = SchemaVersion.objects.filter(title__repository__name=repository)
    folders = _folders_in(versions, folder)
    light = _light(versions).order_by("major", "minor", "patch")
    files = list(_files_in(light, folder)) if folder else []
    if not files and not folders:  # a title whose files lie elsewhere than its ids say
        files = list(light.filter(title__name=folder))
    return (*folders, *_entries(files))


def _folders_in(versions: QuerySet[SchemaVersion], folder: str) -> list[Entry]:
    first = Func(_rest(folder), Value("/"), Value(1), function="split_part", output_field=CharField())
    below = _below(versions, folder).filter(Contains(_rest(folder), "/")).order_by()
    rows = below.annotate(name=first).values("name").annotate(at=Max("imported_at")).order_by("name")
    return [Entry(row["name"], "directory", row["at"]) for row in rows]


def _files_in(versions: QuerySet[SchemaVersion], folder: str) -> QuerySet[SchemaVersion]:
    return _below(versions, folder).exclude(Contains(_rest(folder), "/"))


def _below(versions: QuerySet[SchemaVersion], folder: str) -> QuerySet[SchemaVersion]:
    """Those whose file is in the folder or deeper."""
    return versions.filter(path__startswith=f"{folder}/" if folder else "")


def _rest(folder: str) -> Substr:
    """A file's path from the folder on."""
    return Substr("path", len(folder) + 2 if folder else 1)


def _entries(versions: list[SchemaVersion]) -> Iterator[Entry]:
    """Each version, oldest first, under all of its names; the newest once more as `latest`; then the title's own files."""
    if not versions:
        return
    newest = versions[-1]
    for name, version in [*((one.version, one) for one in versions), ("latest", newest)]:
        sizes = {form: len(file_of(version, form).body) for form in ("yaml", "json")}
        for end in ("", ".json", ".yaml"):
            yield Entry(f"{name}{end}", "file", version.imported_at, sizes[_FORMS.get(end[1:]) or "yaml"])
    texts = SchemaTitle.objects.filter(pk=newest.title_id)
    for name, column in ((CURRENT, "current_text"), (CHANGELOG, "changelog_text")):
        size = texts.values_list(Func(F(column), function="octet_length"), flat=True).first()
        if size:
            yield Entry(name, "file", newest.imported_at, size)
