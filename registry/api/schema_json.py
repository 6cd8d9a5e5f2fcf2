"""Titles and versions as the API writes them, with the addresses that belong to each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from rest_framework import serializers

from registry.api.answers import deprecation_as_json, nearest_deprecation
from registry.models import SchemaTitle, SchemaVersion


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where things are, as the client reached this host; made once for an answer, as titles need no escaping."""

    api: str
    pages: str
    files: str

    @classmethod
    def seen_by(cls, request: HttpRequest) -> Addresses:
        named = (reverse(name) for name in ("api-schemas", "schemas", "repositories"))
        return cls(*(request.build_absolute_uri(address) for address in named))

    def of_title(self, title: SchemaTitle) -> dict[str, str]:
        """The page for people, the newest version's file, that file's folder, and what the API says more."""
        folder = f"{self.files}{title.repository.name}/jsonschema/{title.name}/"
        api = f"{self.api}/{title.name}"
        return {
            "self": api,
            "page": f"{self.pages}/{title.name}",
            "latest": f"{folder}latest",
            "folder": folder,
            "usage": f"{api}/usage",
            "findings": f"{api}/findings",
            "intake": f"{settings.INTAKE_URL}/v1/events",
        }

    def of_version(self, version: SchemaVersion) -> dict[str, str]:
        """The page, the self-contained document, the file as it was written."""
        api = f"{self.api}{version.schema_id}"
        return {"self": api, "page": f"{self.pages}{version.schema_id}", "raw": f"{api}?form=raw"}


def title_as_json(title: SchemaTitle, addresses: Addresses) -> dict[str, Any]:
    """A title as a line of the list; its versions must be at hand."""
    rows = sorted(title.versions.all(), key=lambda row: (row.major, row.minor, row.patch))
    latest = title.latest
    return {
        "title": title.name,
        "repository": title.repository.name,
        "role": title.repository.role,
        "description": latest.description if latest else "",
        "latest": latest.version if latest else None,
        "versions": [row.version for row in rows],
        "fields_count": latest.field_count if latest else 0,
        "deprecation": deprecation_as_json(nearest_deprecation(title)),
        "links": addresses.of_title(title),
    }


def title_in_full(title: SchemaTitle, addresses: Addresses) -> dict[str, Any]:
    """A title with what is known of each version and the rules that hold for the next one."""
    repository = title.repository
    rows = sorted(title.versions.all(), key=lambda row: (row.major, row.minor, row.patch))
    for row in rows:
        row.title = title  # sparing a look for each
    return {
        **title_as_json(title, addresses),
        "compatibility": title.compatibility or repository.compatibility,
        "guidelines": repository.profile,
        "history": [version_as_json(row, addresses) for row in rows],
    }


def version_as_json(version: SchemaVersion, addresses: Addresses) -> dict[str, Any]:
    """What is known of a version, without its document."""
    return {
        "schema_id": version.schema_id,
        "version": version.version,
        "number": version.number,
        "id": version.pk,
        "description": version.description,
        "fields_count": version.field_count,
        "imported_at": version.imported_at.isoformat(),
        "commit": version.commit,
        "revision": version.revision,
        "deprecation": deprecation_as_json(nearest_deprecation(version)),
        "links": addresses.of_version(version),
    }


class DeprecationSerializer(serializers.Serializer[Any]):
    """It goes on being served, and is refused for new streams."""

    since = serializers.DateField()
    reason = serializers.CharField()
    replacement = serializers.CharField()
    level = serializers.ChoiceField(["version", "title", "repository"])


class TitleSerializer(serializers.Serializer[Any]):
    """A title with its versions, oldest first, and where to find them."""

    title = serializers.CharField()
    repository = serializers.CharField()
    role = serializers.ChoiceField(["primary", "secondary"])
    description = serializers.CharField()
    latest = serializers.CharField(allow_null=True)
    versions = serializers.ListField(child=serializers.CharField())
    fields_count = serializers.IntegerField()
    deprecation = DeprecationSerializer(allow_null=True)
    links = serializers.DictField(child=serializers.URLField())


class VersionSerializer(serializers.Serializer[Any]):
    """A version; `number` counts within its title, `id` within the registry, as Confluent's clients use both."""

    schema_id = serializers.CharField()
    version = serializers.CharField()
    number = serializers.IntegerField()
    id = serializers.IntegerField()
    description = serializers.CharField()
    fields_count = serializers.IntegerField()
    imported_at = serializers.DateTimeField()
    commit = serializers.CharField()
    revision = serializers.IntegerField()
    deprecation = DeprecationSerializer(allow_null=True)
    links = serializers.DictField(child=serializers.URLField())


class TitleInFullSerializer(TitleSerializer):
    """With what is known of each version and the rules that hold for the next one."""

    compatibility = serializers.CharField()
    guidelines = serializers.CharField()
    history = VersionSerializer(many=True)
