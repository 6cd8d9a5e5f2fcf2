"""The admin of messages: webhooks, whose secrets are typed and never shown, and what is on its way or was given up."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from eventplatform.admin_base import ModelAdmin, ReadOnlyAdmin
from eventplatform.core.errors import RejectedError
from eventplatform.outbound.urls import require_no_inner_address, target_of
from streamconfig.change_control.actors import of_user
from streamconfig.models import Notification, NotificationTarget
from streamconfig.notifying import webhooks
from streamconfig.notifying.kinds import KINDS

MASK = "••••••••"


class TargetForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no parameter at run time
    """A webhook. An unchanged mask keeps the secret; an empty field takes it away."""

    url = forms.CharField(
        label="URL",
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text="Messages are posted here as JSON; its `text` is what chat programs show. An inner host must be in "
        "OUTBOUND_PRIVATE_HOSTS.",
    )
    secret = forms.CharField(
        required=False,
        widget=UnfoldAdminPasswordWidget(render_value=True),
        help_text="Signs each message (X-Event-Platform-Signature). Kept encrypted and never shown.",
    )
    events = forms.MultipleChoiceField(
        required=False,
        choices=[(kind.key, f"{kind.key}: {kind.title}") for kind in KINDS.values()],
        widget=forms.CheckboxSelectMultiple,
        help_text="None: all.",
    )

    class Meta:
        model = NotificationTarget
        fields = ("name", "url", "secret", "events", "is_enabled")

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        self.kept = self.instance.secret  # before the form overwrites it
        if "secret" in self.fields:  # somebody who may only look gets a form without fields
            self.initial["secret"] = MASK if self.kept else ""

    def clean_url(self) -> str:
        """An address that the platform would call; where a name leads is checked whenever it is called."""
        url = str(self.cleaned_data["url"]).strip()
        try:
            require_no_inner_address(url, private_hosts=settings.OUTBOUND_PRIVATE_HOSTS)
        except RejectedError as error:
            raise forms.ValidationError(f"{error} {error.hint}") from None
        return url

    def clean_secret(self) -> str:
        """The secret as the row keeps it."""
        given = str(self.cleaned_data["secret"])
        return str(self.kept) if given == MASK else webhooks.sealed(given)


@admin.register(NotificationTarget)
class TargetAdmin(ModelAdmin):
    """Webhooks; an administrator's business, since all changes are told there."""

    form = TargetForm
    list_display: ClassVar[list[str]] = ["name", "host", "is_enabled"]

    @admin.display(description="host")
    def host(self, row: NotificationTarget) -> str:
        """Where it leads; the path of a chat's webhook is a secret in itself."""
        try:
            return target_of(row.url).authority
        except RejectedError:
            return "not a URL that is called"

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(super().has_view_permission(request, obj)) and _administers(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_add_permission(request)) and _administers(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and _administers(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and _administers(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_module_permission(request)) and _administers(request)


class Outcome(admin.SimpleListFilter):
    """What became of a message."""

    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002  # Django's signature
        return [("waiting", "waiting"), ("sent", "sent"), ("gave_up", "given up")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:  # noqa: ARG002  # likewise
        found: dict[str, dict[str, Any]] = {
            "waiting": {"sent_at": None, "gave_up_at": None},
            "sent": {"sent_at__isnull": False},
            "gave_up": {"gave_up_at__isnull": False},
        }
        return queryset.filter(**found.get(self.value() or "", {}))


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    """What is on its way, was sent, or was given up."""

    list_display: ClassVar[list[str]] = [
        "created_at",
        "kind",
        "channel",
        "address",
        "subject",
        "attempts",
        "sent_at",
        "problem",
    ]
    list_filter: ClassVar[list[Any]] = [Outcome, "kind", "channel"]
    search_fields: ClassVar[list[str]] = ["address", "subject"]
    exclude = ("once",)
    actions = ["send_again"]

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(super().has_view_permission(request, obj)) and _administers(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_module_permission(request)) and _administers(request)

    @admin.action(description="Send again what was given up", permissions=["view"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        """Once its address or webhook is mended."""
        number = queryset.exclude(gave_up_at=None).update(gave_up_at=None, attempts=0, not_before=timezone.now())
        self.message_user(request, f"{number} will be sent again.", messages.SUCCESS)


def _administers(request: HttpRequest) -> bool:
    return of_user(request.user).may("administer_configuration")
