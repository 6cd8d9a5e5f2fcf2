"""Who changed targets and connectors, and what: kept in Django's own log of the admin, so that both tell the same history."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from connectors.models import Connector, Target
from eventplatform.panels import Change

_VERBS = {ADDITION: "Made", CHANGE: "Changed", DELETION: "Deleted"}
_LONGEST = 200
_BETWEEN, _SET_ANEW = "; ", ": set anew"


@dataclass(frozen=True, slots=True)
class Act:
    """Something that somebody did."""

    at: datetime
    by: str
    text: str
    secrets: tuple[str, ...] = ()  # that were set anew


def note(
    row: Target | Connector, *, by: Any, changes: Sequence[str] = (), secrets: Sequence[str] = (), flag: int = CHANGE
) -> None:
    """Keep what `by` (a user) did; `secrets` are names of options, never their values."""
    told = [*changes, *(f"{name}{_SET_ANEW}" for name in secrets)]
    if flag == CHANGE and not told:
        return
    LogEntry.objects.create(
        user_id=by.pk,
        content_type=ContentType.objects.get_for_model(type(row)),
        object_id=str(row.pk),
        object_repr=str(row)[:_LONGEST],
        action_flag=flag,
        change_message=_BETWEEN.join(told),
    )


def of(row: Target | Connector, *, most: int = 50) -> list[Act]:
    """What was done to it, the newest first."""
    kind = ContentType.objects.get_for_model(type(row))
    found = LogEntry.objects.filter(content_type=kind, object_id=str(row.pk)).select_related("user")
    return [_act(entry) for entry in found.order_by("-action_time")[:most]]


def recent_changes(most: int) -> list[Change]:
    """What was done to connectors and targets last, for the overview; those that are there are linked."""
    kinds = ContentType.objects.get_for_models(Connector, Target)
    entries = LogEntry.objects.filter(content_type__in=kinds.values()).select_related("user")
    there = {(kinds[Connector].pk, str(key)): name for key, name in Connector.objects.values_list("pk", "name")}
    found = []
    for entry in entries.order_by("-action_time")[:most]:
        act, name = _act(entry), there.get((entry.content_type_id or 0, str(entry.object_id)))
        link = reverse("connector", args=[name]) if name else reverse("connectors")
        found.append(Change(act.at, "connector", entry.object_repr, link, act.text, act.by))
    return found


def secrets_set_at(target: Target) -> datetime | None:
    """When a secret of the target was set last, as far as this log goes back."""
    return next((act.at for act in of(target) if act.secrets), None)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What changed between two mappings, in words; the caller leaves secrets out."""
    return [
        f"{name}: {_shown(before.get(name))} → {_shown(after.get(name))}"
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _shown(value: Any) -> str:
    text = "not set" if value in (None, "", [], {}) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _act(entry: LogEntry) -> Act:
    text, verb = entry.get_change_message(), _VERBS[entry.action_flag]
    secrets = tuple(one.removesuffix(_SET_ANEW) for one in text.split(_BETWEEN) if one.endswith(_SET_ANEW))
    return Act(entry.action_time, entry.user.get_username(), f"{verb}: {text}" if text else verb, secrets)
