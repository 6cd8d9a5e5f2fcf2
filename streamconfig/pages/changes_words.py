"""What changes, in words: fields by the names that people use, rates in percent, dates and windows as one says them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from streamconfig.configuration import changes, ramps, window_rules, windows
from streamconfig.configuration.changes import Change
from streamconfig.pages.facts import percent

ABSENT = "not set"
RATE = ("sample", "rate")
_OTHERWISE = {RATE: f"{ABSENT}, so everybody", ("is_enabled",): f"{ABSENT}, so on"}
_SHORT = 60
_SAID = {"windows", "ramp", "description", "purpose", "reason", "title"}  # words tell all of them

_LABELS: Mapping[str, str] = {
    "sample": "Sampling",
    "sample.rate": "Sampling rate",
    "sample.unit": "Sampling unit",
    "is_enabled": "Switched on",
    "windows": "Windows",
    "ramp": "Ramp",
    "schema_title": "Schema",
    "destination_event_service": "Service",
    "canary_events_enabled": "Canary events",
    "topics": "Topics",
    "topic_prefixes": "Topic prefixes",
    "message_key_fields": "Message key",
    "late_events.action": "Late events",
    "late_events.grace_seconds": "Late events, grace",
    "log.partitions": "Partitions",
    "log.retention_hours": "Kept in the log",
    "intake.origins": "Pages that may send",
    "intake.allows_anonymous": "Anonymous clients",
    "intake.events_per_second": "Events a second",
    "intake.events_per_day": "Events a day",
    "intake.when_log_away": "While the log is away",
    "intake.error_stream": "Error stream",
    "intake.privacy.ip": "Addresses of people",
    "intake.privacy.user_agent": "User agents",
    "intake.privacy.heeds_dnt": "Do Not Track",
    "intake.privacy.heeds_gpc": "Global Privacy Control",
    "intake.privacy.clears_at_door": "Other marked fields",
    "origins": "Pages that may send",
    "allows_anonymous": "Anonymous clients",
    "error_stream": "Error stream",
    "privacy.ip": "Addresses of people",
    "privacy.user_agent": "User agents",
    "privacy.heeds_dnt": "Do Not Track",
    "privacy.heeds_gpc": "Global Privacy Control",
    "privacy.clears_at_door": "Other marked fields",
    "profile": "Answers",
    "spooled_status": "Answer to spooled events",
    "duplicate_seconds": "Duplicates",
    "limits.max_body_bytes": "Bytes of a request",
    "limits.max_event_bytes": "Bytes of an event",
    "limits.max_events": "Events of a request",
    "limits.max_depth": "Levels of an event",
    "limits.max_keys": "Keys of an object",
    "limits.key_events_per_second": "Events a second of a key",
    "limits.key_events_per_day": "Events a day of a key",
    "limits.address_events_per_second": "Events a second of an address",
    "eventgate.needs_streams": "Only configured streams",
    "eventgate.allows_slashless": "Schema URIs without a leading slash",
    "eventgate.schema_uri_parameter": "Parameter of the schema URI",
    "eventgate.stream_parameter": "Parameter of the stream",
    "eventgate.dt_field": "Field of the record's time",
    "eventgate.cors": "Access-Control-Allow-Origin",
    "about.description": "Description",
    "about.owner": "Owner team",
    "about.purpose": "Purpose",
    "about.contact": "Contact",
    "about.task": "Task",
    "about.sensitivity": "Sensitivity",
    "about.review_on": "Review date",
    "about.expires_on": "Expiry",
    "review_on": "Review date",
    "expires_on": "Expiry",
    "audience.sites": "Audience, sites",
    "audience.except_sites": "Audience, all sites but",
    "audience.platforms": "Audience, platforms",
    "audience.is_logged_in": "Audience, logged in",
    "contextual_attributes": "Contextual attributes",
    "order": "Order",
    "approvals": "Approvals",
    "by": "Given by",
}
_TAILS = {
    "enabled": "on",
    "retention_days": "retention",
    "batch_rows": "rows per batch",
    "ttl_seconds": "time to live",
    "job_name": "job",
    "spark_job_ingestion_scale": "scale",
    "use_edge_uniques": "edge uniques",
}
_SECONDS = ("grace_seconds", "ttl_seconds", "duplicate_seconds")
_UNITS = {"retention_days": "days", "retention_hours": "hours", **dict.fromkeys(_SECONDS, "s")}
_KINDS = {"added": "ok", "removed": "fail", "changed": "info", "moved": "info"}
_SECTIONS = {
    "streams": "Stream",
    "defaults": "Defaults",
    "teams": "Team",
    "services": "Service",
    "sites": "Site",
    "overrides": "Override",
    "instruments": "Instrument",
    "policies": "Policy",
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value that differs, as people read it; `is_long` where the whole of it is better shown as JSON."""

    label: str
    path: str
    was: str
    becomes: str
    was_json: str = ""
    becomes_json: str = ""

    @property
    def is_long(self) -> bool:
        """True where the words tell less than the value does."""
        return bool(self.was_json or self.becomes_json)


