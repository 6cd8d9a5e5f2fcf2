"""What a change does, in words that policies and people use: how much more is collected, what of people, where it is stored."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from streamconfig.configuration import rates
from streamconfig.configuration.changes import DEFAULTS, Change, Field, leaves
from streamconfig.configuration.document import STREAMS, Document
from streamconfig.configuration.rates import Rates

# Everything a policy may name.
CODES: Mapping[str, str] = {
    "new_stream": "A stream is added",
    "removed_stream": "A stream is removed",
    "switched_off": "A stream or instrument is switched off",
    "switched_on": "A stream or instrument is switched on",
    "rate_up": "More is sampled",
    "rate_down": "Less is sampled",
    "window": "It collects at other times, or late events are treated otherwise",
    "schema": "Its events are of another schema",
    "wiring": "Its service, topics, key or partitions differ",
    "door": "Other producers may send, or otherwise much, or the intake treats them otherwise",
    "privacy": "Another part of what tells of people is kept",
    "headers": "Another header of requests is kept in events",
    "sensitivity": "It is said to be more or less sensitive",
    "stores": "Stores take it or leave it, or take it otherwise",
    "retention": "It is kept for another time",
    "defaults": "What all streams stand on differs",
    "override": "What a site, tag or environment gets differs",
    "instrument": "An instrument has another audience or other attributes",
    "new_instrument": "An instrument is added",
    "removed_instrument": "An instrument is removed",
    "about": "A description, purpose, contact or link differs",
    "owner": "It belongs to another team",
    "expiry": "It is to be reviewed or to expire at another time",
    "teams": "A team differs",
    "services": "An intake service differs",
    "sites": "A site differs",
    "policies": "A policy differs",
    "order": "The order differs in which patterns are tried",
    "settings": "Another setting differs",
}
_HEADERS = "enrich_fields_from_http_headers"
# What tells nothing of a person; any other header may.
_HARMLESS = frozenset({"x-request-id", "traceparent", "tracestate", "content-type", "content-length", "date"})
_WORDS = frozenset({"title", "description", "purpose", "contact", "task", "reason"})
_DATES = frozenset({"review_on", "expires_on"})
_CODE_OF_KEY: Mapping[str, str] = {
    "schema_title": "schema",
    "destination_event_service": "wiring",
    "topics": "wiring",
    "topic_prefixes": "wiring",
    "message_key_fields": "wiring",
    "log": "wiring",
    "intake": "door",
    "windows": "window",
    "late_events": "window",
    "consumers": "stores",
    "owner": "owner",
}
# What a change of a setting does besides, and nobody sees in its value.
_NOTES = {"log.partitions": "Keys move to other partitions: their order holds from then on, not across that moment."}
_RETENTION = frozenset({"retention_days", "ttl_seconds", "retention_hours"})
_ORDERED_SENSITIVITY = ("", "public", "internal", "personal", "secret")


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that a change does. `factor` is how many times as much is collected; `owner` the team whose item it is."""

    code: str
    section: str
    name: str
    text: str
    factor: float | None = None
    is_personal: bool = False
    owner: str = ""


def effects_of(before: Document, after: Document, changes: Iterable[Change]) -> tuple[Effect, ...]:
    """Everything that the changes between two documents do, each once."""
    found = (effect for change in changes for effect in _of_change(before, after, change))
    return tuple(dict.fromkeys(found))


def _of_change(before: Document, after: Document, change: Change) -> Iterator[Effect]:
    owner = owner_of(before, change.section, change.name) or owner_of(after, change.section, change.name)
    if change.kind == "moved":
        yield Effect("order", change.section, "", f"The order of {change.section} differs.")
        return
    yield from (_with_owner(one, owner) for one in _of_item(before, after, change))


def _of_item(before: Document, after: Document, change: Change) -> Iterator[Effect]:
    section, name = change.section, change.name
    if section in (STREAMS, "instruments"):
        yield from _of_steered(before, after, change)
        return
    code = "override" if section == "overrides" else section
    yield Effect(code, section, name, f"{_noun(section, name)} {_verb(change)}.")
    if section in (DEFAULTS, "overrides"):
        yield from (one for leaf in leaves(change.fields) for one in _of_header(section, name, leaf))
        pairs = rates.of_defaults(before, after) if section == DEFAULTS else rates.of_override(before, after, name)
        yield from _of_many_rates(section, name, pairs)


def _of_steered(before: Document, after: Document, change: Change) -> Iterator[Effect]:
    """A stream or an instrument: added, removed or changed, field by field."""
    section, name = change.section, change.name
    noun = "stream" if section == STREAMS else "instrument"
    if change.kind == "removed":
        yield Effect(f"removed_{noun}", section, name, f"The {noun} {name} is removed.")
        return
    was, becomes = rates.of_item(before, section, name), rates.of_item(after, section, name)
    if change.kind == "added":
        factor = math.inf if becomes.high else 0.0
        yield Effect(f"new_{noun}", section, name, f"The {noun} {name} is added, {rates.words(becomes)}.", factor)
    found = list(leaves(change.fields))
    for leaf in found:
        yield from _of_leaf(section, name, leaf, is_new=change.kind == "added")
    if change.kind == "changed":
        yield from _of_sampling(section, name, found, (was, becomes))


