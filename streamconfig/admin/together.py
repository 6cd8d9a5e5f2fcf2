"""One edit for many rows of a list: choose fields, look at what each becomes, propose one change request."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import path

from eventplatform.core.errors import PlatformError
from streamconfig import services
from streamconfig.admin import preview as previews
from streamconfig.admin.base import ProposingAdmin, actor_of
from streamconfig.admin.preview import Preview
from streamconfig.change_control import requests
from streamconfig.change_control.requests import Outcome
from streamconfig.forms.titles import title_of
from streamconfig.forms.together import TogetherForm, switched


class TogetherAdmin(ProposingAdmin):
    """Adds the actions `edit_together`, `enable` and `disable`, which all lead to the page of the preview."""

    together_form: ClassVar[type[TogetherForm]]
    actions: ClassVar[list[str]] = ["edit_together", "enable", "disable"]

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_together"
        urls: list[Any] = super().get_urls()
        return [path("together/", self.admin_site.admin_view(self.together_view), name=name), *urls]

    @admin.action(description="Edit together…", permissions=["change"])
    def edit_together(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self._page(request, self._names(queryset), self.together_form())

    @admin.action(description="Switch on…", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self._filled(request, queryset, switched(is_on=True))

    @admin.action(description="Switch off…", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self._filled(request, queryset, switched(is_on=False))

    def together_view(self, request: HttpRequest) -> HttpResponse:
        """The page again: with its preview, or on to the change that was proposed."""
        if request.method != "POST" or not self.has_change_permission(request):
            raise PermissionDenied
        rows = self.get_queryset(request).filter(pk__in=_numbers(request.POST.getlist(ACTION_CHECKBOX_NAME)))
        return self._filled(request, rows, request.POST)

    def _names(self, rows: QuerySet[Any]) -> dict[str, int]:
        """Item → the row's key, as the page posts it back."""
        return {self.item_name(row): row.pk for row in rows}

    def _filled(self, request: HttpRequest, rows: QuerySet[Any], data: QueryDict) -> HttpResponse:
        names, form = self._names(rows), self.together_form(data)
        preview = self._preview(form, names, request) if names and form.is_valid() else None
        if preview is not None and preview.changes and "_propose" in data:
            try:
                self.tell(request, self._outcome(request, form, preview))
                return self.led(request)
            except PlatformError as error:
                form.add_error(None, f"{error} {error.hint}")
        return self._page(request, names, form, preview)

    def _preview(self, form: TogetherForm, names: Collection[str], request: HttpRequest) -> Preview | None:
        try:
            found = previews.of_wish(form.wish(names), form.cleaned_data["base_revision"] or 0)
            if found.changes:
                services.check(found.changes, by=actor_of(request))
        except PlatformError as error:
            form.add_error(None, f"{error} {error.hint}")
            return None
        if not found.changes:
            self.message_user(request, "Nothing would differ from what holds already.", messages.INFO)
        return found

    def _outcome(self, request: HttpRequest, form: TogetherForm, preview: Preview) -> Outcome:
        return requests.propose(
            by=actor_of(request),
            changes=preview.changes,
            title=title_of(preview.changes),
            reason=form.cleaned_data["reason"],
            base_revision=form.cleaned_data["base_revision"] or 0,
        )

    def _page(
        self, request: HttpRequest, names: dict[str, int], form: TogetherForm, preview: Preview | None = None
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": f"Edit {len(names)} {self.opts.verbose_name_plural} together",
            "opts": self.opts,
            "media": self.media + form.media,
            "form": form,
            "names": names,
            "preview": preview,
            "checkbox": ACTION_CHECKBOX_NAME,
            "zones": sorted(available_timezones()),
        }
        return TemplateResponse(request, "admin/streamconfig/together.html", context)


def _numbers(texts: Collection[str]) -> list[int]:
    return [int(one) for one in texts if one.isascii() and one.isdigit() and len(one) < 19]  # noqa: PLR2004  # a bigint
