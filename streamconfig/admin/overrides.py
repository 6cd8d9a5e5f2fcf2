"""Overrides: what differs for a site, a tag of sites or an environment."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin

from streamconfig.admin.base import CHANGE_FIELDS
from streamconfig.admin.items import ItemAdmin
from streamconfig.configuration.sections import scope_parts
from streamconfig.forms.overrides import OverrideForm
from streamconfig.models import Item, Override


@admin.register(Override)
class OverrideAdmin(ItemAdmin):
    """Overrides."""

    section = "overrides"
    form = OverrideForm
    list_display: ClassVar[list[str]] = ["key", "environment", "how", "streams", "changed", "updated_by"]
    search_fields: ClassVar[list[str]] = ["key", "item_text"]
    fieldsets: ClassVar[list[Any]] = [
        ("Where it holds", {"fields": [("environment", "place"), "mode", "why"]}),
        ("What differs", {"fields": ["streams", "defaults"]}),
        CHANGE_FIELDS,
    ]

    @admin.display(description="environment")
    def environment(self, row: Item) -> str:
        return scope_parts(row.key)[0] or "all"

    @admin.display(description="how")
    def how(self, row: Item) -> str:
        return "on top" if scope_parts(row.key)[1] else "instead"

    @admin.display(description="streams")
    def streams(self, row: Item) -> str:
        names = list(row.item.get("streams") or {})
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""  # noqa: PLR2004  # three fit a row
        return ", ".join(names[:3]) + more or "the defaults"