def _of_leaf(section: str, name: str, leaf: Field, *, is_new: bool) -> Iterator[Effect]:
    header = list(_of_header(section, name, leaf))
    if header:
        yield from header
    elif leaf.keys[-1] == "sensitivity":
        yield _of_sensitivity(section, name, leaf)
    elif leaf.keys[:2] == ("intake", "privacy"):
        yield Effect("privacy", section, name, f"{CODES['privacy']}: {leaf.path}.", is_personal=True)
    elif leaf.keys[0] == "stream_out":
        yield Effect("privacy", section, name, f"Others may read it as a stream: {leaf.path}.", is_personal=True)
    elif leaf.keys[0] == "is_enabled":
        is_on = leaf.becomes is not False if leaf.is_set else True
        code, word = ("switched_on", "on") if is_on else ("switched_off", "off")
        yield from () if is_new else (Effect(code, section, name, f"{name} is switched {word}."),)
    elif leaf.keys[0] not in {"sample", "ramp"}:
        code = _code(section, leaf.keys)
        text = f"{CODES[code]}: {leaf.path}. {_NOTES.get(leaf.path, '')}".rstrip()
        yield from () if is_new and code != "stores" else (Effect(code, section, name, text),)


def _of_sampling(section: str, name: str, fields: Collection[Field], sides: tuple[Rates, Rates]) -> Iterator[Effect]:
    """What becomes of the rates; where they stay, each place that differs, since what has no effect wants no approval."""
    touched = [leaf for leaf in fields if leaf.keys[0] in {"sample", "ramp"}]
    told = list(_of_rates(section, name, *sides)) if touched or any(leaf.keys[0] == "stream" for leaf in fields) else []
    yield from told or [Effect("settings", section, name, f"{CODES['settings']}: {leaf.path}.") for leaf in touched]


def _code(section: str, keys: tuple[str, ...]) -> str:
    if section == STREAMS and keys[0] != "about" and keys[0] in _WORDS | _DATES:
        return "settings"  # what clients read, whatever it is called
    top = keys[1] if keys[0] == "about" and len(keys) > 1 else keys[0]
    if keys[-1] in _RETENTION and keys[0] in {"consumers", "log"}:
        return "retention"
    if top in _WORDS:
        return "about"
    if top in _DATES:
        return "expiry"
    if section == "instruments":
        return _CODE_OF_KEY.get(top, "wiring" if top == "stream" else "instrument")
    return _CODE_OF_KEY.get(top, "settings")


def _of_header(section: str, name: str, leaf: Field) -> Iterator[Effect]:
    if _HEADERS not in leaf.keys and leaf.keys[-1] != "use_edge_uniques":
        return
    kept = leaf.becomes if leaf.is_set else None
    header = kept if isinstance(kept, str) else leaf.keys[-1] if kept else ""
    is_personal = bool(header) and header.lower() not in _HARMLESS
    text = f"The header {header} is kept in events." if header else f"{leaf.path.rpartition('.')[2]} is not kept any more."
    yield Effect("headers", section, name, text, is_personal=is_personal)


def _of_sensitivity(section: str, name: str, leaf: Field) -> Effect:
    was, becomes = (side if side in _ORDERED_SENSITIVITY else "" for side in (leaf.was, leaf.becomes))
    is_lower = _ORDERED_SENSITIVITY.index(becomes) < _ORDERED_SENSITIVITY.index(was)
    text = f"Its data are said to be {becomes or 'of no stated sensitivity'}, before {was or 'not stated'}."
    return Effect("sensitivity", section, name, text, is_personal=is_lower or becomes in {"personal", "secret"})


def _of_rates(section: str, name: str, was: Rates, becomes: Rates) -> Iterator[Effect]:
    factor = rates.factor(was, becomes)
    text = f"{name}: {rates.words(was)} becomes {rates.words(becomes)}."
    if factor > 1:
        yield Effect("rate_up", section, name, text, factor)
    elif becomes.low < was.high:
        yield Effect("rate_down", section, name, text, factor)


def _of_many_rates(section: str, name: str, pairs: Mapping[str, tuple[Rates, Rates]]) -> Iterator[Effect]:
    """The greatest rise and fall among the streams that a change of many touches."""
    each = [one for stream, (was, becomes) in pairs.items() for one in _of_rates(section, stream, was, becomes)]
    for code in ("rate_up", "rate_down"):
        found = [one for one in each if one.code == code]
        if found:
            pick = max if code == "rate_up" else min
            most = pick(found, key=lambda one: one.factor or 0.0)
            more = f" So do {len(found) - 1} more streams." if len(found) > 1 else ""
            yield Effect(code, section, name, most.text + more, most.factor)


def owner_of(document: Document, section: str, name: str) -> str:
    """The team that owns a stream or an instrument, or the instrument's stream where it names none itself."""
    if section == STREAMS:
        entry = document.get(name)
        return entry.about.owner if entry else ""
    if section == "instruments":
        item = document.section(section).get(name, {})
        return str(item.get("owner") or "") or owner_of(document, STREAMS, str(item.get("stream") or ""))
    return ""


def _with_owner(effect: Effect, owner: str) -> Effect:
    return Effect(effect.code, effect.section, effect.name, effect.text, effect.factor, effect.is_personal, owner)


def _noun(section: str, name: str) -> str:
    return "The defaults" if section == DEFAULTS else f"{name} in {section}"


def _verb(change: Change) -> str:
    verbs: Mapping[str, str] = {"added": "is added", "removed": "is removed"}
    differ = "differ" if change.section == DEFAULTS else "differs"
    return verbs.get(change.kind, differ)


def as_json(effect: Effect) -> dict[str, Any]:
    """For the API: JSON has no infinity, so a factor without bound is null beside `is_unbounded`."""
    is_unbounded = effect.factor is not None and math.isinf(effect.factor)
    return {
        "code": effect.code,
        "section": effect.section,
        "name": effect.name,
        "text": effect.text,
        "factor": None if is_unbounded else effect.factor,
        "is_unbounded": is_unbounded,
        "is_personal": effect.is_personal,
        "owner": effect.owner,
    }
