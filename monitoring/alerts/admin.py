"""The admin of alerts: rules, receivers with a test, silences; alerts and messages to be read."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from eventplatform.admin_base import ModelAdmin, ReadOnlyAdmin
from monitoring.alerts import receivers
from monitoring.alerts.forms import ReceiverForm, RuleForm, SilenceForm
from monitoring.alerts.models import Alert, AlertNotification, AlertReceiver, AlertRule, AlertSilence


@admin.register(AlertRule)
class AlertRuleAdmin(ModelAdmin):
    """The first rule that fits an alert decides."""

    form = RuleForm
    list_display: ClassVar[list[str]] = ["name", "position", "fits", "wait_seconds", "told", "is_enabled"]
    fieldsets = (
        (None, {"fields": ("name", "position", "is_enabled")}),
        ("Which alerts", {"fields": ("kinds", "subjects", "level")}),
        ("How long", {"fields": ("wait_seconds", "settle_seconds")}),
        ("Who is told, and how often", {"fields": ("receivers", "group_by", "window_seconds", "repeat_minutes")}),
        ("Only at some hours", {"fields": ("hours_begin", "hours_end", "hours_days", "hours_zone")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("receivers")

    @admin.display(description="fits")
    def fits(self, row: AlertRule) -> str:
        """Which alerts, in words."""
        return row.words

    @admin.display(description="told")
    def told(self, row: AlertRule) -> str:
        """Who hears of them."""
        return ", ".join(one.name for one in row.receivers.all()) or "nobody: they are shown only"


@admin.register(AlertReceiver)
class AlertReceiverAdmin(ModelAdmin):
    """Who hears of alerts. Test by the action, or at /alerts/receivers."""

    form = ReceiverForm
    list_display: ClassVar[list[str]] = ["name", "kind", "place", "is_enabled"]
    actions = ("send_test",)

    @admin.display(description="leads to")
    def place(self, row: AlertReceiver) -> str:
        """Where it leads, without what is secret of it."""
        return receivers.place_of(row)

    @admin.action(description="Send a test to each", permissions=["change"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[AlertReceiver]) -> None:
        """What each answers is said at once."""
        for receiver in queryset[:10]:
            is_taken, words = receivers.test(receiver, by=request.user, now=timezone.now())
            self.message_user(request, words, messages.SUCCESS if is_taken else messages.ERROR)


@admin.register(AlertSilence)
class AlertSilenceAdmin(ModelAdmin):
    """What nobody is told for a time."""

    form = SilenceForm
    list_display: ClassVar[list[str]] = ["reason", "words", "begins_at", "until", "created_by"]
    search_fields = ("reason", "created_by")

    def save_model(self, request: HttpRequest, obj: AlertSilence, form: Any, change: bool) -> None:  # noqa: FBT001  # Django's
        """Who made it stays beside it."""
        if not change:
            obj.created_by = request.user.get_username()
        super().save_model(request, obj, form, change)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """From now on, where a link names no other time."""
        return {"begins_at": timezone.now(), **super().get_changeform_initial_data(request)}


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """All alerts; they are handled at /alerts."""

    list_display = ("what", "kind", "subject", "level", "phase", "began_at", "resolved_at", "acknowledged_by")
    list_filter = ("phase", "level", "kind")
    search_fields = ("what", "subject")
    date_hierarchy = "began_at"


@admin.register(AlertNotification)
class AlertNotificationAdmin(ReadOnlyAdmin):
    """What is on its way, was sent, or was given up."""

    list_display = ("created_at", "receiver_name", "kind", "subject", "attempts", "sent_at", "gave_up_at", "problem")
    list_filter = ("kind", "receiver_name")
    search_fields = ("subject",)
    exclude = ("alerts", "facts")
    date_hierarchy = "created_at"
