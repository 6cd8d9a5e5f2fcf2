"""Teams, intake services, sites and policies."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from streamconfig.admin.base import CHANGE_FIELDS, ProposingAdmin
from streamconfig.configuration.document import Document
from streamconfig.configuration.effects import CODES
from streamconfig.forms.door import SERVICE_GROUPS
from streamconfig.forms.items import PolicyForm, ServiceForm, SiteForm, TeamForm
from streamconfig.models import IntakeService, Item, Policy, Site, Team
from streamconfig.services import Wish


class ItemAdmin(ProposingAdmin):
    """Items of one of our own sections."""

    list_display: ClassVar[list[str]] = ["key", "title", "changed", "updated_by"]
    search_fields: ClassVar[list[str]] = ["key", "title"]
    view_fields: ClassVar[list[Any]] = [(None, {"fields": ["key", "what_holds"]})]
    readonly_fields: ClassVar[list[str]] = ["what_holds"]

    def wish_to_remove(self, names: Iterable[str]) -> Wish:
        gone = frozenset(names)

        def wish(before: Document) -> Document:
            kept = {key: item for key, item in before.section(self.section).items() if key not in gone}
            return replace(before, sections={**before.sections, self.section: kept})

        return wish

    @admin.display(description="what holds")
    def what_holds(self, row: Item) -> SafeString:
        return format_html('<pre class="long-text">{}</pre>', json.dumps(row.item, indent=2, ensure_ascii=False))

    @admin.display(description="state", ordering="is_enabled")
    def state(self, row: Item) -> SafeString:
        state, word = ("ok", "On") if row.is_enabled else ("paused", "Switched off")
        return format_html('<span class="badge {}">{}</span>', state, word)


@admin.register(Team)
class TeamAdmin(ItemAdmin):
    """Teams; who is in one is said by the group `team: <key>`."""

    section = "teams"
    form = TeamForm
    fieldsets: ClassVar[list[Any]] = [
        (None, {"fields": ["key", "title", "description", ("contact", "email")]}),
        CHANGE_FIELDS,
    ]


@admin.register(IntakeService)
class ServiceAdmin(ItemAdmin):
    """Intake services."""

    section = "services"
    form = ServiceForm
    list_display: ClassVar[list[str]] = ["key", "title", "profile", "hosts", "changed", "updated_by"]
    fieldsets: ClassVar[list[Any]] = [
        (None, {"fields": ["key", "title", "description", ("url", "audience")]}),
        *SERVICE_GROUPS,
        CHANGE_FIELDS,
    ]

    @admin.display(description="answers")
    def profile(self, row: Item) -> str:
        return "as EventGate" if row.item.get("profile") == "eventgate" else "the platform's own"

    @admin.display(description="hosts")
    def hosts(self, row: Item) -> str:
        return ", ".join(row.item.get("hosts") or ()) or "-"


@admin.register(Site)
class SiteAdmin(ItemAdmin):
    """Sites."""

    section = "sites"
    form = SiteForm
    fieldsets: ClassVar[list[Any]] = [(None, {"fields": ["key", "title", ("tags", "hosts")]}), CHANGE_FIELDS]


@admin.register(Policy)
class PolicyAdmin(ItemAdmin):
    """Policies. While there is none, those that come with the platform hold."""

    section = "policies"
    form = PolicyForm
    list_display: ClassVar[list[str]] = ["key", "title", "effects_words", "wants", "changed"]
    fieldsets: ClassVar[list[Any]] = [
        ("When", {"fields": ["key", "title", "effects", "rate_factor", "sources", "environments"]}),
        ("What it wants", {"fields": ["approvals", "by", ("outside_team", "waives")]}),
        CHANGE_FIELDS,
    ]

    @admin.display(description="when")
    def effects_words(self, row: Item) -> str:
        return "; ".join(CODES.get(one, "Every change" if one == "*" else one) for one in row.item.get("effects") or ())

    @admin.display(description="wants")
    def wants(self, row: Item) -> str:
        item = row.item
        if item.get("waives"):
            return "waives approvals"
        return f"{item.get('approvals', 1)} by {' or '.join(item.get('by') or ['any approver'])}"
