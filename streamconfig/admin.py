"""The admin for product managers: every save publishes a revision, nothing here writes a row by itself."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from eventplatform import figures
from eventplatform.admin_base import ModelAdmin, ReadOnlyAdmin
from eventplatform.core.errors import PlatformError
from streamconfig import services
from streamconfig.change_control.actors import of_user
from streamconfig.change_control.requests import Outcome
from streamconfig.configuration.changes import from_json
from streamconfig.forms import DefaultsForm, StreamForm
from streamconfig.models import Defaults, Revision, Stream
from streamconfig.pages.facts import field_words

_WIRE = "streamconfig.wire_stream"
_CHANGES = "streamconfig/_changes.html"


class PublishingAdmin(ModelAdmin):
    """What a publish answers, told to the person who saved."""

    def tell(self, request: HttpRequest, outcome: Outcome | None) -> None:
        """The revision, what is missing, or that there was nothing to publish."""
        if outcome is None:
            self.message_user(request, "Nothing differs from what holds already, so nothing was published.", messages.INFO)
        elif outcome.published is None:
            text = f"Change {outcome.request.pk} waits for approval."
            self.message_user(request, text, messages.SUCCESS)
        else:
            text = f"Published as revision {outcome.published.revision}. It reaches the API and every intake within 2 s."
            self.message_user(request, text, messages.SUCCESS)
        request.is_told = True  # type: ignore[attr-defined]  # for `message_user` below, in this request

    def message_user(self, request: HttpRequest, message: str, *arguments: Any, **facts: Any) -> None:
        """Not Django's own "was changed successfully" beside it, which would be said of an empty change too."""
        if not getattr(request, "is_told", False):
            super().message_user(request, message, *arguments, **facts)

    def changeform_view(self, request: HttpRequest, *arguments: Any, **facts: Any) -> HttpResponse:
        """A refusal that only the publish itself could see, such as another's change at the same moment, is a message."""
        try:
            response: HttpResponse = super().changeform_view(request, *arguments, **facts)
        except PlatformError as error:
            request.is_told = False  # type: ignore[attr-defined]  # see `tell`
            self.message_user(request, f"{error} {error.hint}", messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return response


@admin.register(Stream)
class StreamAdmin(PublishingAdmin):
    """Streams, by what people ask of them."""

    form = StreamForm
    list_display = ["name", "state", "sampling", "canary_events_enabled", "schema_title", "service", "owner", "updated_at"]
    list_filter = ["is_enabled", "service", "canary_events_enabled", "sampling_unit", "owner"]
    search_fields = ["name", "schema_title", "owner", "purpose", "description"]
    actions = ["enable", "disable"]
    fieldsets = [
        ("What it is", {"fields": ["name", "schema_title", "description"]}),
        ("Who answers for it", {"fields": [("owner", "contact"), "purpose"]}),
        ("What is collected", {"fields": ["is_enabled", ("sampling_percent", "sampling_unit"), "canary"]}),
        ("Where it goes", {"fields": ["service", "consumers"]}),
        (
            "Topics and other settings",
            {"classes": ["collapse"], "fields": ["topic_rule", "topic_values", "message_key_fields", "other_settings"]},
        ),
        ("This change", {"fields": ["reason", "base_revision"]}),
    ]

    view_fields = [
        ("What it is", {"fields": ["name", "schema_title", "description", "owner", "contact", "purpose"]}),
        ("What holds", {"fields": ["is_enabled", "sampling", "canary_events_enabled", "service", "settings_text"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Stream | None = None) -> Any:
        """Who may only look sees what holds, not the fields of a form."""
        is_viewer = obj is not None and not self.has_change_permission(request, obj)
        return self.view_fields if is_viewer else super().get_fieldsets(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A new stream needs its wiring."""
        return bool(super().has_add_permission(request)) and request.user.has_perm(_WIRE)

    def get_form(self, request: HttpRequest, obj: Stream | None = None, change: bool = False, **facts: Any) -> Any:  # noqa: FBT001, FBT002  # Django's signature
        """The form for this user: what they may not change is not taken from their post."""
        form = super().get_form(request, obj, change, **facts)
        return type("StreamForm", (form,), {"may_wire": request.user.has_perm(_WIRE)})

    def save_model(self, request: HttpRequest, obj: Stream, form: StreamForm, change: bool) -> None:  # noqa: FBT001  # Django's signature
        outcome = services.propose(
            services.with_stream(form.entry, is_new=not change),
            by=of_user(request.user),
            title=f"{'Change' if change else 'Add'} {form.entry.name}",
            reason=form.cleaned_data["reason"],
            base_revision=form.cleaned_data["base_revision"] or 0,
        )
        obj.pk = getattr(Stream.objects.only("pk").filter(name=form.entry.name).first(), "pk", None)
        self.tell(request, outcome)

    def delete_model(self, request: HttpRequest, obj: Stream) -> None:
        self._remove(request, [obj.name])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Stream]) -> None:
        self._remove(request, list(queryset.values_list("name", flat=True)))

    def _remove(self, request: HttpRequest, names: list[str]) -> None:
        wish = services.without_streams(names)
        self.tell(request, services.propose(wish, by=of_user(request.user), title=f"Remove {', '.join(names)}"))

    @admin.action(description="Switch on", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Stream]) -> None:
        self._switch(request, queryset, is_enabled=True)

    @admin.action(description="Switch off: the intake refuses their events, clients stop sending", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Stream]) -> None:
        self._switch(request, queryset, is_enabled=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Stream], *, is_enabled: bool) -> None:
        names = list(queryset.values_list("name", flat=True))
        outcome = services.propose(
            services.with_enabled(names, is_enabled=is_enabled),
            by=of_user(request.user),
            title=f"Switch {'on' if is_enabled else 'off'} {', '.join(names)}",
        )
        self.tell(request, outcome)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:  # noqa: ARG002  # Django's signature
        """Its revisions stand on its page; the admin's own log knows no values."""
        stream = self.get_object(request, object_id)
        path = f"{reverse('stream', args=[stream.name])}#history" if stream else reverse("streams")
        return HttpResponseRedirect(path)

    @admin.display(description="state", ordering="is_enabled")
    def state(self, stream: Stream) -> SafeString:
        state, word = ("ok", "On") if stream.is_enabled else ("paused", "Switched off")
        return format_html('<span class="badge {}">{}</span>', state, word)

    @admin.display(description="sampling", ordering="sampling_rate")
    def sampling(self, stream: Stream) -> str:
        if stream.sampling_rate is None:
            return "everybody"
        return f"{figures.digits(stream.sampling_rate * 100)} % of {stream.sampling_unit}s"


@admin.register(Defaults)
class DefaultsAdmin(PublishingAdmin):
    """The one row of defaults; engineers alone change it, since it holds for every stream."""

    form = DefaultsForm
    fieldsets = [(None, {"fields": ["settings", "reason"]})]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  # there is one row, always
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002  # likewise
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and request.user.has_perm(_WIRE)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list of one row is its form."""
        Defaults.objects.get_or_create(pk=1)
        if not self.has_view_or_change_permission(request):
            response: HttpResponse = super().changelist_view(request, extra_context)
            return response
        return HttpResponseRedirect(reverse("admin:streamconfig_defaults_change", args=[1]))

    def save_model(self, request: HttpRequest, obj: Defaults, form: DefaultsForm, change: bool) -> None:  # noqa: ARG002, FBT001  # Django's signature
        outcome = services.propose(
            services.with_defaults(form.cleaned_data["settings"] or {}),
            by=of_user(request.user),
            title="Change the defaults",
            reason=form.cleaned_data["reason"],
        )
        self.tell(request, outcome)


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    """What was published, by whom and why, with its difference."""

    list_display = ["number", "created_at", "author", "reason", "what"]
    list_filter = ["author"]
    search_fields = ["author", "reason"]
    fields = ["number", "created_at", "author", "reason", "difference", "long_hash"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Revision]:
        revisions: QuerySet[Revision] = super().get_queryset(request)
        return revisions.defer("document_text")

    @admin.display(description="changes")
    def what(self, revision: Revision) -> str:
        names = [change["name"] for change in revision.changes]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""  # noqa: PLR2004  # three names fit a row
        return ", ".join(names[:3]) + more

    @admin.display(description="difference")
    def difference(self, revision: Revision) -> SafeString:
        changes = [(one.name, one.kind, field_words(one.fields)) for one in from_json(revision.changes[:200])]
        return format_html('<div class="revision-diff">{}</div>', render_to_string(_CHANGES, {"changes": changes}))

    @admin.display(description="hash")
    def long_hash(self, revision: Revision) -> SafeString:
        return format_html('<span class="long-text">{}</span>', revision.hash)