@dataclass(frozen=True, slots=True)
class Told:
    """An item that differs, with its leaves."""

    section: str
    name: str
    kind: str
    state: str
    leaves: tuple[Leaf, ...]

    @property
    def title(self) -> str:
        """The kind of item, and its name where it has one."""
        return _SECTIONS.get(self.section, self.section)


def told(
    found: Iterable[Change], units: Mapping[tuple[str, str], str] | None = None, defaults: Mapping[str, Any] | None = None
) -> tuple[Told, ...]:
    """The changes in words; `units` says what the items' sampling draws, `defaults` what holds where a stream sets nothing."""
    units = units or {}
    return tuple(
        Told(
            one.section,
            "" if one.section == changes.DEFAULTS else one.name,
            one.kind,
            _KINDS[one.kind],
            tuple(_leaves(one, units.get((one.section, one.name), ""), defaults or {})),
        )
        for one in found
    )


def _leaves(change: Change, unit: str, defaults: Mapping[str, Any]) -> Iterator[Leaf]:
    fields = sorted(changes.leaves(change.fields), key=lambda one: one.keys != RATE)  # what people look for first
    drawn = next((one.becomes for one in fields if one.path.endswith("sample.unit") and one.is_set), unit)
    for one in fields:
        absent = (
            _absent(one.keys, defaults if change.section == "streams" else {})
            if change.section in {"streams", "instruments"}
            else ABSENT
        )
        was = words(one.keys, one.was, str(drawn)) if one.was_set else absent
        becomes = words(one.keys, one.becomes, str(drawn)) if one.is_set else absent
        is_long = one.keys[-1] not in _SAID and (
            max(len(was), len(becomes)) > _SHORT or any(_is_deep(side) for side in (one.was, one.becomes))
        )
        yield Leaf(
            label(one.keys),
            one.path,
            was,
            becomes,
            was_json=_pretty(one.was) if is_long and one.was_set else "",
            becomes_json=_pretty(one.becomes) if is_long and one.is_set else "",
        )


def label(keys: tuple[str, ...]) -> str:
    """What people call a setting; its own last key where we have no better word."""
    path = ".".join(keys)
    if path in _LABELS:
        return _LABELS[path]
    if len(keys) > 2 and keys[0] in {"consumers", "producers"}:  # noqa: PLR2004  # its name, and what of it
        return f"{keys[1].replace('_', ' ')}: {_TAILS.get(keys[-1], keys[-1].replace('_', ' '))}"
    if keys[0] == "streams" and len(keys) > 2:  # noqa: PLR2004  # an override's stream, and the setting
        return f"{keys[1]}: {label(keys[2:]).lower()}"
    return (keys[-1] or path).replace("_", " ").capitalize()


def _absent(keys: tuple[str, ...], defaults: Mapping[str, Any]) -> str:
    """What holds where a stream says nothing of a setting."""
    held: Any = defaults
    for key in keys:
        held = held.get(key) if isinstance(held, Mapping) else None
    if held is not None:
        return f"{ABSENT}, so {words(keys, held)} by default"
    return _OTHERWISE.get(keys, ABSENT)


def words(keys: tuple[str, ...], value: Any, unit: str = "") -> str:
    """A value as one says it."""
    tail = keys[-1] if keys else ""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return _number(tail, value, unit)
    if isinstance(value, list):
        return _list(tail, value)
    if isinstance(value, str) and value:
        return _date(value) if tail.endswith("_on") else value
    return json.dumps(value, ensure_ascii=False)


def _number(tail: str, value: float, unit: str) -> str:
    if tail == "rate":
        return f"{percent(value)} of {unit}s" if unit else percent(value)
    return f"{value} {_UNITS[tail]}" if tail in _UNITS else json.dumps(value)


def _list(tail: str, value: list[Any]) -> str:
    if tail == "windows" and not window_rules.problems_of("", value):
        return "; ".join(windows.words(one) for one in windows.parse(value)) or "always open"
    if tail == "ramp" and not ramps.problems_of("", value):
        return ", then ".join(f"{percent(one.rate)} from {moment_words(one.at)}" for one in ramps.parse(value)) or "none"
    if any(isinstance(one, Mapping | list) for one in value):
        return json.dumps(value, ensure_ascii=False)
    return ", ".join(map(str, value)) or "none"


def _is_deep(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(one, Mapping | list) for one in value))


def moment_words(moment: datetime) -> str:
    """`Mon 23 Nov 2026, 00:00 UTC`."""
    at = moment.astimezone(UTC)
    return f"{at:%a} {at.day} {at:%b %Y, %H:%M} UTC"


def _date(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text or "none"
    return f"{day.day} {day:%b %Y}"


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
