"""Repositories, titles and versions in the admin: what was imported is looked at, never edited."""

from __future__ import annotations

from django.contrib import admin

from eventplatform.admin_base import ModelAdmin, ReadOnlyAdmin
from registry.models import Repository, SchemaTitle, SchemaVersion


@admin.register(Repository)
class RepositoryAdmin(ModelAdmin):
    """Where schemas come from."""

    list_display = ["name", "role", "order", "imported_at", "failed_at"]
    list_filter = ["role"]
    readonly_fields = ["folder", "imported_at", "failed_at", "problems"]


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
