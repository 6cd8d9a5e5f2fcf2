"""The registry in the admin: repositories; what was imported from them stands in `schema_admin`."""

from __future__ import annotations

from django.contrib import admin

from eventplatform.admin_base import ModelAdmin
from registry.models import Repository
from registry.schema_admin import SchemaTitleAdmin, SchemaVersionAdmin, WaiverAdmin

__all__ = ["RepositoryAdmin", "SchemaTitleAdmin", "SchemaVersionAdmin", "WaiverAdmin"]


@admin.register(Repository)
class RepositoryAdmin(ModelAdmin):
    """Where schemas come from."""

    list_display = ["name", "role", "order", "imported_at", "failed_at"]
    list_filter = ["role"]
    readonly_fields = ["folder", "imported_at", "failed_at", "problems"]
