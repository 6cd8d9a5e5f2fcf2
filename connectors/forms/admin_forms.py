"""The admin's forms of targets and connectors: fields made from declarations, and saved by the services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.html import escape

from connectors import catalog, options, services
from connectors.forms.declared import is_said, plain
from connectors.forms.fields import field_of
from connectors.forms.widgets import Lines
from connectors.models import Connector, Target
from connectors.options import Option
from connectors.rules import Rules
from eventplatform import encryption
from eventplatform.admin_base import INPUTS
from eventplatform.core.errors import PlatformError, RejectedError

_OPTION, _RULE = "option_", "rule_"


class GeneratedForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no parameter at run time
    """A form whose further fields stand for declared options; the service writes the row."""

    parts: ClassVar[Mapping[str, tuple[Option, ...]]] = {}  # by the beginning of their fields' names
    kind: ClassVar[str] = ""

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        for prefix, declared in self.parts.items():
            given = self.given(prefix)
            for one in declared:
                self.initial.setdefault(prefix + one.name, given.get(one.name, one.default))

    def given(self, prefix: str) -> Mapping[str, Any]:
        """What the row holds of a part."""
        found: Mapping[str, Any] = self.instance.options if prefix == _OPTION else self.instance.rules
        return found

    def values(self, prefix: str) -> dict[str, Any]:
        """What was typed of a part, but what is as it is by default, or was left empty."""
        found = [(one, self.cleaned_data.get(prefix + one.name)) for one in self.parts[prefix]]
        return {one.name: plain(value) for one, value in found if is_said(one, value)}

    def check(self, prefix: str, check: Callable[[Mapping[str, Any]], Any], kept: Mapping[str, Any]) -> None:
        """Say what the declaration refuses at its field."""
        try:
            check({**kept, **self.values(prefix)})
        except RejectedError as error:
            name = prefix + error.pointer.strip("/").partition("/")[0]
            self.add_error(name if name in self.fields else None, f"{error} {error.hint}".strip())

    def _post_clean(self) -> None:
        """The service writes the row: nothing is put into it here."""


class TargetForm(GeneratedForm):
    """A store; its secrets are written, never shown."""

    class Meta:
        model = Target
        fields = ("name",)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors and self.fields:
            declaration = catalog.load(self.kind).target_type
            kept = dict.fromkeys(secrets_of(self.instance), options.MASK)
            self.check(_OPTION, lambda values: services.check_target(declaration, values), kept)
        return said


class ConnectorForm(GeneratedForm):
    """A connector of a target's kind."""

    streams = forms.Field(
        widget=Lines({"class": INPUTS["text_area"]}),
        help_text="Names, or patterns such as page.*, one a line; * takes all streams.",
    )

    class Meta:
        model = Connector
        fields = ("name", "target", "streams", "is_enabled")

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        if "target" in self.fields:
            self.fields["target"].queryset = Target.objects.filter(kind=self.kind)  # type: ignore[attr-defined]  # a ModelChoiceField

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors and self.fields:
            declaration = catalog.load(self.kind).options_type
            self.check(_OPTION, lambda values: options.parse(declaration, values), {})
            self.check(_RULE, lambda values: options.parse(Rules, values), {})
        return said


def target_form(kind: str, instance: Target | None) -> type[GeneratedForm]:
    """The form of targets of a kind."""
    parts = {_OPTION: options.declared(catalog.load(kind).target_type)}
    return _made(TargetForm, kind, parts, kept=secrets_of(instance) if instance else ())


def connector_form(kind: str) -> type[GeneratedForm]:
    """The form of connectors into a kind of store."""
    parts = {_RULE: options.declared(Rules), _OPTION: options.declared(catalog.load(kind).options_type)}
    return _made(ConnectorForm, kind, parts)


def secrets_of(target: Target) -> tuple[str, ...]:
    """Names of the secrets that are there."""
    try:
        kept = encryption.unseal(target.secrets, owner=f"target {target.name}")
    except PlatformError:
        return ()  # the key is gone; they must be entered again
    return tuple(name for name, value in kept.items() if value)


def _made(
    base: type[GeneratedForm], kind: str, parts: Mapping[str, tuple[Option, ...]], kept: tuple[str, ...] = ()
) -> type[GeneratedForm]:
    fields = {prefix + one.name: _styled(field_of(one, kept=kept)) for prefix, declared in parts.items() for one in declared}
    made: type[GeneratedForm] = type(base.__name__, (base,), {**fields, "parts": parts, "kind": kind, "Meta": base.Meta})  # type: ignore[attr-defined]  # each form has one
    return made


def _styled(field: forms.Field) -> forms.Field:
    """The field in the admin's look; the theme takes help as HTML, so it is escaped here."""
    field.help_text = escape(field.help_text)
    if not isinstance(field.widget, forms.CheckboxSelectMultiple):
        field.widget.attrs["class"] = INPUTS[_look(field.widget)]
    return field


def _look(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput):
        return "switch"
    if isinstance(widget, forms.Select):
        return "select"
    return "text_area" if isinstance(widget, forms.Textarea) else "input"
