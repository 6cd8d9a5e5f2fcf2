"""What the admin of every item shares: the form's person, the proposal, and what is told about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar
from urllib.parse import urlencode
from zoneinfo import available_timezones

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from eventplatform.admin_base import ModelAdmin
from eventplatform.core.errors import PlatformError
from streamconfig.admin import telling
from streamconfig.change_control import requests
from streamconfig.change_control.actors import Actor, of_user
from streamconfig.change_control.requests import Outcome
from streamconfig.configuration import authorship
from streamconfig.configuration.authorship import Level
from streamconfig.configuration.document import STREAMS
from streamconfig.forms.proposing import ProposingForm
from streamconfig.forms.titles import title_of
from streamconfig.pages import pending
from streamconfig.services import Wish, changes_of

CHANGE_FIELDS = ("This change", {"fields": ["reason", ("effective_on", "effective_zone"), "base_revision"]})


def actor_of(request: HttpRequest) -> Actor:
    """Who asks; looked up once for a request."""
    known: Actor | None = getattr(request, "actor", None)
    if known is None:
        known = request.actor = of_user(request.user)  # type: ignore[attr-defined]  # ours, for this request
    return known


class ProposingAdmin(ModelAdmin):
    """The admin of one kind of item. Subclasses say its section and how a row names its item."""

    section: ClassVar[str]
    view_fields: ClassVar[list[Any]] = []
    name_of_row: ClassVar[str] = "key"
    change_form_template = "admin/streamconfig/item_form.html"
    list_before_template = "admin/streamconfig/list_before.html"
    delete_confirmation_template = "admin/streamconfig/remove.html"
    delete_selected_confirmation_template = "admin/streamconfig/remove_selected.html"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may only look sees what holds, not the fields of a form."""
        is_viewer = obj is not None and not self.has_change_permission(request, obj)
        return self.view_fields if is_viewer else super().get_fieldsets(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **facts: Any) -> Any:  # noqa: FBT001, FBT002  # Django's signature
        """The form for this person, which refuses what they may not ask for."""
        form = super().get_form(request, obj, change, **facts)
        return type(form.__name__, (form,), {"actor": actor_of(request)})

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Django's own words for a removal would promise too much."""
        actions: dict[str, Any] = super().get_actions(request)
        if "delete_selected" in actions:
            function, name, _ = actions["delete_selected"]
            actions["delete_selected"] = (function, name, "Propose to remove…")
        return actions

    def item_name(self, row: Any) -> str:
        """The item's name in its section."""
        return str(getattr(row, self.name_of_row))

    @admin.display(description="changed", ordering="updated_at")
    def changed(self, row: Any) -> str:
        """The day, for lists."""
        return f"{timezone.localtime(row.updated_at):%Y-%m-%d}"

    # Who may: Django's permission to open the form, and the rules of authorship

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_add_permission(request)) and authorship.may_create(self.section, actor_of(request).level)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        level = actor_of(request).level
        may_ask = authorship.may_create(self.section, level) or (self.section == STREAMS and level >= Level.EDITOR)
        return bool(super().has_change_permission(request, obj)) and may_ask

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """To remove something is a change that others approve, so it wants no other permission."""
        return self.has_change_permission(request, obj) and authorship.may_create(self.section, actor_of(request).level)

    # Proposals instead of writes

    def save_model(self, request: HttpRequest, obj: Any, form: ProposingForm, change: bool) -> None:  # noqa: ARG002, FBT001  # Django's signature
        self.tell(request, form.propose())

    def wish_to_remove(self, names: Iterable[str]) -> Wish:
        """The document without these items."""
        raise NotImplementedError

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._remove(request, [self.item_name(obj)])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._remove(request, [self.item_name(row) for row in queryset])

    def _remove(self, request: HttpRequest, names: list[str]) -> None:
        changes = changes_of(self.wish_to_remove(names))
        facts: dict[str, Any] = {"title": title_of(changes), "reason": request.POST.get("reason", "")}
        self.tell(request, requests.propose(by=actor_of(request), changes=changes, **facts) if changes else None)

    # What is told

    def tell(self, request: HttpRequest, outcome: Outcome | None) -> None:
        """The revision, what is missing, or that there was nothing to propose."""
        level, text = telling.words(outcome)
        self.message_user(request, text, level)
        request.told = outcome or True  # type: ignore[attr-defined]  # for `message_user` and the redirect, in this request

    def message_user(self, request: HttpRequest, message: str, *arguments: Any, **facts: Any) -> None:
        """Not Django's own "was changed successfully" beside it, which would not be true yet."""
        if not getattr(request, "told", None):
            super().message_user(request, message, *arguments, **facts)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:  # noqa: ARG002  # Django's signature
        return self.led(request)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:  # noqa: ARG002  # Django's signature
        return self.led(request)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:  # noqa: ARG002  # Django's signature
        return self.led(request)

    def led(self, request: HttpRequest) -> HttpResponse:
        """To the change's page, where it goes on."""
        outcome = getattr(request, "told", None)
        link = pending.link_of(outcome.request.pk) if isinstance(outcome, Outcome) else ""
        return HttpResponseRedirect(link or reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def changeform_view(self, request: HttpRequest, *arguments: Any, **facts: Any) -> HttpResponse:
        """A refusal that only the proposal itself could see, such as another's change at the same moment, is a message."""
        return self._told(request, super().changeform_view, arguments, facts)

    def delete_view(self, request: HttpRequest, *arguments: Any, **facts: Any) -> HttpResponse:
        """Likewise."""
        return self._told(request, super().delete_view, arguments, facts)

    def changelist_view(self, request: HttpRequest, *arguments: Any, **facts: Any) -> HttpResponse:
        """Likewise, for actions."""
        return self._told(request, super().changelist_view, arguments, facts)

    def _told(self, request: HttpRequest, view: Any, arguments: Any, facts: Any) -> HttpResponse:
        try:
            response: HttpResponse = view(request, *arguments, **facts)
        except PlatformError as error:
            request.told = None  # type: ignore[attr-defined]  # see `tell`
            self.message_user(request, f"{error} {error.hint}", messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return response

    # Django's own log knows no values; a change request and its steps do

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Nothing was added yet."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Likewise."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Likewise."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:  # noqa: ARG002  # Django's signature
        """What was published of the item."""
        row = self.get_object(request, object_id)
        return HttpResponseRedirect(self.history_link(row) if row else "../..")

    def history_link(self, row: Any) -> str:
        """The revisions that changed it."""
        query = urlencode({"item": f"{self.section}:{self.item_name(row)}"})
        return f"{reverse('admin:streamconfig_revision_changelist')}?{query}"

    # The form's page

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *arguments: Any, **facts: Any) -> HttpResponse:
        row: Model | None = facts.get("obj")
        items = [(self.section, self.item_name(row))] if row is not None else []
        context["pending"] = [(one, telling.pending_words(one)) for one in pending.of_items(items)]
        context["zones"] = sorted(available_timezones())
        context["show_save_and_continue"] = context["show_save_and_add_another"] = False
        if getattr(context["adminform"].form, "is_foreign", False):
            context["show_save"] = False
        response: HttpResponse = super().render_change_form(request, context, *arguments, **facts)
        return response
