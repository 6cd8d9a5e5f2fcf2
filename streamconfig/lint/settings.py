"""Rules about single settings: mistyped names, what says nothing new, lists that don't do what they look like."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from streamconfig.configuration.document import OWN_KEYS, Entry
from streamconfig.configuration.setting_types import CHECKS, pointer
from streamconfig.lint.attributes import ATTRIBUTES, is_personal
from streamconfig.lint.finding import Finding, Kind
from streamconfig.lint.subject import Subject, mapping

NEAR_MISS = Kind(
    "setting.near_miss",
    "warning",
    "No reader knows the setting {setting}; {known} is one.",
    "Write {known} if that is meant.",
)
REDUNDANT = Kind(
    "setting.redundant",
    "info",
    "{setting} says what the defaults say already.",
    "Leave it out: then a change of the defaults reaches this stream, too.",
)
CLEARS_NOTHING = Kind(
    "list.clears_nothing",
    "warning",
    "The empty {setting} does not clear what the defaults say; it holds as if it weren't there.",
    "Write null to clear it.",
)
KEEPS_TAIL = Kind(
    "list.keeps_tail",
    "warning",
    "{setting} is shorter than the defaults' list, whose last {count} therefore hold, too.",
    "Name all of them, or clear the list with null and name the topics themselves.",
)
UNKNOWN_ATTRIBUTE = Kind(
    "attribute.unknown",
    "warning",
    "No client knows the contextual attribute {attribute}.",
    "{advice}",
)
ATTRIBUTE_NOT_IN_SCHEMA = Kind(
    "attribute.not_in_schema",
    "warning",
    "The schema {title} has no field for the contextual attribute {attribute}, so no client sends it.",
    "Publish a version of the schema with that field, or leave the attribute out.",
)
DUPLICATE_ATTRIBUTE = Kind(
    "attribute.duplicate", "warning", "The contextual attribute {attribute} is named twice.", "Leave one of the two out."
)
NAMES_ITSELF = Kind(
    "stream.names_itself",
    "info",
    "It has the setting `stream`, as lists of entries without keys once needed.",
    "Leave it out: the key is the name.",
)
NAMES_ANOTHER = Kind(
    "stream.names_another",
    "warning",
    "Its setting `stream` says {other}, which the API overwrites with the key.",
    "Leave the setting out, or rename the stream.",
)
CANARY_WITHOUT_SERVICE = Kind(
    "canary.no_service",
    "warning",
    "Canary events are on, but no service is named to send them to.",
    "Set destination_event_service, or canary_events_enabled: false.",
)
UNMARKED_HEADERS = Kind(
    "headers.not_marked_personal",
    "warning",
    "Events are filled from {headers}, which tell of a person, but the stream is not marked so.",
    "Set about.sensitivity to personal, or set the header to false.",
)

_PROVIDED = ("producers", "metrics_platform_client", "provide_values")
_HEADERS = ("producers", "eventgate", "enrich_fields_from_http_headers")
_PRODUCERS = ("eventgate", "mediawiki_eventbus", "metrics_platform_client", "test_kitchen")
_SIMILAR = 0.8


def findings(subject: Subject) -> Iterator[Finding]:
    """All rules of this page, stream by stream."""
    defaults = subject.document.defaults
    yield from _near_misses("defaults", "defaults", defaults)
    for entry in subject.document.entries:
        settings = subject.settings[entry.name]
        yield from _near_misses("streams", entry.name, entry.settings)
        yield from _against_defaults(entry.name, entry.settings, defaults)
        yield from attribute_findings(subject, "streams", entry.name, _at(entry.settings, _PROVIDED), pointer(_PROVIDED))
        yield from _whole(entry, settings)


def _whole(entry: Entry, settings: Mapping[str, Any]) -> Iterator[Finding]:
    named = entry.settings.get("stream")
    if named is not None:
        kind = NAMES_ITSELF if named == entry.name else NAMES_ANOTHER
        yield kind.at("streams", entry.name, "/stream", other=named)
    if settings.get("canary_events_enabled") and not settings.get("destination_event_service"):
        yield CANARY_WITHOUT_SERVICE.at("streams", entry.name, "/canary_events_enabled")
    headers = sorted({str(one) for one in mapping(_at(settings, _HEADERS)).values() if is_personal(one)})
    if headers and entry.about.sensitivity not in {"personal", "secret"}:
        yield UNMARKED_HEADERS.at("streams", entry.name, pointer(_HEADERS), headers=", ".join(headers))


def attribute_findings(
    subject: Subject, section: str, name: str, values: Any, place: str, *, stream: str = ""
) -> Iterator[Finding]:
    """What is wrong with a list of contextual attributes of a stream, or of an instrument on the stream `stream`."""
    seen: set[str] = set()
    for index, attribute in enumerate(values if isinstance(values, list) else ()):
        here = f"{place}/{index}"
        if attribute in seen:
            yield DUPLICATE_ATTRIBUTE.at(section, name, here, attribute=attribute)
        elif (is_there := subject.is_in_schema(stream or name, attribute)) is False and attribute in ATTRIBUTES:
            title = subject.title_of(stream or name)
            yield ATTRIBUTE_NOT_IN_SCHEMA.at(section, name, here, attribute=attribute, title=title)
        elif not is_there and attribute not in ATTRIBUTES:
            near = _nearest(attribute, tuple(sorted(ATTRIBUTES)))
            advice = f"Write {near} if that is meant, else leave it out." if near else "Leave it out."
            yield UNKNOWN_ATTRIBUTE.at(section, name, here, attribute=attribute, advice=advice)
        seen.add(attribute)


def _near_misses(section: str, name: str, settings: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[Finding]:
    """Names that nearly are a known one; whatever is far from all of them may well be somebody's own setting."""
    known = _known_at(path)
    for key, value in settings.items():
        here = (*path, key)
        near = "" if key in known or not known else _nearest(key, tuple(sorted(known - settings.keys())))
        if near:
            yield NEAR_MISS.at(section, name, pointer(here), setting=".".join(here), known=".".join((*path, near)))
        elif isinstance(value, Mapping):
            yield from _near_misses(section, name, value, here)


