"""The one base of every admin class: what the theme needs is decided here, and another theme would change this file alone."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin as _ThemedAdmin
from unfold.admin import TabularInline as _ThemedInline
from unfold.widgets import INPUT_CLASSES, SELECT_CLASSES, SWITCH_CLASSES, TEXTAREA_CLASSES
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget as Checkboxes
from unfold.widgets import UnfoldAdminDecimalFieldWidget as NumberInput
from unfold.widgets import UnfoldAdminSelectWidget as Select
from unfold.widgets import UnfoldAdminTextareaWidget as TextArea

__all__ = ["INPUTS", "Checkboxes", "ModelAdmin", "NumberInput", "ReadOnlyAdmin", "Select", "TabularInline", "TextArea"]

# The theme's look of plain inputs, for forms that make their fields themselves.
INPUTS = {
    "input": " ".join(INPUT_CLASSES),
    "select": " ".join(SELECT_CLASSES),
    "switch": " ".join(SWITCH_CLASSES),
    "text_area": " ".join(TEXTAREA_CLASSES),
}


class ModelAdmin(_ThemedAdmin):  # type: ignore[misc]  # unfold ships no types
    """Our admin of one model."""

    compressed_fields = True
    warn_unsaved_form = True
    list_filter_submit = True
    list_fullwidth = False
    list_per_page = 100


class TabularInline(_ThemedInline):  # type: ignore[misc]  # unfold ships no types
    """Rows of another model within a form, as a table."""

    extra = 0


class ReadOnlyAdmin(ModelAdmin):
    """What the platform writes by itself: to be looked at, never to be edited here."""

    actions: Any = None

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  # Django's signature
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002  # Django's signature
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002  # Django's signature
        return False
