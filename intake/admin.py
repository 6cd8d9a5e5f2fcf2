"""The admin of producer keys: make one, change its scope, rotate and revoke; and who did what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from eventplatform.admin_base import ModelAdmin, ReadOnlyAdmin, TextArea
from intake.keys import lookups, services
from intake.keys.services import KeyWishRefusedError, Wish
from intake.models import KeyAct, ProducerKey
from intake.pages.key_form import words_of

_MAY = "intake.operate_producerkey"
_OVERLAP = timedelta(days=7)
_FIELDS = ("name", "streams", "services", "expires_at", "events_per_second", "events_per_day", "note")


class WordsField(forms.CharField):
    """Names as a text, kept as a list."""

    def prepare_value(self, value: Any) -> Any:
        """One name a line."""
        return "\n".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """By the names, not by what stands between them."""
        return sorted(initial or []) != sorted(words_of(data or ""))


class ProducerKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no parameter at run time
    """A key; saved by the service, which checks it."""

    streams = WordsField(widget=TextArea({"rows": 4}), help_text="Names of streams, or beginnings: page_*. * is all.")
    services = WordsField(required=False, widget=TextArea({"rows": 2}), help_text="Likewise; empty: all services.")

    class Meta:
        model = ProducerKey
        fields = _FIELDS

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors:
            try:
                services.check(self.wish(), known_end=self.initial.get("expires_at"))
            except KeyWishRefusedError as refused:
                raise forms.ValidationError(f"{refused} {refused.hint}") from None
        return said

    def wish(self) -> Wish:
        """What the form says."""
        said = dict(self.cleaned_data)
        return Wish(**(said | {"streams": words_of(said["streams"]), "services": words_of(said["services"])}))

    def _post_clean(self) -> None:
        """The service writes the row: nothing is put into it here."""


@admin.register(ProducerKey)
class ProducerKeyAdmin(ModelAdmin):
    """All keys; none is ever deleted, so that what was sent with it stays explained."""

    form = ProducerKeyForm
    fields = _FIELDS
    list_display: ClassVar[list[str]] = ["name", "prefix", "scope", "state", "last_used_at", "expires_at", "created_by"]
    list_filter: ClassVar[list[str]] = ["created_by"]
    search_fields: ClassVar[list[str]] = ["name", "prefix", "note", "created_by"]
    actions = ("rotate", "revoke")

    @admin.display(description="streams")
    def scope(self, row: ProducerKey) -> str:
        """What it opens."""
        return lookups.view(row).scope

    @admin.display(description="state")
    def state(self, row: ProducerKey) -> str:
        """In a word."""
        return lookups.view(row).badge[1]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProducerKey]:
        found: QuerySet[ProducerKey] = super().get_queryset(request)
        return found.select_related("successor")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(_MAY)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(_MAY) and (obj is None or obj.revoked_at is None)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Who may use the actions."""
        return request.user.has_perm(_MAY)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  # Django's signature
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Write through the service."""
        who = request.user.get_username()
        if change:
            services.change(obj, by=who, wish=form.wish())
            return
        made = services.make(by=who, wish=form.wish())
        obj.pk, obj.name, obj.prefix = made.row.pk, made.row.name, made.row.prefix
        request.made = [made]  # type: ignore[attr-defined]  # ours, for the answer to this request

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponseBase:  # noqa: ARG002  # Django's signature
        """The new key, in this answer alone."""
        return _shown(request, request.made, [])  # type: ignore[attr-defined]  # see `save_model`

    @admin.action(description="Rotate: make successors, these go on for 7 days", permissions=["operate"])
    def rotate(self, request: HttpRequest, queryset: QuerySet[ProducerKey]) -> HttpResponseBase:
        """A successor for each, shown in this answer alone."""
        made, refusals = [], []
        for row in queryset:
            try:
                made.append(services.rotate(row, by=request.user.get_username(), until=timezone.now() + _OVERLAP))
            except KeyWishRefusedError as refused:
                refusals.append(str(refused))
        return _shown(request, made, refusals)

    @admin.action(description="Revoke at once", permissions=["operate"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ProducerKey]) -> None:
        """Within seconds everywhere, and for good."""
        number = sum(services.revoke(row, by=request.user.get_username()) for row in queryset)
        self.message_user(request, f"{number} revoked; every intake refuses them within seconds.", messages.SUCCESS)


@never_cache
def _shown(request: HttpRequest, made: list[services.Made], refusals: list[str]) -> HttpResponseBase:
    """New keys go into no message, which would be kept in a cookie or the session until it is read."""
    return render(request, "intake/keys_made.html", {"made": made, "refusals": refusals})


@admin.register(KeyAct)
class KeyActAdmin(ReadOnlyAdmin):
    """Who did what with which key."""

    list_display: ClassVar[list[str]] = ["at", "verb", "key", "by", "facts"]
    list_filter: ClassVar[list[str]] = ["verb", "by"]
    search_fields: ClassVar[list[str]] = ["key__name", "key__prefix", "by"]
