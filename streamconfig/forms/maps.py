"""Maps as rows: which store keeps what and how, which header becomes which field, which fields make the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from eventplatform.admin_base import Select
from streamconfig.forms import codecs, fields
from streamconfig.forms.bindings import Item, Path, Setting, at, put, remove, tail_of, values_of, written
from streamconfig.forms.codecs import ABSENT
from streamconfig.forms.rows import RowForm
from streamconfig.lint.attributes import is_personal

NOT_KEPT = "not kept"
Pair = tuple[str, Any]


class ConsumerRow(RowForm):
    """What one store does with the stream; a row that says nothing but its name leaves the defaults."""

    name = fields.text("Store")
    enabled = forms.ChoiceField(label="Stored", choices=fields.FLAG_CHOICES, required=False, widget=Select)
    retention_days = fields.whole("Kept, days")
    ttl_seconds = fields.whole("Kept, seconds")
    batch_rows = fields.whole("Rows a batch", most=1_000_000)
    job_name = fields.text("Job")
    scale = fields.text("Job's scale", suggestions=("small", "medium", "large"))

    @classmethod
    def shown(cls, item: Any) -> dict[str, Any]:
        name, held = item
        return {"name": name, **values_of(held, CONSUMER)}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("name"):
            self.add_error("name", "Name the store.")
        return cleaned

    def item(self) -> Pair:
        held = {key: value for key, value in self.cleaned_data.items() if key != "name"}
        return self.cleaned_data["name"], written({}, held, CONSUMER, {})


CONSUMER = (
    Setting("enabled", ("enabled",), codecs.CHOICE),
    Setting("retention_days", ("retention_days",), codecs.WHOLE),
    Setting("ttl_seconds", ("ttl_seconds",), codecs.WHOLE),
    Setting("batch_rows", ("batch_rows",), codecs.WHOLE),
    Setting("job_name", ("job_name",)),
    Setting("scale", ("spark_job_ingestion_scale",)),
)


class HeaderRow(RowForm):
    """A field of the events that the intake fills from a header of the request, or leaves alone where the defaults fill it."""

    field = fields.text("Field of the event")
    header = fields.text("Header", suggestions=("user-agent", "x-request-id", "x-client-ip", "accept-language", NOT_KEPT))

    @classmethod
    def shown(cls, item: Any) -> dict[str, Any]:
        name, header = item
        return {"field": name, "header": header or NOT_KEPT}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, word in (("field", "field"), ("header", "header")):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, f"Name the {word}.")
        return cleaned

    def item(self) -> Pair:
        header = self.cleaned_data["header"]
        return self.cleaned_data["field"], False if header == NOT_KEPT else header

    @property
    def mark(self) -> str:
        """Beside a header that tells of a person."""
        return "personal data" if is_personal(self.initial.get("header")) else ""


class KeyRow(RowForm):
    """A part of the message key, and the field of the event that it is taken from."""

    name = fields.text("Part of the key")
    path = fields.text("Field of the event")

    @classmethod
    def shown(cls, item: Any) -> dict[str, Any]:
        name, path = item
        return {"name": name, "path": path}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("name", "path"):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, "Name the part and the field that it is taken from.")
        return cleaned

    def item(self) -> Pair:
        return self.cleaned_data["name"], self.cleaned_data["path"]


@dataclass(frozen=True, slots=True)
class Entries:
    """A map of texts, or of texts and false, as pairs."""

    field: str
    keys: Path
    may_be_false: bool = False

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

    def write(self, values: Mapping[str, Any], item: dict[str, Any], base: Item) -> None:  # noqa: ARG002  # one of a family
        pairs = dict(values.get(self.field) or ())
        if pairs:
            put(item, self.keys, pairs)

    def _fits(self, item: Item) -> bool:
        held = at(item, self.keys)
        return isinstance(held, Mapping) and bool(held) and all(self._is_fine(one) for one in held.values())

    def _is_fine(self, value: Any) -> bool:
        return (isinstance(value, str) and bool(value.strip())) or (self.may_be_false and value is False)


@dataclass(frozen=True, slots=True)
class Consumers:
    """What stores do, a row for each; keys that the row has no column for stay in the tail."""

    field: str = "consumers"
    keys: Path = ("consumers",)

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    @property
    def paths(self) -> tuple[Path, ...]:
        return (self.keys,)

    def read(self, item: Item) -> dict[str, Any]:
        return {self.field: [(name, held) for name, held in self._held(item).items() if tail_of(held, CONSUMER) != held]}

    def claim(self, item: dict[str, Any]) -> None:
        for name, held in self._held(item).items():
            if held and not (left := tail_of(held, CONSUMER)):
                remove(item, (*self.keys, name))
            elif held:
                item["consumers"][name] = left

    def write(self, values: Mapping[str, Any], item: dict[str, Any], base: Item) -> None:
        was = self._held(base)
        for name, held in values.get(self.field) or ():
            there = at(item, (*self.keys, name))
            tail = there if isinstance(there, Mapping) else {}
            made = written(was.get(name, {}), values_of(held, CONSUMER), CONSUMER, tail)
            if made and (made != tail or there is not ABSENT):
                put(item, (*self.keys, name), made)

    def _held(self, item: Item) -> dict[str, Any]:
        held = at(item, self.keys)
        return {name: one for name, one in held.items() if isinstance(one, Mapping)} if isinstance(held, Mapping) else {}
