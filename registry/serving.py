"""The tree of a repository as it is served: a version's file in each of its forms, and what each folder holds."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db.models import Func, IntegerField, QuerySet

from registry import rendering
from registry.models import SchemaVersion

Form = Literal["yaml", "json"]

_FILE = re.compile(r"(?P<version>latest|\d+\.\d+\.\d+)(?:\.(?P<form>yaml|json))?")
_FOLDER = re.compile(r"[a-zA-Z0-9_-][a-zA-Z0-9._-]*(?:/[a-zA-Z0-9_-][a-zA-Z0-9._-]*)*")
_FORMS: dict[str | None, Form] = {"yaml": "yaml", "json": "json"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an address below `jsonschema/` asks for; `form` is None where the client's Accept decides."""

    folder: str
    version: str
    form: Form | None


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
            entry["mtime"] = f"{self.mtime:%a, %d %b %Y %H:%M:%S GMT}"
        return entry if self.size is None else entry | {"size": self.size}


def parse(path: str) -> Wanted | None:
    """The file that `path` names, if it can be one."""
    folder, _, name = path.rpartition("/")
    match = _FILE.fullmatch(name)
    if match is None or not _FOLDER.fullmatch(folder):
        return None
    return Wanted(folder, match["version"], _FORMS.get(match["form"]))


def find(repository: str, wanted: Wanted) -> SchemaVersion | None:
    """The version by its id, or by its place in the repository: the two differ where a file's `$id` says so."""
    versions = SchemaVersion.objects.filter(title__repository__name=repository).order_by("-major", "-minor", "-patch")
    if wanted.version != "latest":
        major, minor, patch = wanted.version.split(".")
        versions = versions.filter(major=int(major), minor=int(minor), patch=int(patch))
    by_title = versions.filter(title__name=wanted.folder).first()
    return by_title or versions.filter(path__regex=rf"^{re.escape(wanted.folder)}/[^/]+$").first()


def text(version: SchemaVersion, form: Form) -> str:
    """The version as YAML or JSON, always self-contained; as it was written wherever it was written so."""
    if version.is_self_contained and version.path.endswith(f".{form}"):
        return version.raw_text
    return rendering.as_yaml(version.document) if form == "yaml" else rendering.as_json(version.document)


def listing(repository: str, folder: str) -> tuple[Entry, ...]:
    """What a folder below `jsonschema/` holds; nothing where there is no such folder. The root is the empty name."""
    if folder and not _FOLDER.fullmatch(folder):
        return ()
    versions = SchemaVersion.objects.filter(title__repository__name=repository)
    prefix = f"{folder}/" if folder else ""
    below = [(path.removeprefix(prefix), at, size) for path, at, size in _rows(versions.filter(path__startswith=prefix))]
    if not below:  # a title whose files lie elsewhere than its ids say
        below = [(path.rpartition("/")[2], at, size) for path, at, size in _rows(versions.filter(title__name=folder))]
    folders = sorted({path.split("/")[0] for path, _, _ in below if "/" in path})
    files = [(path.rpartition(".")[0], at, size) for path, at, size in below if "/" not in path]
    return (*(Entry(name, "directory") for name in folders), *_files(files))


def _rows(versions: QuerySet[SchemaVersion]) -> list[tuple[str, datetime, int]]:
    size = Func("raw_text", function="octet_length", output_field=IntegerField())
    ordered = versions.order_by("major", "minor", "patch").annotate(size=size)
    return list(ordered.values_list("path", "imported_at", "size"))


def _files(versions: Iterable[tuple[str, datetime, int]]) -> tuple[Entry, ...]:
    """Each version, oldest first, under all of its names; then the newest once more as `latest`."""
    rows = list(versions)
    named = [*rows, ("latest", *rows[-1][1:])] if rows else []
    return tuple(
        Entry(f"{name}{end}", "file", imported_at, size if end != ".json" else None)
        for name, imported_at, size in named
        for end in ("", ".json", ".yaml")
    )
