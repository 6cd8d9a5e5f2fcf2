"""The services of a document and the intake's rules of its streams, as the intake wants them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from eventplatform.core.door_rules import DoorRules, PrivacyRules
from eventplatform.core.services import EventGateRules, Limits, Service


def services(items: Mapping[str, Mapping[str, Any]], named: Iterable[str] = ()) -> Mapping[str, Service]:
    """Every service by its name: the items of the section, and those that only streams name (`named`)."""
    found = {name: Service(name) for name in sorted(set(named)) if name}
    found |= {name: _service(name, item) for name, item in items.items()}
    return MappingProxyType(found)


def door_rules(item: Any) -> DoorRules:
    """A stream's `intake`; what isn't said stays open."""
    says = _map(item)
    if not says:
        return _NO_RULES
    origins = says.get("origins")
    return DoorRules(
        origins=None if origins is None else tuple(origins),
        allows_anonymous=says.get("allows_anonymous"),
        events_per_second=says.get("events_per_second"),
        events_per_day=says.get("events_per_day"),
        when_log_away=says.get("when_log_away") or "spool",
        error_stream=says.get("error_stream") or "",
        privacy=_privacy(says),
    )


_NO_RULES = DoorRules()


def _service(name: str, item: Mapping[str, Any]) -> Service:
    says = {key: value for key, value in item.items() if value is not None}
    default = Service(name)
    eventgate = {key: value for key, value in _map(says.get("eventgate")).items() if value is not None}
    if "failing_streams" in eventgate:
        eventgate["failing_streams"] = frozenset(eventgate["failing_streams"])
    return Service(
        name=name,
        profile=says.get("profile", default.profile),
        hosts=frozenset(says.get("hosts", ())),
        origins=tuple(says.get("origins", default.origins)),
        allows_anonymous=says.get("allows_anonymous", default.allows_anonymous),
        spooled_status=says.get("spooled_status", default.spooled_status),
        error_stream=says.get("error_stream", ""),
        # EventGate knows no repeated ids.
        duplicate_seconds=says.get("duplicate_seconds", 0 if says.get("profile") == "eventgate" else default.duplicate_seconds),
        sources=tuple(_map(says.get("sources")).items()),
        limits=Limits(**_map(says.get("limits"))),
        privacy=_privacy(says),
        eventgate=EventGateRules(**eventgate),
    )


def _privacy(says: Mapping[str, Any]) -> PrivacyRules:
    return PrivacyRules(**_map(says.get("privacy")))


def _map(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}
