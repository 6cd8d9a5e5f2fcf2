"""Saved questions in the admin, with how they went."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from eventplatform.admin_base import ModelAdmin, ReadOnlyAdmin
from monitoring.realtime import services
from monitoring.realtime.forms import SavedForm
from monitoring.realtime.models import Evaluation, SavedQuery


@admin.register(SavedQuery)
class SavedQueryAdmin(ModelAdmin):
    form = SavedForm
    list_display = ("name", "expects", "state", "state_since", "detail", "owner", "team")
    list_filter = ("expects", "state", "team")
    search_fields = ("name", "sql")

    def save_model(self, request: HttpRequest, obj: SavedQuery, form: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Write through the service; what is new is its maker's."""
        if not change:
            obj.owner = request.user  # type: ignore[assignment]  # nobody else gets here
        services.save(obj, changed=form.changed_data)


@admin.register(Evaluation)
class EvaluationAdmin(ReadOnlyAdmin):
    list_display = ("query", "at", "verdict", "detail", "records", "left_out", "seconds")
    list_filter = ("verdict",)
    list_select_related = ("query",)
