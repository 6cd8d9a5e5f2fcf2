"""The form of a stream for product managers: what it means is checked here, whoever posts it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from unfold import widgets

from registry import lookups as registry
from streamconfig import form_values
from streamconfig.configuration.document import DocumentInvalidError, Entry
from streamconfig.configuration.setting_types import UNITS, Problem
from streamconfig.deprecated_schemas import SchemaDeprecatedError
from streamconfig.models import Defaults, Stream
from streamconfig.services import check_stream

# What a stream is wired to: changing one of these moves data or breaks producers, so editors may not.
WIRING = ("name", "schema_title", "service", "topic_rule", "topic_values", "message_key_fields", "other_settings")
_EVERYBODY = ("", "Everybody, as the defaults say")
_UNIT_WORDS: Mapping[str, str] = {"pageview": "Page views", "session": "Sessions", "device": "Devices"}


def _text(label: str, help_text: str, *, is_required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, required=is_required, max_length=200, widget=widgets.UnfoldAdminTextInputWidget
    )


class SettingField(forms.JSONField):
    """JSON, indented; nothing is an empty field, not the word null."""

    def prepare_value(self, value: Any) -> Any:
        """The text that is shown; what somebody typed and got wrong comes back as it was."""
        if value is None or value == {}:
            return ""
        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _json(label: str, help_text: str) -> SettingField:
    attributes = {"rows": 5, "spellcheck": "false", "style": "font-family: var(--mono)"}
    widget = widgets.UnfoldAdminTextareaWidget(attributes)
    return SettingField(label=label, help_text=help_text, required=False, widget=widget)


def _choice(label: str, choices: Any, help_text: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=choices, help_text=help_text, required=False, widget=widgets.UnfoldAdminSelectWidget
    )


class StreamForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no parameter at run time
    """A stream. `may_wire` is set by the admin from the user's permissions and decides what a post may change."""

    may_wire: ClassVar[bool] = False

    schema_title = _text("Schema title", "Its events are of this schema, such as page/change.", is_required=True)
    service = _text("Intake service", "Producers post its events there, such as main. Empty: as the defaults say.")
    canary = _choice("Canary events", form_values.CANARY_CHOICES, "A test event a minute that proves that the path is alive.")
    sampling_unit = _choice("Share of", [_EVERYBODY, *((unit, _UNIT_WORDS[unit]) for unit in UNITS)], "Who is drawn.")
    sampling_percent = forms.DecimalField(
        label="Sampling in percent",
        required=False,
        max_digits=12,
        decimal_places=8,
        widget=widgets.UnfoldAdminDecimalFieldWidget({"min": "0", "max": "100", "step": "any", "inputmode": "decimal"}),
        help_text="5 means that 5 of 100 send. 0 stops clients, 100 lets all of them send.",
    )
    consumers = _json("Consumers", 'What stores do with it, such as {"warehouse": {"enabled": true}}. Empty: the defaults.')
    topic_rule = _choice("Topics", form_values.TOPIC_RULES)
    topic_values = forms.CharField(
        label="Prefixes or topics",
        required=False,
        widget=widgets.UnfoldAdminTextareaWidget({"rows": 3}),
        help_text="One a line, for the last two choices.",
    )
    message_key_fields = _json("Message key", 'Events of one key keep their order, such as {"page_id": "page.page_id"}.')
    other_settings = _json("Other settings", "As in the configuration file; every reader of the API sees them.")
    reason = forms.CharField(
        label="Why",
        required=False,
        max_length=1000,
        widget=widgets.UnfoldAdminTextInputWidget,
        help_text="Stands in the stream's history beside your name.",
    )
    base_revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Stream
        fields = ("name", "description", "owner", "purpose", "contact", "is_enabled")

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        self.base = self.instance.entry if self.instance.pk else Entry("", {})
        # Over what the model's columns gave: those hold the merged values, the form its own.
        self.initial.update({**form_values.read(self.base), "base_revision": self.instance.revision})
        for name in ("description", "purpose"):
            if name in self.fields:
                self.fields[name].widget.attrs["rows"] = 2
        for name in WIRING:
            if name in self.fields and (not self.may_wire or (name == "name" and self.instance.pk)):
                self.fields[name].disabled = True

    def clean_sampling_percent(self) -> Any:
        """A share, told in the words of the mistake that is made most."""
        percent = self.cleaned_data["sampling_percent"]
        if percent is not None and not 0 <= percent <= 100:  # noqa: PLR2004  # percent
            raise forms.ValidationError("Sampling goes from 0 to 100 percent. For one of twenty write 5.", code="range")
        return percent

    def clean_schema_title(self) -> str:
        """A title that is registered; the nearest ones are named where it isn't."""
        title: str = self.cleaned_data["schema_title"].strip().strip("/")
        schemas = registry.schemas()
        if schemas.has_title(title) or title == self.initial.get("schema_title"):
            return title
        near = difflib.get_close_matches(title, schemas.titles(), n=3)
        remedy = f"Did you mean {' or '.join(near)}?" if near else "Import its repository first."
        raise forms.ValidationError(f"No schema {title} is registered. {remedy}", code="schema_unknown")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._refuse_tampering()
        if cleaned.get("sampling_unit") and cleaned.get("sampling_percent") is None and "sampling_percent" not in self.errors:
            self.add_error("sampling_percent", "Say how many percent of them send.")
        if cleaned.get("sampling_percent") is not None and not cleaned.get("sampling_unit"):
            self.add_error("sampling_unit", "Say of what this is a share: page views, sessions or devices.")
        if not self.errors:
            self._check(cleaned)
        return cleaned

    def _refuse_tampering(self) -> None:
        """A disabled field's post is ignored by Django; here it is refused, so that nobody thinks it was saved."""
        for name, field in self.fields.items():
            posted = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
            is_sent = not field.widget.value_omitted_from_data(self.data, self.files, self.add_prefix(name))
            if field.disabled and is_sent and _differs(field, self.get_initial_for_field(field, name), posted):
                message = f"{field.label or name} can be changed by engineers only. Ask the platform's team."
                self.add_error(None, forms.ValidationError(message, code="forbidden"))

    def _check(self, cleaned: dict[str, Any]) -> None:
        """Ask the services whether this could be published, and put what they say at its field."""
        self.entry = form_values.entry_of(self.base, cleaned)
        try:
            check_stream(self.entry)
        except DocumentInvalidError as error:
            for problem in error.problems:
                self.add_error(self._field_of(problem), f"{problem.message} {problem.remedy}")

    def _field_of(self, problem: Problem) -> str | None:
        if problem.code not in {"setting.bad_value", SchemaDeprecatedError.code}:
            return "name"
        fits = [place for place in form_values.FIELD_OF_POINTER if problem.pointer.startswith(place)]
        return form_values.FIELD_OF_POINTER[max(fits, key=len)]


def _differs(field: forms.Field, initial: Any, posted: Any) -> bool:
    """As `Field.has_changed`, which never says yes for a disabled field."""
    field.disabled = False
    try:
        return field.has_changed(initial, posted)
    finally:
        field.disabled = True


class DefaultsForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no parameter at run time
    """The settings below every stream's own."""

    settings = _json("Settings", "Merged below each stream: maps deeply, lists by index; a null in a stream clears.")
    reason = _text("Why", "Stands in the history beside your name.")

    class Meta:
        model = Defaults
        fields = ()

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        self.initial["settings"] = self.instance.settings

    def clean_settings(self) -> Any:
        """An empty field is no wish to empty what every stream stands on."""
        if self.cleaned_data["settings"] is None:
            message = "Nothing was sent. Write {} to have no defaults at all."
            raise forms.ValidationError(message)
        return self.cleaned_data["settings"]
