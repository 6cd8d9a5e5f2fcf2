"""The registry in the admin: repositories; what was imported from them stands in `schema_admin`."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from eventplatform.admin_base import ModelAdmin
from registry import tasks
from registry.managed.admin import CommitAdmin, DraftAdmin
from registry.models import Repository
from registry.repositories import pulling
from registry.repositories.form import RepositoryForm
from registry.repositories.states import state_of
from registry.schema_admin import LIFECYCLE, SchemaTitleAdmin, SchemaVersionAdmin, WaiverAdmin, save_lifecycle

__all__ = ["CommitAdmin", "DraftAdmin", "RepositoryAdmin", "SchemaTitleAdmin", "SchemaVersionAdmin", "WaiverAdmin"]

_ADMINISTER = "registry.administer_repository"
_PULL = "registry.change_repository"
_STATE = ("state", "commit", "imported_at", "next_pull_at", "wrong")
_SHOWN = 5  # problems in the form
_OF_NEW = 4  # parts of the form
_RULES = ("role", "order", "compatibility", "profile", "enforcement")


@admin.register(Repository)
class RepositoryAdmin(ModelAdmin):
    """Where schemas come from; administrators alone set it, engineers let it be pulled."""

    form = RepositoryForm
    list_display = ["name", "state", "kind", "role", "order", "short_commit", "imported_at"]
    list_filter = ["kind", "role", "is_enabled"]
    search_fields = ["name", "url"]
    actions = ["pull_now"]
    readonly_fields = _STATE
    fieldsets = [
        ("Where it comes from", {"fields": ["name", "kind", "url", "branch", "schema_folder"]}),
        (
            "What opens it: kept encrypted, never shown again",
            {"fields": ["username", "password", "private_key", "known_hosts", "clear_credentials"]},
        ),
        ("When it is pulled", {"fields": ["is_enabled", "interval_seconds", "webhook_key", "clear_webhook"]}),
        ("By which rules", {"fields": _RULES}),
        ("Deprecated: still served, refused for new streams", {"fields": LIFECYCLE}),
        ("What came of it", {"fields": _STATE}),
    ]
    view_fields = [
        ("Where it comes from", {"fields": ["name", "kind", "url", "branch", "schema_folder"]}),
        ("When it is pulled", {"fields": ["is_enabled", "interval_seconds"]}),
        ("By which rules", {"fields": _RULES}),
        ("What came of it", {"fields": _STATE}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Repository | None = None) -> Any:
        """Who may only look sees what holds, not the fields of a form; a new one has no state yet."""
        if obj is not None and not self.has_change_permission(request, obj):
            return self.view_fields
        return self.fieldsets if obj else self.fieldsets[:_OF_NEW]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_add_permission(request)) and request.user.has_perm(_ADMINISTER)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and request.user.has_perm(_ADMINISTER)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and request.user.has_perm(_ADMINISTER)

    def has_pull_permission(self, request: HttpRequest) -> bool:
        """Who may have one pulled."""
        return request.user.has_perm(_PULL)

    def save_model(self, request: HttpRequest, obj: Repository, form: RepositoryForm, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Write through the services, which seal the secrets and have it pulled."""
        pulling.save_settings(obj, changed=form.changed_data, credentials=form.credentials, webhook_secret=form.webhook)
        if change:
            save_lifecycle(obj, form, author=request.user.get_username())
        tasks.wake()

    def response_add(self, request: HttpRequest, obj: Repository, post_url_continue: str | None = None) -> HttpResponse:
        """Where one sees it being imported."""
        if {"_continue", "_addanother", "_popup"} & set(request.POST) or obj.kind != Repository.Kind.GIT:
            answer: HttpResponse = super().response_add(request, obj, post_url_continue)
            return answer
        messages.success(request, f"{obj.name} is added, and pulled as soon as a worker is free.")
        return HttpResponseRedirect(reverse("schema-repository", args=[obj.name]))

    @admin.action(description="Pull now", permissions=["pull"])
    def pull_now(self, request: HttpRequest, queryset: QuerySet[Repository]) -> None:
        asked = pulling.ask(*queryset.values_list("name", flat=True), is_anew=True)
        tasks.wake()
        self.message_user(request, f"{asked} of them will be pulled as soon as a worker is free.")

    @admin.display(description="state")
    def state(self, repository: Repository) -> SafeString:
        """A badge that leads to its page."""
        found = state_of(repository)
        link = reverse("schema-repository", args=[repository.name])
        return format_html('<a href="{}"><span class="badge {}">{}</span></a>', link, found.level, found.word)

    @admin.display(description="commit")
    def short_commit(self, repository: Repository) -> str:
        """As git shortens it: the whole one would push the rest off the list."""
        return repository.commit[:10] or "-"

    @admin.display(description="problems")
    def wrong(self, repository: Repository) -> SafeString | str:
        """What keeps it from its branch, and what was refused, by file and line."""
        trouble, problems = repository.pull_trouble, repository.problems
        lines = [f"{trouble['message']} {trouble['remedy']}"] if trouble else []
        lines += [f"{one['path']}:{one['line']}: {one['message']} {one['remedy']}" for one in problems[:_SHOWN]]
        lines += [f"And {len(problems) - _SHOWN} more: see its page."] if len(problems) > _SHOWN else []
        return format_html_join(SafeString("<br>"), "{}", ((line,) for line in lines)) if lines else "None."
