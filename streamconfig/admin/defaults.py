"""The one row of defaults; engineers alone change it, since it holds for every stream."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from streamconfig.admin.base import CHANGE_FIELDS, ProposingAdmin
from streamconfig.configuration.changes import DEFAULTS
from streamconfig.forms.defaults import DefaultsForm
from streamconfig.models import Defaults


@admin.register(Defaults)
class DefaultsAdmin(ProposingAdmin):
    """Defaults."""

    section = DEFAULTS
    form = DefaultsForm
    fieldsets: ClassVar[list[Any]] = [
        ("What is collected", {"fields": [("sampling_percent", "sampling_unit")]}),
        ("Where it goes", {"fields": [("service", "canary"), "consumers"]}),
        (
            "Producers",
            {"fields": [("eventbus_enabled", "eventbus_service"), "headers", ("edge_uniques", "test_kitchen"), "attributes"]},
        ),
        ("Topics and other settings", {"fields": ["topic_rule", "topic_values", "message_key", "other_settings"]}),
        CHANGE_FIELDS,
    ]
    view_fields: ClassVar[list[Any]] = [(None, {"fields": ["settings_text"]})]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  # there is one row, always
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002  # likewise
        return False

    def item_name(self, row: Any) -> str:  # noqa: ARG002  # of a family
        return DEFAULTS

    def changelist_view(self, request: HttpRequest, *arguments: Any, **facts: Any) -> HttpResponse:
        """The list of one row is its form."""
        Defaults.objects.get_or_create(pk=1)
        if not self.has_view_or_change_permission(request):
            return super().changelist_view(request, *arguments, **facts)
        return HttpResponseRedirect(reverse("admin:streamconfig_defaults_change", args=[1]))
