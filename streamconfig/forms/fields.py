"""The fields that forms of the configuration are made of, in the theme's widgets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold import widgets

from eventplatform.admin_base import NumberInput, Select
from streamconfig.configuration.moments import zone_named
from streamconfig.forms.codecs import OFF, ON

AS_DEFAULTS = "As the defaults say"
FLAG_CHOICES = [("", AS_DEFAULTS), (ON, "Yes"), (OFF, "No")]
__all__ = [
    "AS_DEFAULTS",
    "FLAG_CHOICES",
    "OFFSET",
    "ZONES",
    "ClockField",
    "JsonField",
    "LocalMoment",
    "NumberInput",
    "PercentField",
    "Select",
    "SuggestInput",
    "ZoneField",
]

OFFSET = re.compile(r"[+-][01]\d:[0-5]\d")
_MOMENT_LENGTH = len("2026-12-01T09:00")
ZONES = "time-zones"  # the id of the list of time zones, which the page has once


class SuggestInput(widgets.UnfoldAdminTextInputWidget):  # type: ignore[misc]  # unfold ships no types
    """Text with suggestions to search in; anything else may be written too."""

    def __init__(self, attrs: dict[str, Any] | None = None, suggestions: Iterable[str] = ()) -> None:
        super().__init__(attrs)
        self.suggestions = suggestions

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        options = list(dict.fromkeys(self.suggestions))
        if not options:
            return SafeString(super().render(name, value, attrs, renderer))
        listed = f"{name}-suggestions"
        field = super().render(name, value, {**(attrs or {}), "list": listed, "autocomplete": "off"}, renderer)
        choices = format_html_join("", '<option value="{}"></option>', ((one,) for one in options))
        return format_html('{}<datalist id="{}">{}</datalist>', SafeString(field), listed, choices)


class JsonField(forms.JSONField):
    """JSON, indented; nothing is an empty field, not the word null."""

    def prepare_value(self, value: Any) -> Any:
        """The text that is shown; what somebody typed and got wrong comes back as it was."""
        if value is None or value == {}:
            return ""
        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """An empty map is nothing, too."""
        return bool(super().has_changed(initial or None, data))

    def clean(self, value: Any) -> Any:
        """A map, or None for nothing."""
        found = super().clean(value)
        if found is not None and not isinstance(found, dict):
            raise forms.ValidationError('Write a map, such as {"name": "value"}.', code="not_a_map")
        return found


class ZoneField(forms.CharField):
    """An IANA time zone, or an offset such as +01:00."""

    def __init__(self, *, label: str = "Time zone", help_text: str = "") -> None:
        attributes = {"list": ZONES, "autocomplete": "off", "data-zone": "", "size": "18"}
        widget = widgets.UnfoldAdminTextInputWidget(attributes)
        super().__init__(label=label, help_text=help_text, required=False, max_length=64, widget=widget, initial="UTC")

    def clean(self, value: Any) -> str:
        """A zone's name; UTC where nothing is written."""
        name: str = super().clean(value).strip() or "UTC"
        if zone_named(name) is None and not OFFSET.fullmatch(name):
            raise forms.ValidationError(f"There is no time zone {name}. Write one such as Europe/Berlin.", code="zone")
        return name


def text(label: str, help_text: str = "", *, is_required: bool = False, suggestions: Iterable[str] = ()) -> forms.CharField:
    widget = SuggestInput(suggestions=suggestions)
    return forms.CharField(label=label, help_text=help_text, required=is_required, max_length=249, widget=widget)


def prose(label: str, help_text: str = "", *, rows: int = 2) -> forms.CharField:
    widget = widgets.UnfoldAdminTextareaWidget({"rows": rows})
    return forms.CharField(label=label, help_text=help_text, required=False, max_length=5000, widget=widget)


def json_text(label: str, help_text: str = "", *, rows: int = 5) -> JsonField:
    attributes = {"rows": rows, "spellcheck": "false", "style": "font-family: var(--mono)"}
    return JsonField(label=label, help_text=help_text, required=False, widget=widgets.UnfoldAdminTextareaWidget(attributes))


def choice(label: str, choices: Sequence[tuple[str, str]], help_text: str = "") -> forms.ChoiceField:
    widget = widgets.UnfoldAdminSelectWidget
    return forms.ChoiceField(label=label, choices=choices, help_text=help_text, required=False, widget=widget)


