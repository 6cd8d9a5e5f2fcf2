"""Repositories, titles and versions in the admin: what was imported is looked at, never edited."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from registry.models import Repository, SchemaTitle, SchemaVersion


@admin.register(Repository)
class RepositoryAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """Where schemas come from."""

    list_display = ["name", "role", "order", "imported_at", "failed_at"]
    list_filter = ["role"]
    readonly_fields = ["folder", "imported_at", "failed_at", "problems"]


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """Published schemas change by importing alone."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  # Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002  # Django's signature
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002  # Django's signature
        return False


@admin.register(SchemaTitle)
class SchemaTitleAdmin(ReadOnlyAdmin):
    """Titles by repository."""

    list_display = ["name", "repository", "latest"]
    list_filter = ["repository"]
    list_select_related = ["repository", "latest"]
    search_fields = ["name"]


@admin.register(SchemaVersion)
class SchemaVersionAdmin(ReadOnlyAdmin):
    """Versions, the newest imports first."""

    list_display = ["schema_id", "imported_at", "path"]
    list_filter = ["title__repository"]
    search_fields = ["schema_id", "description", "field_paths"]
    ordering = ["-imported_at", "schema_id"]
