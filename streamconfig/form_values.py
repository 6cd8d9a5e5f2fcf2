"""A stream's settings as the values of a form, and back: percent for rates, a choice for each way to name topics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from streamconfig.configuration.document import About, Entry

INHERIT, NAME_ONLY, PREFIXED, EXACT = "inherit", "name", "prefixes", "exact"
TOPIC_RULES = (
    (INHERIT, "As the defaults say"),
    (NAME_ONLY, "The stream's name alone"),
    (PREFIXED, "The name behind these prefixes"),
    (EXACT, "Exactly these topics"),
)
ON, OFF = "on", "off"
CANARY_CHOICES = (("", "As the defaults say"), (ON, "Yes"), (OFF, "No"))

# Which field of the form a problem's place belongs to; the longest that fits counts.
FIELD_OF_POINTER: Mapping[str, str] = {
    "": "other_settings",
    "/schema_title": "schema_title",
    "/destination_event_service": "service",
    "/canary_events_enabled": "canary",
    "/sample": "sampling_unit",
    "/sample/rate": "sampling_percent",
    "/consumers": "consumers",
    "/topics": "topic_values",
    "/topic_prefixes": "topic_values",
    "/message_key_fields": "message_key_fields",
}
_OWN_FIELDS = (
    "schema_title",
    "destination_event_service",
    "canary_events_enabled",
    "sample",
    "consumers",
    "message_key_fields",
)


def read(entry: Entry) -> dict[str, Any]:
    """The form's values for an entry."""
    settings = dict(entry.settings)
    rule, topics, topic_keys = _topics(settings)
    sample = settings.get("sample") or {}
    canary = settings.get("canary_events_enabled")
    rest = {key: value for key, value in settings.items() if key not in (*_OWN_FIELDS, *topic_keys)}
    # A null of these clears what the defaults say, which no field of its own can tell from "nothing set".
    rest |= {key: None for key in _OWN_FIELDS if key in settings and settings[key] is None}
    return {
        "schema_title": settings.get("schema_title") or "",
        "service": settings.get("destination_event_service") or "",
        "canary": "" if canary is None else ON if canary else OFF,
        "sampling_unit": sample.get("unit", ""),
        "sampling_percent": _percent(sample.get("rate")),
        "consumers": settings.get("consumers"),
        "message_key_fields": settings.get("message_key_fields"),
        "topic_rule": rule,
        "topic_values": "\n".join(topics),
        "other_settings": rest,
    }


def entry_of(base: Entry, values: Mapping[str, Any]) -> Entry:
    """The entry that a form means: what it didn't touch stays as `base` has it, in its order."""
    settings = dict(values["other_settings"] or {})
    _put(settings, "schema_title", values["schema_title"] or None)
    _put(settings, "destination_event_service", values["service"] or None)
    _put(settings, "canary_events_enabled", {ON: True, OFF: False}.get(values["canary"]))
    _put(settings, "sample", _sample(base, values) or None)
    _put(settings, "consumers", values["consumers"] or None)
    _put(settings, "message_key_fields", values["message_key_fields"] or None)
    settings |= _topic_settings(values)
    order = [*(key for key in base.settings if key in settings), *settings]
    about = About(values["description"], values["owner"], values["purpose"], values["contact"])
    ordered = {key: settings[key] for key in dict.fromkeys(order)}
    return replace(base, name=values["name"], settings=ordered, is_enabled=values["is_enabled"], about=about)


def _put(settings: dict[str, Any], key: str, value: Any) -> None:
    if value is not None:
        settings[key] = value


def _topics(settings: Mapping[str, Any]) -> tuple[str, list[str], tuple[str, ...]]:
    """The rule, its values, and the settings that these two stand for."""
    if settings.get("topics") is not None:
        return EXACT, settings["topics"], ("topics",)
    if "topic_prefixes" not in settings:
        return INHERIT, [], ()
    prefixes = settings["topic_prefixes"]
    return (NAME_ONLY, [], ("topic_prefixes",)) if prefixes is None else (PREFIXED, prefixes, ("topic_prefixes",))


def _topic_settings(values: Mapping[str, Any]) -> dict[str, Any]:
    lines = [line.strip() for line in values["topic_values"].splitlines() if line.strip()]
    rules: dict[str, dict[str, Any]] = {
        INHERIT: {},
        NAME_ONLY: {"topic_prefixes": None},
        PREFIXED: {"topic_prefixes": lines},
        EXACT: {"topics": lines},
    }
    return rules[values["topic_rule"] or INHERIT]


def _sample(base: Entry, values: Mapping[str, Any]) -> dict[str, Any]:
    """Unit and rate as the form has them, beside whatever else the setting holds."""
    known = base.settings.get("sample") or {}
    sample = {key: value for key, value in known.items() if key not in {"unit", "rate"}}
    if values["sampling_unit"]:
        sample = {**sample, "unit": values["sampling_unit"]}
    if values["sampling_percent"] is not None:
        rate = values["sampling_percent"] / 100
        sample["rate"] = known["rate"] if known.get("rate") == float(rate) else float(rate)
    return {key: sample[key] for key in dict.fromkeys([*(key for key in known if key in sample), *sample])}


def _percent(rate: Any) -> Decimal | None:
    """0.05 as 5: through text, since a float times 100 grows digits that nobody wrote."""
    if rate is None:
        return None
    percent = (Decimal(str(rate)) * 100).normalize()
    return percent.quantize(Decimal(1)) if percent == percent.to_integral() else percent
