"""Drafts and commits of managed repositories in the admin: to be looked at; publishing is the business of the pages."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from eventplatform.admin_base import ReadOnlyAdmin, TabularInline
from registry.models import Commit, Draft, DraftStep


class StepInline(TabularInline):
    """Who did what with a draft."""

    model = DraftStep
    fields = readonly_fields = ["kind", "user", "at", "edit", "comment"]
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002  # Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002  # likewise
        return False


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    """Drafts, those changed last first."""

    list_display = ["title", "state", "repository", "author", "updated_at", "page"]
    list_filter = ["state", "repository"]
    list_select_related = ["repository", "author"]
    search_fields = ["title", "reason"]
    inlines = [StepInline]

    @admin.display(description="Edit, review, publish")
    def page(self, draft: Draft) -> SafeString:
        """The way to the draft's page, where it is changed and published."""
        return format_html('<a href="{}">Open</a>', reverse("schema-draft", args=[draft.pk]))


@admin.register(Commit)
class CommitAdmin(ReadOnlyAdmin):
    """The history of managed repositories, the newest commit first."""

    list_display = ["sha", "repository", "number", "first_line", "author_name", "committed_at"]
    list_filter = ["repository"]
    list_select_related = ["repository"]
    ordering = ["-committed_at", "-number"]

    @admin.display(description="message")
    def first_line(self, commit: Commit) -> str:
        """The title and version that it published."""
        return commit.message.partition("\n")[0]
