"""The one sentence that EventGate, or the library that failed it, says of an event that failed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from eventplatform.core import javascript
from eventplatform.core.errors import PlatformError
from eventplatform.core.refusals import (
    EventTooLargeError,
    KeyFieldMissingError,
    NotAnObjectError,
    SchemaIdError,
    SchemaInsecureError,
    SchemaMissingError,
    SchemaNotAllowedError,
    SchemaUnknownError,
    StreamMissingError,
    StreamUnknownError,
)
from eventplatform.core.results import EventResult

_ABSOLUTE = re.compile(r"[a-zA-Z0-9+.-]+://")


def message_of(result: EventResult) -> str:
    """The sentence; our own where EventGate knows no such failure."""
    error = result.error
    if error is None:
        return ""
    say = _SENTENCES.get(type(error))
    return say(error, result.event) if say else str(error)


def _field_missing(name: str) -> str:
    return f"Field(s) {name} were missing from event and could not be extracted."


def _no_schema(_error: PlatformError, _event: Any) -> str:
    return _field_missing("$schema")


def _no_stream(_error: PlatformError, _event: Any) -> str:
    return _field_missing("meta.stream")


def _bad_schema(_error: PlatformError, event: Any) -> str:
    """Also what libraries that meet no text throw."""
    uri = event.get("$schema")
    if uri is None:
        return "Cannot read properties of null (reading 'match')"
    if not isinstance(uri, str):
        return "id.replace is not a function" if javascript.is_truthy(uri) else "uriString.match is not a function"
    if _ABSOLUTE.match(uri):
        return f"Absolute schema URIs are not allowed but event schema_uri is {uri}"
    return f"Failed loading schema at {uri}"


def _stream_unknown(_error: PlatformError, event: Any) -> str:
    return f"{representation(event)} is not allowed in stream; {_stream(event)} is not configured."


def _not_allowed(error: PlatformError, event: Any) -> str:
    title = error.facts.get("expected")
    reason = f"schema title must be {title}." if title else f"{_stream(event)} does not have a schema_title setting."
    return f"{representation(event)} is not allowed in stream; {reason}"


def _key_missing(error: PlatformError, _event: Any) -> str:
    name = error.facts.get("name", error.facts.get("path"))
    return f"Failed extracting {name} from event, field is not defined."


def _too_large(_error: PlatformError, _event: Any) -> str:
    return "Broker: Message size too large"


_SENTENCES: Mapping[type[PlatformError], Callable[[PlatformError, Any], str]] = {
    NotAnObjectError: _no_schema,
    SchemaMissingError: _no_schema,
    StreamMissingError: _no_stream,
    SchemaIdError: _bad_schema,
    SchemaInsecureError: _bad_schema,
    SchemaUnknownError: _bad_schema,
    StreamUnknownError: _stream_unknown,
    SchemaNotAllowedError: _not_allowed,
    KeyFieldMissingError: _key_missing,
    EventTooLargeError: _too_large,
}


def representation(event: Mapping[str, Any]) -> str:
    """How EventGate names an event: by what it has of id, schema and stream."""
    meta = event.get("meta")
    told = "event"
    parts = (
        ("", _id(meta)),
        ("of schema at ", event.get("$schema", "unknown")),
        ("destined to stream ", _of(meta, "stream", "unknown")),
    )
    for words, value in parts:
        if javascript.is_truthy(value):
            told += f" {words}{javascript.text(value)}"
    return told


def _id(meta: Any) -> Any:
    return _of(meta, "id", None)


def _of(meta: Any, name: str, otherwise: Any) -> Any:
    return meta.get(name, otherwise) if isinstance(meta, dict) else otherwise


def _stream(event: Mapping[str, Any]) -> str:
    return javascript.text(_of(event.get("meta"), "stream", ""))
