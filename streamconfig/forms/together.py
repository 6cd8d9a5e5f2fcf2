"""One edit for many items: which fields, and what they become; everything else of each item stays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from unfold import widgets

from streamconfig import lookups, services
from streamconfig.configuration import document as documents
from streamconfig.configuration.document import Document, DocumentInvalidError, Entry
from streamconfig.forms import fields
from streamconfig.forms.bindings import Binding, tail_of, values_of, written
from streamconfig.forms.maps import ConsumerRow
from streamconfig.forms.rows import RowsField
from streamconfig.forms.stream import TimedFields, suggest
from streamconfig.forms.stream_bindings import STREAM
from streamconfig.services import Wish


class TogetherForm(TimedFields):
    """The fields that many items may get alike. `chosen` says which of them count; the others are not looked at."""

    bindings: ClassVar[Sequence[Binding]] = ()
    offered: ClassVar[Sequence[tuple[str, str, tuple[str, ...]]]] = ()  # key, words, the form's fields

    chosen = forms.MultipleChoiceField(label="Change", widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget)
    owner = fields.text("Owner team")
    reason = fields.text("Why", "Whoever approves reads it, and it stands in the history beside your name.")
    base_revision = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        chosen = self.fields["chosen"]
        assert isinstance(chosen, forms.MultipleChoiceField)  # noqa: S101  # declared above
        chosen.choices = [(key, words) for key, words, _ in self.offered]
        self.initial.setdefault("base_revision", lookups.newest_revision())
        suggest(self, lookups.current_document())

    def rows(self) -> Iterator[tuple[str, str, list[forms.BoundField]]]:
        """What is offered, for the page: key, words, fields."""
        for key, words, names in self.offered:
            yield key, words, [self[name] for name in names]

    @property
    def is_chosen(self) -> Collection[str]:
        """The keys that are ticked, also of a form that has errors."""
        return self["chosen"].value() or ()

    def clean(self) -> dict[str, Any]:
        """Errors of fields that nobody chose don't count."""
        cleaned = super().clean() or {}
        wanted = {name for key, _, names in self.offered if key in cleaned.get("chosen", ()) for name in names}
        for name in [one for one in self.errors if one in self._offered_names() - wanted]:
            self.errors.pop(name)
        return cleaned

    def _offered_names(self) -> set[str]:
        return {name for _, _, names in self.offered for name in names}

    def changed(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """The item with the chosen fields as the form has them."""
        names = [name for key, _, names in self.offered if key in self.cleaned_data["chosen"] for name in names]
        values = values_of(item, self.bindings)
        for name in names:
            values[name] = self._value(name, values[name])
        return written(item, values, self.bindings, tail_of(item, self.bindings))

    def _value(self, name: str, held: Any) -> Any:
        value = self.cleaned_data.get(name)
        if name != "consumers":
            return value
        stores = dict(held)
        for store, told in value or ():
            stores[store] = {**stores.get(store, {}), **told}  # only the cells that are filled
        return list(stores.items())

    def wish(self, names: Collection[str]) -> Wish:
        """The document with these items changed."""
        raise NotImplementedError


TIMES = (
    ("is_enabled", "On or off", ("is_enabled",)),
    ("sampling", "Sampling", ("sampling_percent", "sampling_unit")),
    ("windows", "Windows", ("windows_once", "windows_weekly")),
    ("owner", "Owner team", ("owner",)),
    ("review_on", "Review date", ("review_on",)),
    ("expires_on", "Expiry", ("expires_on",)),
)


class StreamsTogether(TogetherForm):
    """Many streams."""

    bindings = STREAM
    offered = (*TIMES, ("consumers", "Stores", ("consumers",)))

    consumers = RowsField(ConsumerRow, label="Stores", help_text="Only the cells that you fill; the rest of each stays.")

    def wish(self, names: Collection[str]) -> Wish:
        def wish(before: Document) -> Document:
            return before.with_entries([self._entry(before, name) for name in names])

        return wish

    def _entry(self, before: Document, name: str) -> Entry:
        held = before.get(name)
        if held is None:
            raise services.StreamMissingError(name=name)
        entry, problems = documents.read_entry(name, self.changed(held.as_json()))
        if entry is None:
            raise DocumentInvalidError(problems)
        return entry


def of_section(section: str, change: Callable[[Mapping[str, Any]], Mapping[str, Any]], names: Collection[str]) -> Wish:
    """The document with items of one of our own sections changed."""

    def wish(before: Document) -> Document:
        held = before.section(section)
        made = {key: change(item) if key in names else item for key, item in held.items()}
        return replace(before, sections={**before.sections, section: made})

    return wish


def switched(*, is_on: bool) -> QueryDict:
    """What a person would post to switch on or off."""
    data = QueryDict(mutable=True)
    data["chosen"] = "is_enabled"
    data["base_revision"] = str(lookups.newest_revision())
    if is_on:
        data["is_enabled"] = "on"
    return data
