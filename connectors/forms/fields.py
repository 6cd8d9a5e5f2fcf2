"""From a declared option to the form's field, and what may be typed into it; checking stays with the declaration."""

from __future__ import annotations

import typing
from collections.abc import Collection
from typing import Any

from django import forms

from connectors.forms.widgets import Lines, Pairs, Secret
from connectors.options import Option
from connectors.shown import label


def field_of(option: Option, *, kept: Collection[str] = ()) -> forms.Field:
    """The field of an option; `kept` are the secrets that are there already."""
    facts = {"required": False, "label": label(option.name), "help_text": _help(option)}
    field = _field(option, facts, is_kept=option.name in kept)
    field.widget.attrs["data-name"] = option.name
    return field


def is_further(option: Option) -> bool:
    """True for what most people leave as it is: it has a default."""
    return not option.is_required and not option.is_secret


def _field(option: Option, facts: dict[str, Any], *, is_kept: bool) -> forms.Field:
    if option.is_secret:
        return forms.CharField(widget=Secret(is_kept=is_kept), strip=False, **facts)
    if typing.get_origin(option.type) is dict:
        pairs = Pairs(choices=option.choices, usual=option.names)
        return forms.Field(widget=pairs, **facts)
    if typing.get_origin(option.type) is tuple:
        return _list_field(option, facts)
    if option.type is bool:
        return forms.BooleanField(widget=forms.CheckboxInput({"role": "switch", "class": "switch"}), **facts)
    if option.choices:
        return forms.ChoiceField(choices=[(one, one) for one in option.choices], **facts)
    return _text_field(option, facts)


def _text_field(option: Option, facts: dict[str, Any]) -> forms.Field:
    if option.type not in (int, float):
        return forms.CharField(widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}), **facts)
    limits = {} if option.minimum is None else {"min": f"{option.minimum:g}"}
    step = "1" if option.type is int else "any"
    return forms.CharField(widget=forms.NumberInput({"step": step, **limits}), **facts)


def _list_field(option: Option, facts: dict[str, Any]) -> forms.Field:
    if option.choices:
        choices = [(one, one) for one in option.choices]
        return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **facts)
    return forms.Field(widget=Lines(), **{**facts, "help_text": f"{facts['help_text']} One a line."})


def _help(option: Option) -> str:
    if option.is_required or option.is_secret or isinstance(option.default, (bool, tuple, dict)) or option.default == "":
        return option.help
    return f"{option.help} Default: {option.default}."
