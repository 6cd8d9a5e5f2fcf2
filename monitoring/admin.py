"""The admin of users and groups, and of what monitoring keeps, to be read."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from eventplatform.admin_base import ModelAdmin, ReadOnlyAdmin, TabularInline
from monitoring.alerts import admin as alert_admin  # noqa: F401  # registers itself
from monitoring.models import CanaryArrival, CanaryRun, CanaryTurn, IntakeCount, RoleHeartbeat

admin.site.unregister((User, Group))


@admin.register(User)
class PeopleAdmin(UserAdmin, ModelAdmin):  # type: ignore[type-arg]  # Django's class can't be subscripted at run time
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class RolesAdmin(GroupAdmin, ModelAdmin):
    pass


class Arrivals(TabularInline):
    model = CanaryArrival
    can_delete = False


@admin.register(CanaryRun)
class CanaryRunAdmin(ReadOnlyAdmin):
    list_display = ("stream", "prefix", "sent_at", "for_hour", "status", "seen_at", "done_at", "error")
    list_filter = ("prefix", "service", "status", "stream")
    search_fields = ("event_id", "stream")
    date_hierarchy = "sent_at"
    inlines = (Arrivals,)


@admin.register(CanaryTurn)
class CanaryTurnAdmin(ReadOnlyAdmin):
    list_display = ("stream", "prefix", "service", "sent_at", "status", "error", "excluded_because")
    list_filter = ("prefix", "service", "status")
    search_fields = ("stream",)


@admin.register(IntakeCount)
class IntakeCountAdmin(ReadOnlyAdmin):
    list_display = ("minute", "service", "stream", "outcome", "reason", "count")
    list_filter = ("outcome", "service", "stream")


@admin.register(RoleHeartbeat)
class RoleHeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("role", "beat_at", "is_well", "detail")


# Rows of packages: Django finds their admin where the app's module names it.
from monitoring.realtime import admin as realtime_admin  # noqa: E402, F401  # it stands on what is above
from monitoring.traffic import admin as traffic_admin  # noqa: E402, F401  # likewise