@lru_cache(maxsize=256)
def _known_at(path: tuple[str, ...]) -> frozenset[str]:
    """The names that the table of checks has below a path; none where any name is fine."""
    found = {pattern[len(path)] for pattern in CHECKS if len(pattern) > len(path) and _fits(path, pattern)}
    if not path:
        found.update(OWN_KEYS)
    if path == ("producers",):
        found.update(_PRODUCERS)
    return frozenset(found - {"*"})


def _fits(path: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    return all(there in {"*", here} for here, there in zip(path, pattern, strict=False))


@lru_cache(maxsize=4096)
def _nearest(word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=_SIMILAR) if isinstance(word, str) else []
    return near[0] if near else ""


def _against_defaults(name: str, own: Any, defaults: Any, path: tuple[str, ...] = ()) -> Iterator[Finding]:
    """What an entry says in the face of the defaults: the same again, or a list that merges in a surprising way."""
    for key, value in own.items():
        if key not in defaults:
            continue
        below, here = defaults[key], (*path, key)
        facts = {"setting": ".".join(here)}
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            yield from _against_defaults(name, value, below, here)
        elif value == [] and below and isinstance(below, list | Mapping):
            yield CLEARS_NOTHING.at("streams", name, pointer(here), **facts)
        elif isinstance(value, list) and isinstance(below, list) and len(value) < len(below):
            yield KEEPS_TAIL.at("streams", name, pointer(here), count=len(below) - len(value), **facts)
        elif value == below and type(value) is type(below):
            yield REDUNDANT.at("streams", name, pointer(here), **facts)


def _at(settings: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        settings = mapping(settings).get(key)
    return settings
