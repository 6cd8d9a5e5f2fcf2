"""The admin of traffic alarms: what people say of a stream's; incidents to be read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from eventplatform.admin_base import ModelAdmin, ReadOnlyAdmin
from monitoring.traffic.models import TrafficIncident, TrafficRule
from streamconfig.lookups import snapshot


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class can't be subscripted at run time
    """What can't be meant is refused: an unknown stream, an end of what isn't off."""

    class Meta:
        model = TrafficRule
        fields = "__all__"  # noqa: DJ007  # the fieldsets choose

    def clean_stream(self) -> str:
        """The stream must be configured."""
        name: str = self.cleaned_data["stream"]
        if name not in snapshot().streams and not (self.instance.pk and self.instance.stream == name):
            raise forms.ValidationError("There is no stream of this name. Write it as events name it in meta.stream.")
        return name

    def clean(self) -> dict[str, Any]:
        """An end needs a beginning."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if found.get("off_until") and not found.get("is_off"):
            self.add_error("off_until", "Tick “off” too, or leave the date empty.")
        return found


@admin.register(TrafficRule)
class TrafficRuleAdmin(ModelAdmin):
    """A stream without a row is watched as is usual."""

    form = RuleForm
    list_display = ("stream", "sensitivity", "silence_minutes", "is_off", "off_until", "reason", "updated_by")
    list_filter = ("is_off", "sensitivity")
    search_fields = ("stream", "reason")
    fieldsets = (
        (None, {"fields": ("stream", "reason")}),
        ("What is told", {"fields": ("watches_silence", "watches_low", "watches_high", "sensitivity", "silence_minutes")}),
        ("Off", {"fields": ("is_off", "off_until")}),
        ("What is usual", {"fields": ("usual_since",)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> tuple[str, ...]:  # noqa: ARG002  # Django's signature
        return ("stream",) if obj else ()

    def save_model(self, request: HttpRequest, obj: TrafficRule, form: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        obj.updated_by = request.user.get_username()
        super().save_model(request, obj, form, change)


@admin.register(TrafficIncident)
class TrafficIncidentAdmin(ReadOnlyAdmin):
    list_display = ("stream", "kind", "began_at", "noticed_at", "ended_at", "expected", "seen", "minutes")
    list_filter = ("kind",)
    search_fields = ("stream",)
    date_hierarchy = "began_at"
