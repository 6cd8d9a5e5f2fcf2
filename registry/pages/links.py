"""Addresses that the pages share: of a version and its fields, of the files, and of pages that another part may bring."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from django.urls import NoReverseMatch, reverse

from eventplatform.core.names import is_schema_id, split_schema_id
from registry.models import SchemaVersion


@dataclass(frozen=True, slots=True)
class Crumb:
    """A part of a title and the catalogue narrowed to it; the last part leads nowhere."""

    name: str
    link: str


def crumbs(title: str) -> list[Crumb]:
    """The way from the catalogue to a title."""
    *folders, name = title.split("/")
    above = ["/".join(folders[: index + 1]) for index in range(len(folders))]
    links = [f"{reverse('schemas')}?{urlencode({'q': f'{folder}/'})}" for folder in above]
    return [*(Crumb(*both) for both in zip(folders, links, strict=True)), Crumb(name, "")]


def optional(name: str, *arguments: str) -> str:
    """The address of a page, or nothing where no part of the platform has it."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def version_link(schema_id: str) -> str:
    """A version's page."""
    return reverse("schema-version", args=split_schema_id(schema_id))


def anchor(path: str) -> str:
    """The id of a field's row."""
    return f"field.{path}"


def field_link(path: str, page: str = "") -> str:
    """A field's row on a version's page, unfolded; without `page` on the one that is open."""
    return f"{page}?{urlencode({'tab': 'fields', 'at': path})}#{quote(anchor(path))}"


def repository_link(name: str) -> str:
    """A repository's page, or the catalogue narrowed to it."""
    return optional("schema-repository", name) or f"{reverse('schemas')}?{urlencode({'repository': name})}"


def replacement_link(replacement: str) -> str:
    """Where the replacement of something deprecated is found; it may be a version's id, a title or a repository."""
    if is_schema_id(replacement):
        return version_link(replacement)
    if "/" in replacement:
        return reverse("schema", args=[replacement.strip("/")])
    return repository_link(replacement) if replacement else ""


def files(version: SchemaVersion) -> dict[str, str]:
    """This version's file in both forms, the address that always means the newest, and the folder."""
    folder = reverse("repository-path", args=[version.title.repository.name, f"{version.title.name}/"])
    return {
        "yaml": f"{folder}{version.version}.yaml",
        "json": f"{folder}{version.version}.json",
        "latest": f"{folder}latest",
        "folder": folder,
    }
