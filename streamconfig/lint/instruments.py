"""Rules about instruments: what they stand on, and when they end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from streamconfig.lint.finding import Finding, Kind
from streamconfig.lint.settings import attribute_findings
from streamconfig.lint.subject import Subject, mapping

UNKNOWN_STREAM = Kind(
    "instrument.unknown_stream",
    "error",
    "It stands on the stream {stream}, which isn't configured.",
    "Correct the stream, or retire the instrument.",
)
STREAM_OFF = Kind(
    "instrument.stream_off",
    "warning",
    "It is on, but its stream {stream} is switched off, so nothing is taken in.",
    "Switch the stream on, or the instrument off.",
)
UNNAMED = Kind(
    "instrument.unnamed",
    "warning",
    "The schema {title} has no field instrument_name: its events can't be told from others, nor be refused once it is off.",
    "Publish a version of the schema with instrument_name (text), and best sample.unit, sample.rate and sample.revision, too.",
)
ENDLESS = Kind(
    "instrument.endless",
    "warning",
    "Nothing ends it: no window with `until`, no end date.",
    "Set expires_on, or a window that ends.",
)


def findings(subject: Subject) -> Iterator[Finding]:
    """All rules of this page."""
    for key, item in subject.document.section("instruments").items():
        stream = str(item.get("stream"))
        entry = subject.entry_of(stream)
        is_on = item.get("is_enabled", True)
        if entry is None:
            yield UNKNOWN_STREAM.at("instruments", key, "/stream", stream=stream)
        elif is_on and not entry.is_enabled:
            yield STREAM_OFF.at("instruments", key, "/stream", stream=stream)
        if is_on and not item.get("expires_on") and not _ends(item):
            yield ENDLESS.at("instruments", key, "/expires_on")
        attributes = item.get("contextual_attributes")
        yield from attribute_findings(subject, "instruments", key, attributes, "/contextual_attributes", stream=stream)
        if is_on and subject.is_in_schema(stream, "instrument_name") is False:
            yield UNNAMED.at("instruments", key, "/stream", title=subject.title_of(stream))


def _ends(item: Mapping[str, Any]) -> bool:
    held = item.get("windows") or []
    return bool(held) and all(mapping(window).get("until") for window in held)
