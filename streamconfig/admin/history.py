"""What was published, asked and decided: to be looked at, never to be edited."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from eventplatform.admin_base import ReadOnlyAdmin
from streamconfig.configuration.changes import from_json
from streamconfig.models import ChangeRequest, RequestStep, Revision, Verdict
from streamconfig.pages.facts import field_words
from streamconfig.pages.pending import link_of

_CHANGES = "streamconfig/_changes.html"
_BADGES = {"draft": "unknown", "in_review": "warn", "approved": "ok", "scheduled": "info", "applied": "ok", "rejected": "fail"}


class OfItem(admin.SimpleListFilter):
    """The revisions that changed one item, such as instruments:banner; its form leads here."""

    title = "item"
    parameter_name = "item"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002  # Django's signature
        chosen = request.GET.get("item", "")
        return [(chosen, chosen)] if chosen else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002  # Django's signature
        section, _, name = (self.value() or "").partition(":")
        return queryset.filter(changes__contains=[{"section": section, "name": name}]) if name else queryset


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    """What was published, by whom and why, with its difference."""

    list_display: ClassVar[list[str]] = ["number", "created_at", "effective_at", "author", "reason", "what"]
    list_filter: ClassVar[list[Any]] = [OfItem, "author"]
    search_fields: ClassVar[list[str]] = ["author", "reason"]
    fields: ClassVar[list[str]] = [
        "number",
        "created_at",
        "effective_at",
        "request",
        "author",
        "reason",
        "difference",
        "long_hash",
    ]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Revision]:
        revisions: QuerySet[Revision] = super().get_queryset(request)
        return revisions.defer("document_text")

    @admin.display(description="changes")
    def what(self, revision: Revision) -> str:
        names = [change["name"] for change in revision.changes]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""  # noqa: PLR2004  # three names fit a row
        return ", ".join(names[:3]) + more

    @admin.display(description="difference")
    def difference(self, revision: Revision) -> SafeString:
        changes = [(one.name, one.kind, field_words(one.fields)) for one in from_json(revision.changes[:200])]
        return format_html('<div class="revision-diff">{}</div>', render_to_string(_CHANGES, {"changes": changes}))

    @admin.display(description="hash")
    def long_hash(self, revision: Revision) -> SafeString:
        return format_html('<span class="long-text">{}</span>', revision.hash)


@admin.register(ChangeRequest)
class ChangeRequestAdmin(ReadOnlyAdmin):
    """All requests; each leads to its page, where it is decided."""

    list_display: ClassVar[list[str]] = ["number", "title", "badge", "author_name", "effective_at", "created_at", "source"]
    list_display_links: ClassVar[list[str]] = ["number", "title"]
    list_filter: ClassVar[list[Any]] = ["state", "source", "is_emergency", "author_name"]
    search_fields: ClassVar[list[str]] = ["title", "reason", "author_name", "changes_text"]

    @admin.display(description="number", ordering="pk")
    def number(self, row: ChangeRequest) -> str:
        return f"Change {row.pk}"

    @admin.display(description="state", ordering="state")
    def badge(self, row: ChangeRequest) -> SafeString:
        return format_html('<span class="badge {}">{}</span>', _BADGES.get(row.state, "unknown"), row.get_state_display())

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *arguments: Any, **facts: Any
    ) -> HttpResponse:
        """A request's page is the platform's."""
        found = self.get_object(request, object_id) if object_id else None
        if found is not None and self.has_view_permission(request, found) and (link := link_of(found.pk)):
            return HttpResponseRedirect(link)
        response: HttpResponse = super().changeform_view(request, object_id, *arguments, **facts)
        return response


@admin.register(Verdict)
class VerdictAdmin(ReadOnlyAdmin):
    """Who decided what, about which content."""

    list_display: ClassVar[list[str]] = ["at", "request", "name", "kind", "comment"]
    list_filter: ClassVar[list[Any]] = ["kind", "name"]
    search_fields: ClassVar[list[str]] = ["name", "comment", "request__title"]


@admin.register(RequestStep)
class StepAdmin(ReadOnlyAdmin):
    """The audit trail of all requests."""

    list_display: ClassVar[list[str]] = ["at", "request", "who", "what", "note"]
    list_filter: ClassVar[list[Any]] = ["what", "who"]
    search_fields: ClassVar[list[str]] = ["who", "note", "request__title"]
