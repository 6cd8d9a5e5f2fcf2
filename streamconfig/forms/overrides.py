"""The form of an override: what differs for a site, a tag of sites or an environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from streamconfig.configuration.sections import scope_parts
from streamconfig.forms import codecs, fields
from streamconfig.forms.bindings import Item, Path, Setting, at, put, remove, tail_of, values_of, written
from streamconfig.forms.items import SectionForm
from streamconfig.forms.rows import RowForm, RowsField
from streamconfig.forms.stream import UNIT_CHOICES

_SAMPLE = (
    Setting("sampling_percent", ("sample", "rate"), codecs.PERCENT),
    Setting("sampling_unit", ("sample", "unit")),
)


class StreamRow(RowForm):
    """What differs of one stream."""

    name = fields.text("Stream")
    sampling_percent = fields.PercentField()
    sampling_unit = forms.ChoiceField(label="Share of", choices=UNIT_CHOICES, required=False, widget=fields.Select)
    others = fields.json_text("Other settings", rows=2)

    @classmethod
    def shown(cls, item: Any) -> dict[str, Any]:
        name, held = item
        return {"name": name, **values_of(held, _SAMPLE), "others": tail_of(held, _SAMPLE) or None}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("name"):
            self.add_error("name", "Name the stream.")
        return cleaned

    def item(self) -> tuple[str, Any]:
        return self.cleaned_data["name"], written({}, self.cleaned_data, _SAMPLE, self.cleaned_data["others"] or {})


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams of an override as rows."""

    field: str = "streams"
    keys: Path = ("streams",)

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    @property
    def paths(self) -> tuple[Path, ...]:
        return (self.keys,)

    def read(self, item: Item) -> dict[str, Any]:
        return {self.field: list(at(item, self.keys).items()) if self._fits(item) else []}

    def claim(self, item: dict[str, Any]) -> None:
        if self._fits(item):
            remove(item, self.keys)

    def write(self, values: Mapping[str, Any], item: dict[str, Any], base: Item) -> None:
        was = at(base, self.keys) if self._fits(base) else {}
        made = {name: self._kept(was.get(name, {}), held) for name, held in values.get(self.field) or ()}
        if made:
            put(item, self.keys, made)

    def _kept(self, was: Item, held: Item) -> dict[str, Any]:
        return written(was, values_of(held, _SAMPLE), _SAMPLE, tail_of(held, _SAMPLE))

    def _fits(self, item: Item) -> bool:
        held = at(item, self.keys)
        return isinstance(held, Mapping) and bool(held) and all(isinstance(one, Mapping) for one in held.values())


class OverrideForm(SectionForm):
    """An override. Its key is made of its scope's parts."""

    section = "overrides"
    bindings = (Streams(), Setting("defaults", ("defaults",), codecs.JSON_MAP), Setting("why", ("reason",)))
    name_field = "place"

    environment = fields.text("Environment", "Where it holds, such as staging. Empty: in all.")
    mode = fields.choice(
        "How", [("+", "On top of what holds below it"), ("", "Instead of what holds below it")], "Replacing is for engineers."
    )
    place = fields.text("Site or tag", "A site's key, a tag of sites, or * for all.", is_required=True)
    why = fields.prose("What it is for")
    streams = RowsField(StreamRow, label="Streams")
    defaults = fields.json_text("Defaults", "What differs for all streams there, as JSON.")

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        if self.instance.pk:
            environment, is_plus, name = scope_parts(self.instance.key)
            scope = {"environment": environment, "mode": "+" if is_plus else "", "place": name}
            self.initial.update(scope)
            for one in scope:
                self.fields[one].disabled = True
                self.locked[one] = "A scope keeps its name; make a new one, and remove this."
        known = self.document.section("sites")
        tags = {tag for site in known.values() for tag in site.get("tags") or ()}
        self.fields["place"].widget.suggestions = ["*", *sorted({*known, *tags})]

    @property
    def item_name(self) -> str:
        if self.instance.pk:
            return str(self.instance.key)
        held = self.cleaned_data
        environment = f"{held['environment']}:" if held.get("environment") else ""
        return f"{environment}{held.get('mode', '')}{held.get('place', '')}"
