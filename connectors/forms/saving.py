"""Saves what a form holds through the services, and keeps who changed what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE
from django.db import transaction

from connectors import acts, catalog, options, services, shown
from connectors.forms.entry import Entry
from connectors.holding import hold
from connectors.models import Connector, Target


@transaction.atomic
def save_entry(entry: Entry, *, by: Any) -> Connector:
    """Save a valid form: its new store first, where there is one, then the connector.

    Raises:
        RejectedError: a service refuses it; nothing is saved then.
    """
    if entry.is_new_target:
        save_target(name=entry.target_name, kind=entry.kind, values=entry.target.values, by=by)
    is_enabled = None if entry.connector else entry.basics.cleaned_data["begins"] != "paused"
    return save_connector(
        name=entry.name,
        target=entry.target_name,
        streams=entry.patterns(),
        values=entry.options.values,
        rules=entry.rules.values,
        is_enabled=is_enabled,
        by=by,
    )


@transaction.atomic
def save_connector(*, name: str, by: Any, **facts: Any) -> Connector:
    """Make or change a connector through the service, and keep who did.

    Raises:
        RejectedError: the service refuses it.
    """
    hold("connector", name)
    former = Connector.objects.select_related("target").filter(name=name).first()
    before = _facts(former) if former else {}
    connector = services.save_connector(name=name, **facts)
    acts.note(connector, by=by, changes=acts.differences(before, _facts(connector)), flag=CHANGE if former else ADDITION)
    return connector


@transaction.atomic
def save_target(*, name: str, kind: str, values: Mapping[str, Any], by: Any) -> Target:
    """Make or change a target; secrets that are not among the values stay.

    Raises:
        RejectedError: an option can't be used.
    """
    hold("target", name)
    before = Target.objects.filter(name=name).first()
    open_before = dict(before.options) if before else {}
    open_values, secrets = options.split_secrets(catalog.load(kind).target_type, values)
    target = services.save_target(name=name, kind=kind, values=values)
    typed = sorted(key for key, value in secrets.items() if value and value != options.MASK)
    declared = options.declared(catalog.load(kind).target_type)
    changes = acts.differences(shown.harmless(declared, open_before), shown.harmless(declared, open_values))
    acts.note(target, by=by, changes=changes, secrets=typed, flag=CHANGE if before else ADDITION)
    return target


def _facts(connector: Connector) -> dict[str, Any]:
    """What a person decides of it, flat."""
    return {
        "target": connector.target.name,
        "streams": list(connector.streams),
        "enabled": connector.is_enabled,
        **dict(connector.options),
        **{f"rule {name}": value for name, value in connector.rules.items()},
    }
