"""Streams, by what people ask of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from eventplatform import figures
from streamconfig import services
from streamconfig.admin.base import CHANGE_FIELDS
from streamconfig.admin.filters import Mine, ReviewDue, Sampled
from streamconfig.admin.together import TogetherAdmin
from streamconfig.configuration.document import STREAMS
from streamconfig.forms.door import STREAM_GROUP
from streamconfig.forms.stream import StreamForm
from streamconfig.forms.together import StreamsTogether
from streamconfig.models import Stream
from streamconfig.services import Wish

_COLLECTED = [
    "is_enabled",
    ("sampling_percent", "sampling_unit"),
    "ramp",
    "windows_once",
    "windows_weekly",
    ("late_action", "late_grace"),
]
_PRODUCERS = [("eventbus_enabled", "eventbus_service"), "headers", ("edge_uniques", "test_kitchen"), "attributes"]
_TOPICS = ["topic_rule", "topic_values", "message_key", ("partitions", "retention_hours"), "other_settings"]


@admin.register(Stream)
class StreamAdmin(TogetherAdmin):
    """Streams."""

    section = STREAMS
    name_of_row = "name"
    form = StreamForm
    together_form = StreamsTogether
    list_display: ClassVar[list[str]] = [
        "name",
        "state",
        "sampling",
        "owner",
        "service",
        "schema_title",
        "review_on",
        "expires_on",
        "changed",
    ]
    list_filter: ClassVar[list[Any]] = [
        Mine,
        "is_enabled",
        Sampled,
        ReviewDue,
        "sensitivity",
        "service",
        "owner",
        "canary_events_enabled",
    ]
    search_fields: ClassVar[list[str]] = ["name", "schema_title", "owner", "purpose", "description"]
    fieldsets: ClassVar[list[Any]] = [
        ("What it is", {"fields": ["name", "schema_title", "description", "sensitivity"]}),
        ("Who answers for it", {"fields": [("owner", "contact"), "purpose", "task", ("review_on", "expires_on")]}),
        ("What is collected", {"fields": _COLLECTED}),
        ("Where it goes", {"fields": [("service", "canary"), "consumers"]}),
        ("At the intake", {"classes": ["collapse"], "fields": STREAM_GROUP}),
        ("Producers", {"classes": ["collapse"], "fields": _PRODUCERS}),
        ("Topics and other settings", {"classes": ["collapse"], "fields": _TOPICS}),
        CHANGE_FIELDS,
    ]
    view_fields: ClassVar[list[Any]] = [
        ("What it is", {"fields": ["name", "schema_title", "description", "owner", "contact", "purpose", "sensitivity"]}),
        ("What holds", {"fields": ["is_enabled", "sampling", "canary_events_enabled", "service", "entry_text"]}),
    ]

    def wish_to_remove(self, names: Iterable[str]) -> Wish:
        return services.without_streams(list(names))

    def history_link(self, row: Stream) -> str:
        return f"{reverse('stream', args=[row.name])}#history"

    @admin.display(description="state", ordering="is_enabled")
    def state(self, stream: Stream) -> SafeString:
        state, word = ("ok", "On") if stream.is_enabled else ("paused", "Switched off")
        return format_html('<span class="badge {}">{}</span>', state, word)

    @admin.display(description="sampling", ordering="sampling_rate")
    def sampling(self, stream: Stream) -> str:
        if stream.sampling_rate is None:
            return "everybody"
        return f"{figures.digits(stream.sampling_rate * 100)} % of {stream.sampling_unit}s"
