"""The stream that the steps of the wizard describe, as an entry of the document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from eventplatform.panels import Downstream
from streamconfig.configuration.document import About, Entry
from streamconfig.pages.wizard_forms import ONCE, WEEKLY

_ABOUT = ("description", "owner", "purpose", "contact", "task", "sensitivity", "review_on", "expires_on")


def entry_of(said: Mapping[str, Mapping[str, Any]], stores: Sequence[Downstream]) -> Entry:
    """The entry; a step that was not said adds nothing. `stores` are the connectors, as they take the name by themselves."""
    about, sampling, kept = said.get("about", {}), said.get("sampling", {}), said.get("stores", {})
    texts = {name: str(about[name]) for name in _ABOUT if about.get(name)}
    return Entry(
        name=str(about.get("name", "")),
        settings=_settings(said, stores),
        about=About(**texts),
        own={**_timing(sampling), **_log(kept)},
    )


def _settings(said: Mapping[str, Mapping[str, Any]], stores: Sequence[Downstream]) -> dict[str, Any]:
    sampling, kept = said.get("sampling", {}), said.get("stores", {})
    found: dict[str, Any] = {"schema_title": said.get("schema", {}).get("schema_title")}
    if kept.get("service"):
        found["destination_event_service"] = kept["service"]
    if kept.get("canary"):
        found["canary_events_enabled"] = kept["canary"] == "on"
    if sampling.get("unit"):
        found["sample"] = {"unit": sampling["unit"], "rate": _rate(sampling["percent"])}
    consumers = {one.name: consumer for one in stores if (consumer := _consumer(one, kept))}
    return {**found, **({"consumers": consumers} if consumers else {})}


def _rate(percent: Any) -> float | int:
    rate = float(Decimal(str(percent)) / 100)
    return int(rate) if rate in {0.0, 1.0} else rate


def _consumer(store: Downstream, kept: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from what the connector does by itself, so that nothing is written without need."""
    if f"takes:{store.name}" not in kept:
        return {}
    takes, days = bool(kept[f"takes:{store.name}"]), kept.get(f"days:{store.name}")
    if not takes:
        return {"enabled": False}
    return {"retention_days": days} if days else {}


def _timing(sampling: Mapping[str, Any]) -> dict[str, Any]:
    window: dict[str, Any] = {}
    if sampling.get("when") == ONCE:
        bounds = {"from": sampling.get("begins"), "until": sampling.get("ends")}
        window = {key: _moment(text) for key, text in bounds.items() if text}
    elif sampling.get("when") == WEEKLY:
        clocks = {key: time.fromisoformat(sampling[key]).strftime("%H:%M") for key in ("start", "end")}
        window = {"days": list(sampling["days"]), **clocks, "time_zone": sampling["time_zone"]}
    late = {"late_events": {"action": sampling["late"]}} if window and sampling.get("late") else {}
    return {**({"windows": [window]} if window else {}), **late}


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _log(kept: Mapping[str, Any]) -> dict[str, Any]:
    log = {name: kept[name] for name in ("partitions", "retention_hours") if kept.get(name)}
    return {"log": log} if log else {}
