"""The admin of targets and connectors; options are checked against the kind's declaration, secrets are write-only."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from connectors import catalog, options, services
from connectors.models import Connector, Lease, Target
from eventplatform.admin_base import ModelAdmin, ReadOnlyAdmin, Select
from eventplatform.core.errors import PlatformError


class TargetForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no parameter at run time
    """A target; secrets stand among the options while typed, and are shown as a mask afterwards."""

    kind = forms.ChoiceField(help_text="What store it is.", widget=Select)

    class Meta:
        model = Target
        fields = ("name", "kind", "options")

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        if "options" not in self.fields:  # somebody who may only look gets a form without fields
            return
        self.fields["kind"].choices = [(name, catalog.load(name).title) for name in catalog.names()]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["options"].help_text = _help("target_type")
        if self.instance.secrets:
            secret = [one.name for one in options.declared(catalog.load(self.instance.kind).target_type) if one.is_secret]
            self.initial["options"] = {**self.instance.options, **dict.fromkeys(secret, options.MASK)}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            _check(self, lambda: services.check_target(catalog.load(cleaned["kind"]).target_type, cleaned["options"] or {}))
        return cleaned


class ConnectorForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no parameter at run time
    """A connector, its options checked against the kind of its target."""

    class Meta:
        model = Connector
        fields = ("name", "target", "streams", "options", "is_enabled")

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        if "options" in self.fields:  # somebody who may only look gets a form without fields
            self.fields["options"].help_text = _help("options_type")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            _check(self, lambda: options.parse(catalog.load(cleaned["target"].kind).options_type, cleaned["options"] or {}))
        return cleaned


@admin.register(Target)
class TargetAdmin(ModelAdmin):
    """Stores."""

    form = TargetForm
    list_display: ClassVar[list[str]] = ["name", "kind", "updated_at"]

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001  # Django's signature
        """Write through the service, which encrypts the secrets."""
        facts = form.cleaned_data
        if change and "name" in form.changed_data:
            Target.objects.filter(pk=obj.pk).update(name=facts["name"])
        obj.pk = services.save_target(name=facts["name"], kind=facts["kind"], values=facts["options"] or {}).pk


@admin.register(Connector)
class ConnectorAdmin(ModelAdmin):
    """What flows where."""

    form = ConnectorForm
    list_display: ClassVar[list[str]] = ["name", "target", "streams", "is_enabled", "updated_at"]
    list_filter: ClassVar[list[str]] = ["is_enabled", "target"]

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001  # Django's signature
        """Write through the service."""
        facts = form.cleaned_data
        if change and "name" in form.changed_data:
            Connector.objects.filter(pk=obj.pk).update(name=facts["name"])
        obj.pk = services.save_connector(
            name=facts["name"],
            target=facts["target"].name,
            streams=facts["streams"],
            values=facts["options"] or {},
            is_enabled=facts["is_enabled"],
        ).pk


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    """Who is at work where."""

    list_display: ClassVar[list[str]] = [
        "connector",
        "topic",
        "partition",
        "state",
        "next_offset",
        "end_offset",
        "owner",
        "until",
    ]
    list_filter: ClassVar[list[str]] = ["state", "connector"]


def _help(part: str) -> str:
    """The declared options of every kind, in a sentence each."""
    kinds = [(name, options.declared(getattr(catalog.load(name), part))) for name in catalog.names()]
    return " ".join(f"{name}: {'; '.join(map(_sentence, declared)) or 'none'}." for name, declared in kinds)


def _sentence(option: options.Option) -> str:
    return f"{option.name} ({option.help.rstrip('.')})"


def _check(form: forms.BaseForm, parse: Any) -> None:
    try:
        parse()
    except PlatformError as error:
        form.add_error("options", f"{error} {error.hint}")
