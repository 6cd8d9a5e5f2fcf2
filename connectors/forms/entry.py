"""The form of a connector: its name, where it writes, which streams it takes and how, and how it begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from connectors import catalog, options, services
from connectors.forms.declared import DeclaredForm
from connectors.forms.widgets import Lines
from connectors.models import NAME, Connector, Target
from connectors.routing import Route
from connectors.rules import Rules
from connectors.sinks.base import Store
from eventplatform import encryption

NEW = ""  # as the target's name: a new one
_ADDRESSES = ("kinds", "new", "rejected", "stores")  # pages have these names
_WHICH = ("consumer", "takes", "schema_titles", "settings_filter")
_HOW = ("mode", "key", "columns", "types", "ttl_seconds", "records_per_second", "privacy")


class BasicsForm(forms.Form):
    """What every connector has."""

    use_required_attribute = False

    name = forms.CharField(max_length=100, validators=[NAME], help_text="Lower case; it can't be changed later.")
    target = forms.ChoiceField(required=False, label="Store", help_text="A store's connection, shared by connectors.")
    new_target = forms.CharField(
        required=False, max_length=100, validators=[NAME], label="Name of the new store", help_text="Such as warehouse."
    )
    streams = forms.Field(
        widget=Lines({"rows": 3}), label="Streams", help_text="Names, or patterns such as page.*, one a line; * takes all."
    )
    begins = forms.ChoiceField(
        required=False,
        label="Begins",
        choices=[("running", "Running, at the first event that the log still holds"), ("paused", "Paused, until resumed")],
        widget=forms.RadioSelect,
    )

    def __init__(self, *arguments: Any, kind: str, connector: Connector | None, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        self.connector = connector
        names = Target.objects.filter(kind=kind).values_list("name", flat=True)
        self.fields["target"].choices = [*((name, name) for name in names), (NEW, "A new one")]  # type: ignore[attr-defined]  # a ChoiceField
        if connector is not None:
            self.fields["name"].disabled = True
            self.fields["name"].initial = connector.name

    def clean_name(self) -> str:
        """A new connector must not take another's name."""
        name: str = self.cleaned_data["name"]
        if name in _ADDRESSES:
            raise forms.ValidationError("A page has this name; choose another.")
        if self.connector is None and Connector.objects.filter(name=name).exists():
            raise forms.ValidationError("There is a connector of this name already.")
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        new = cleaned.get("new_target")
        if cleaned.get("target") == NEW and "new_target" not in self.errors:
            if not new:
                self.add_error("new_target", "Name the new store, or choose one that is there.")
            elif Target.objects.filter(name=new).exists():
                self.add_error("new_target", "There is a store of this name already.")
        return cleaned


class Entry:
    """All parts of the form for one kind; bound where something was posted."""

    def __init__(self, kind: str, *, posted: QueryDict | None = None, connector: Connector | None = None) -> None:
        self.kind = kind
        self.connector = connector
        self.store: type[Store] = catalog.load(kind)
        target = connector.target if connector else Target.objects.filter(kind=kind).first()
        self.basics = BasicsForm(posted, kind=kind, connector=connector, initial=_basics(connector, target))
        self.target = DeclaredForm(
            posted, prefix="target", declaration=self.store.target_type, check=self._check_target, empty_permitted=False
        )
        self.options = DeclaredForm(
            posted, prefix="options", declaration=self.store.options_type, initial=connector.options if connector else {}
        )
        self.rules = DeclaredForm(posted, prefix="rules", declaration=Rules, initial=connector.rules if connector else {})

    @property
    def which(self) -> Sequence[forms.BoundField]:
        """The rules on which streams it takes."""
        return self.rules.named(*_WHICH)

    @property
    def is_narrowed(self) -> bool:
        """True where a rule on which streams is said already."""
        return bool(set(_WHICH) & {*self.rules.values})

    @property
    def how(self) -> Sequence[forms.BoundField]:
        """The rules on how their events are kept; those that a later version adds come last."""
        others = [name for name in self.rules.fields if name not in {*_WHICH, *_HOW}]
        return self.rules.named(*_HOW, *others)

    @property
    def is_new_target(self) -> bool:
        """True where the form makes a target of its own."""
        return self.basics["target"].value() in (NEW, None)

    def is_valid(self) -> bool:
        """All parts; the new target's only where there is to be one."""
        parts = [self.basics, self.options, self.rules, *([self.target] if self.is_new_target else [])]
        return all([part.is_valid() for part in parts])  # noqa: C419  # every part says what is wrong with it

    def is_usable(self) -> bool:
        """Enough for trying it out: a store and options."""
        parts = [part.is_valid() for part in (self.options, *([self.target] if self.is_new_target else []))]
        return all(parts) and "target" not in self.basics.errors

    @property
    def name(self) -> str:
        """Its name, as far as typed."""
        return self.connector.name if self.connector else str(self.basics["name"].value() or "")

    def patterns(self) -> list[str]:
        """The streams' names and patterns, as typed or kept."""
        found = self.basics["streams"].value()
        return (
            list(found)
            if isinstance(found, (list, tuple))
            else Lines().value_from_datadict({"x": found or ""}, None, "x") or []
        )

    def route(self) -> Route | None:
        """Which streams it would take; None while its rules can't be used."""
        if self.rules.is_bound and not self.rules.is_valid():
            return None
        rules = options.parse(Rules, self.rules.values)
        names = (self.name, self.target_name, rules.consumer)
        return Route(tuple(self.patterns()), tuple(name for name in names if name), rules)

    @property
    def target_name(self) -> str:
        """The store's name, chosen or new."""
        return str(self.basics["new_target" if self.is_new_target else "target"].value() or "")

    def target_values(self) -> Mapping[str, Any]:
        """Options and open secrets of the store, for trying it out in this process alone."""
        if self.is_new_target:
            return self.target.values
        target = Target.objects.get(name=self.target_name)
        return {**target.options, **encryption.unseal(target.secrets, owner=f"target {target.name}")}

    def _check_target(self, values: Mapping[str, Any]) -> None:
        services.check_target(self.store.target_type, values)


def _basics(connector: Connector | None, target: Target | None) -> dict[str, Any]:
    if connector is None:
        return {"target": target.name if target else NEW, "streams": [], "begins": "running"}
    begins = "running" if connector.is_enabled else "paused"
    return {"target": connector.target.name, "streams": connector.streams, "begins": begins}