def flag(label: str, help_text: str = "", *, otherwise: str = "") -> forms.ChoiceField:
    """Yes, no, or as the defaults say; `otherwise` names whoever else has the word where nothing is chosen."""
    return choice(label, [("", otherwise), *FLAG_CHOICES[1:]] if otherwise else FLAG_CHOICES, help_text)


def switch(label: str, help_text: str = "", *, is_on: bool = False) -> forms.BooleanField:
    widget = widgets.UnfoldBooleanSwitchWidget
    return forms.BooleanField(label=label, help_text=help_text, required=False, initial=is_on, widget=widget)


def whole(label: str, help_text: str = "", *, least: int = 1, most: int | None = None) -> forms.IntegerField:
    widget = widgets.UnfoldAdminIntegerFieldWidget({"inputmode": "numeric"})
    return forms.IntegerField(label=label, help_text=help_text, required=False, min_value=least, max_value=most, widget=widget)


class PercentField(forms.DecimalField):
    """A share from 0 to 100; refused in the words of the mistake that is made most."""

    def __init__(self, label: str = "Percent", help_text: str = "") -> None:
        attributes = {"min": "0", "max": "100", "step": "any", "inputmode": "decimal", "suffix": "%"}
        widget = widgets.UnfoldAdminDecimalFieldWidget(attributes)
        super().__init__(label=label, help_text=help_text, required=False, max_digits=24, decimal_places=20, widget=widget)

    def clean(self, value: Any) -> Any:
        percent = super().clean(value)
        if percent is not None and not 0 <= percent <= 100:  # noqa: PLR2004  # percent
            raise forms.ValidationError("Sampling goes from 0 to 100 percent. For one of twenty write 5.", code="range")
        return percent


def day(label: str, help_text: str = "") -> forms.DateField:
    widget = widgets.UnfoldAdminTextInputWidget({"type": "date"})
    widget.format_value = lambda value: value.isoformat() if hasattr(value, "isoformat") else value or ""
    return forms.DateField(label=label, help_text=help_text, required=False, widget=widget)


class LocalMoment(forms.CharField):
    """A day and a time by the clock of a zone that stands in a field beside it, such as 2026-12-01T09:00."""

    def __init__(self, label: str, help_text: str = "") -> None:
        attributes = {"type": "datetime-local", "step": "60"}
        widget = widgets.UnfoldAdminTextInputWidget(attributes)
        super().__init__(label=label, help_text=help_text, required=False, max_length=30, widget=widget)

    def clean(self, value: Any) -> str:
        """The text as documents have it."""
        written: str = super().clean(value).strip().replace(" ", "T")
        if written and (len(written) < _MOMENT_LENGTH or local_moment(written) is None):
            raise forms.ValidationError("Write a day and a time, such as 2026-12-01T09:00.", code="moment")
        return written


def local_moment(text: str) -> datetime | None:
    """A time without zone; None where the text is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is None else None


class ClockField(forms.CharField):
    """A time of day, such as 09:30; 24:00 ends a day."""

    def __init__(self, label: str) -> None:
        attributes = {"inputmode": "numeric", "placeholder": "09:00", "maxlength": "5", "size": "5"}
        super().__init__(label=label, required=False, max_length=5, widget=widgets.UnfoldAdminTextInputWidget(attributes))


def many(label: str, choices: Sequence[tuple[str, str]], help_text: str = "") -> forms.MultipleChoiceField:
    widget = widgets.UnfoldAdminCheckboxSelectMultipleWidget
    return forms.MultipleChoiceField(label=label, choices=choices, help_text=help_text, required=False, widget=widget)


def choices_of(field: forms.ChoiceField) -> list[tuple[str, str]]:
    """The choices as pairs; ours are never grouped."""
    return list(cast("Iterable[tuple[str, str]]", field.choices))


def unset_words(form: forms.BaseForm, words: str) -> None:
    """Other words for the choice that says nothing, where there are no defaults to speak for it."""
    for field in form.fields.values():
        if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.MultipleChoiceField):
            field.choices = [(key, words if word == AS_DEFAULTS else word) for key, word in choices_of(field)]
