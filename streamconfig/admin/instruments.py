"""Instruments: many on a stream, each with its own sampling, windows and audience."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin

from streamconfig.admin.base import CHANGE_FIELDS
from streamconfig.admin.filters import Mine, ReviewDue
from streamconfig.admin.items import ItemAdmin
from streamconfig.admin.together import TogetherAdmin
from streamconfig.forms.instruments import InstrumentForm, InstrumentsTogether
from streamconfig.models import Instrument


@admin.register(Instrument)
class InstrumentAdmin(TogetherAdmin, ItemAdmin):
    """Instruments."""

    section = "instruments"
    form = InstrumentForm
    together_form = InstrumentsTogether
    list_display: ClassVar[list[str]] = ["key", "title", "state", "stream", "owner", "review_on", "expires_on", "changed"]
    list_filter: ClassVar[list[Any]] = [Mine, "is_enabled", ReviewDue, "owner"]
    search_fields: ClassVar[list[str]] = ["key", "title", "stream", "owner"]
    fieldsets: ClassVar[list[Any]] = [
        ("What it is", {"fields": ["key", "stream", "title", "description"]}),
        ("Who answers for it", {"fields": [("owner", "contact"), "purpose", "task", ("review_on", "expires_on")]}),
        (
            "What is collected",
            {"fields": ["is_enabled", ("sampling_percent", "sampling_unit"), "ramp", "windows_once", "windows_weekly"]},
        ),
        ("Of whom", {"fields": [("sites", "except_sites"), ("platforms", "is_logged_in"), "attributes"]}),
        CHANGE_FIELDS,
    ]
