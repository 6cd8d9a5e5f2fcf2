"""The admin of targets and connectors: fields made from the kind's declaration, secrets only written, changes kept with who."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from connectors import catalog, kinds, services
from connectors.forms import admin_forms
from connectors.forms.saving import save_connector, save_target
from connectors.models import Backfill, Connector, Lease, Target
from eventplatform.admin_base import ModelAdmin, ReadOnlyAdmin


class KindAdmin(ModelAdmin):
    """Rows that have a kind, which decides on their fields; it is chosen before the form is shown."""

    looked_at: ClassVar[list[str]] = []  # what somebody sees who may only look

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **facts: Any) -> Any:  # noqa: FBT001, FBT002  # Django's signature
        """The kind's own form; whoever may only look sees the row as it is kept, which holds no secret."""
        if self._may_write(request, obj):
            facts["form"] = self.form_of(self.kind_of(request, obj), obj)
        return super().get_form(request, obj, change, **facts)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if not self._may_write(request, obj):
            return self.looked_at
        return sorted(super().get_fields(request, obj), key=lambda name: name != "name")  # the name first

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if not self._may_write(request, obj):
            return self.looked_at
        return ["name"] if obj is not None else []

    def form_of(self, kind: str, row: Any) -> type[admin_forms.GeneratedForm]:
        """The form of a kind, for a row or a new one."""
        raise NotImplementedError

    def _may_write(self, request: HttpRequest, row: Any) -> bool:
        if row is None:
            return bool(self.has_add_permission(request))
        return bool(self.has_change_permission(request, row))

    def kind_of(self, request: HttpRequest, row: Any) -> str:
        """The row's kind, or the one that was chosen for a new one."""
        kind = row.kind if row is not None else request.GET.get("kind", "")
        return kind if kind in catalog.names() else ""

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponseBase:
        """First the kind, then its form."""
        if not self.kind_of(request, None) and self.has_add_permission(request):
            facts = {"kinds": kinds.every(), "opts": self.opts, "title": "What kind of store?"}
            context = {**self.admin_site.each_context(request), **facts}
            return render(request, "admin/connectors/choose_kind.html", context)
        answer: HttpResponseBase = super().add_view(request, form_url, extra_context)
        return answer

    @method_decorator(sensitive_post_parameters())
    def changeform_view(self, request: HttpRequest, *arguments: Any, **facts: Any) -> HttpResponse:
        """As Django's, with what was posted kept out of error reports."""
        answer: HttpResponse = super().changeform_view(request, *arguments, **facts)
        return answer

    def forget(self, row: Any, by: str) -> None:
        """Delete a row through its service."""
        raise NotImplementedError

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        """As the pages do, so that readers of its own in a store are suspended too."""
        self.forget(obj, request.user.get_username())

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        for row in queryset:
            self.delete_model(request, row)

    # Django's own log knows no values; `connectors.acts` writes what changed.

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Written by the one that saves."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Likewise."""


@admin.register(Target)
class TargetAdmin(KindAdmin):
    """Stores."""

    list_display: ClassVar[list[str]] = ["name", "kind", "updated_at"]
    list_filter: ClassVar[list[str]] = ["kind"]
    search_fields: ClassVar[list[str]] = ["name"]

    looked_at: ClassVar[list[str]] = ["name", "kind", "options"]

    def form_of(self, kind: str, row: Any) -> type[admin_forms.GeneratedForm]:
        return admin_forms.target_form(kind, row)

    def forget(self, row: Any, by: str) -> None:
        services.delete_target(target=row.name, by=by)

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:  # noqa: FBT001  # likewise
        """Write through the service, which encrypts the secrets."""
        name = obj.name if change else form.cleaned_data["name"]  # type: ignore[attr-defined]  # a target
        obj.pk = save_target(name=name, kind=form.kind, values=form.values("option_"), by=request.user).pk
        obj.name = name  # type: ignore[attr-defined]  # a target


@admin.register(Connector)
class ConnectorAdmin(KindAdmin):
    """What flows where."""

    list_display: ClassVar[list[str]] = ["name", "target", "streams", "is_enabled", "updated_at"]
    list_filter: ClassVar[list[str]] = ["is_enabled", "target__kind"]
    search_fields: ClassVar[list[str]] = ["name", "target__name"]
    looked_at: ClassVar[list[str]] = ["name", "target", "streams", "options", "rules", "is_enabled"]

    def form_of(self, kind: str, row: Any) -> type[admin_forms.GeneratedForm]:  # noqa: ARG002  # a target's needs the row
        return admin_forms.connector_form(kind)

    def forget(self, row: Any, by: str) -> None:
        services.delete_connector(connector=row.name, by=by)

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Write through the service."""
        facts = form.cleaned_data
        name = obj.name if change else facts["name"]  # type: ignore[attr-defined]  # a connector
        obj.pk = save_connector(
            name=name,
            target=facts["target"].name,
            streams=facts["streams"],
            values=form.values("option_"),
            rules=form.values("rule_"),
            is_enabled=facts["is_enabled"],
            by=request.user,
        ).pk
        obj.name = name  # type: ignore[attr-defined]  # a connector


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    """Who is at work where."""

    list_display: ClassVar[list[str]] = [
        "connector",
        "topic",
        "partition",
        "state",
        "next_offset",
        "end_offset",
        "owner",
        "until",
    ]
    list_filter: ClassVar[list[str]] = ["state", "connector"]


@admin.register(Backfill)
class BackfillAdmin(ReadOnlyAdmin):
    """What was taken again, and who asked for it."""

    list_display: ClassVar[list[str]] = ["connector", "stream", "state", "created_by", "created_at", "ended_at"]
    list_filter: ClassVar[list[str]] = ["state", "connector"]
