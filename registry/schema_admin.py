"""Titles, versions and waivers in the admin: what was published is looked at; its lifecycle alone is edited."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from eventplatform.admin_base import ModelAdmin
from eventplatform.core.errors import PlatformError
from registry import lifecycle
from registry.models import SchemaTitle, SchemaVersion, Waiver

_APPROVE = "registry.approve_draft"
LIFECYCLE = ("deprecated_since", "deprecation_reason", "replacement")


class LifecycleForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no parameter at run time
    """The part of a form that deprecates; a day makes it deprecated, an empty one takes that back."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since = cleaned.get("deprecated_since")
        if self.errors or "deprecated_since" not in self.fields:
            return cleaned
        if since:
            facts = {"since": since, "reason": cleaned["deprecation_reason"], "replacement": cleaned["replacement"]}
            _check(self, lambda: lifecycle.check_deprecation(self.instance, **facts))
        elif cleaned["deprecation_reason"] or cleaned["replacement"]:
            self.add_error("deprecated_since", "Choose the day since when it is deprecated, or empty the other two.")
        return cleaned


class LifecycleAdmin(ModelAdmin):
    """Rows that come and go with imports; people say only what should not be used any more."""

    form = LifecycleForm
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  # imports add them
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002  # what is published stays
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:  # noqa: ARG002  # Django's signature
        shown = [name for _, options in self.get_fieldsets(request) for name in options["fields"]]
        return [name for name in shown if name not in (*LIFECYCLE, "compatibility")]

    def save_model(self, request: HttpRequest, obj: lifecycle.Subject, form: forms.ModelForm, change: bool) -> None:  # type: ignore[type-arg]  # noqa: ARG002, FBT001  # likewise
        """Write through the service, where anything about the lifecycle changed."""
        save_lifecycle(obj, form, author=request.user.get_username())


def save_lifecycle(obj: lifecycle.Subject, form: forms.ModelForm, *, author: str) -> None:  # type: ignore[type-arg]  # as above
    """What a form with `LIFECYCLE` fields says of a row; nothing is written where none of them changed."""
    if not set(form.changed_data) & set(LIFECYCLE):
        return
    said = form.cleaned_data
    if said["deprecated_since"]:
        reason, replacement = said["deprecation_reason"], said["replacement"]
        lifecycle.deprecate(obj, author=author, reason=reason, replacement=replacement, since=said["deprecated_since"])
    else:
        lifecycle.undeprecate(obj, author=author)


@admin.register(SchemaTitle)
class SchemaTitleAdmin(LifecycleAdmin):
    """Titles by repository."""

    list_display = ["name", "repository", "latest", "deprecated_since"]
    list_filter = ["repository", ("deprecated_since", admin.EmptyFieldListFilter)]
    list_select_related = ["repository", "latest"]
    search_fields = ["name"]
    fieldsets = [
        ("What it is", {"fields": ["name", "repository", "latest"]}),
        ("What new versions owe to earlier ones", {"fields": ["compatibility"]}),
        ("Deprecated: still served, refused for new streams", {"fields": [*LIFECYCLE, "deprecated_by"]}),
    ]

    def save_model(self, request: HttpRequest, obj: SchemaTitle, form: forms.ModelForm, change: bool) -> None:  # type: ignore[override, type-arg]  # noqa: FBT001  # Django's signature, for this one model
        super().save_model(request, obj, form, change)
        if "compatibility" in form.changed_data:
            author = request.user.get_username()
            lifecycle.set_compatibility(obj, level=form.cleaned_data["compatibility"], author=author)


@admin.register(SchemaVersion)
class SchemaVersionAdmin(LifecycleAdmin):
    """Versions, the newest imports first."""

    list_display = ["schema_id", "imported_at", "path", "deprecated_since"]
    list_filter = ["title__repository", ("deprecated_since", admin.EmptyFieldListFilter)]
    search_fields = ["schema_id", "description", "field_paths"]
    ordering = ["-imported_at", "schema_id"]
    fieldsets = [
        ("What it is", {"fields": ["schema_id", "title", "number", "description", "path", "commit", "imported_at"]}),
        ("Deprecated: still served, refused for new streams", {"fields": [*LIFECYCLE, "deprecated_by"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SchemaVersion]:
        """Without the documents, of which a list of hundreds would be slow."""
        rows: QuerySet[SchemaVersion] = super().get_queryset(request)
        return rows.defer("document_packed", "raw_text", "field_paths")


class WaiverForm(forms.ModelForm):  # type: ignore[type-arg]  # as above
    """A waiver, refused where it would cover nothing or last nowhere."""

    class Meta:
        model = Waiver
        fields = ("title", "version", "rule", "pointer", "reason", "ends_on")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            _check(self, lambda: lifecycle.check_waiver(Waiver(**cleaned)))
        return cleaned


class StillHolds(admin.SimpleListFilter):
    """Waivers that hold today, or those whose end is over."""

    title = "whether it holds"
    parameter_name = "holds"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002  # Django's signature
        return [("yes", "Holds"), ("no", "Expired")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Waiver]) -> QuerySet[Waiver]:  # noqa: ARG002  # likewise
        today = timezone.localdate()
        wanted = {"yes": queryset.filter(ends_on__gte=today), "no": queryset.filter(ends_on__lt=today)}
        return wanted.get(self.value() or "", queryset)


@admin.register(Waiver)
class WaiverAdmin(ModelAdmin):
    """Which rule need not be kept where, why, and until when."""

    form = WaiverForm
    list_display = ["title", "version", "rule", "ends_on", "holds", "reason", "author"]
    list_filter = [StillHolds, "rule"]
    search_fields = ["title", "rule", "reason", "author"]

    @admin.display(boolean=True, ordering="ends_on")
    def holds(self, waiver: Waiver) -> bool:
        """Until its last day is over."""
        return not lifecycle.is_expired(waiver)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Engineers, and who approves versions."""
        return bool(super().has_add_permission(request)) or request.user.has_perm(_APPROVE)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """The same."""
        return bool(super().has_change_permission(request, obj)) or request.user.has_perm(_APPROVE)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Who may waive may also let the rule hold again."""
        return self.has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Waiver, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001  # Django's signature
        lifecycle.save_waiver(obj, author=request.user.get_username())

    def delete_model(self, request: HttpRequest, obj: Waiver) -> None:
        lifecycle.remove_waiver(obj, author=request.user.get_username())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Waiver]) -> None:
        for waiver in queryset:
            self.delete_model(request, waiver)


def _check(form: forms.ModelForm, ask: Any) -> None:  # type: ignore[type-arg]  # as above
    """Put what a service refuses at its field."""
    try:
        ask()
    except PlatformError as error:
        field = error.pointer.strip("/")
        form.add_error(field if field in form.fields else None, f"{error} {error.hint}")
