"""The gate: one event in, a record for the log out, or the reason why not.

Pure: it is handed the streams, the schemas and the clock, and knows neither HTTP nor the log. Order as in EventGate
(find stream, find schema, fill, validate, authorise), which decides what a client reads first when several things are wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from eventplatform.core import names
from eventplatform.core.errors import RejectedError
from eventplatform.core.records import Headers, NewRecord
from eventplatform.core.results import Outcome
from eventplatform.core.schemas import CompiledSchema
from eventplatform.core.streams import Stream

_JSON_WORDS: Mapping[type, str] = {
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "true or false",
    list: "an array",
    type(None): "null",
}


class NotAnObjectError(RejectedError):
    """An item of the request is no JSON object."""

    code = "event.not_an_object"
    message = "An event must be a JSON object, not {kind}."
    remedy = "Send one object, or an array of objects."


class StreamMissingError(RejectedError):
    """The event names no stream."""

    code = "stream.missing"
    message = "The event names no stream."
    remedy = "Set meta.stream to the name of a configured stream."


class StreamUnknownError(RejectedError):
    """The named stream is not configured, or this service doesn't take it."""

    code = "stream.unknown"
    message = "No stream {stream} is configured for this intake."
    remedy = "Check the spelling of meta.stream, or have the stream created in the admin."


class StreamDisabledError(RejectedError):
    """The stream was stopped by configuration."""

    code = "stream.disabled"
    message = "The stream {stream} is switched off."
    remedy = "Stop sending until its owner switches it on again; nothing was stored."


class WindowClosedError(RejectedError):
    """The stream's time window has closed, and the stream drops what comes later."""

    code = "stream.window_closed"
    message = "The stream {stream} is outside its time window and takes no late events."
    remedy = "Stop sending until the window opens again; nothing was stored. Read sample.rate of the stream's configuration."


class InstrumentDisabledError(RejectedError):
    """The instrument that the event names was stopped by configuration."""

    code = "instrument.disabled"
    message = "The instrument {instrument} of stream {stream} is switched off."
    remedy = "Stop sending until its owner switches it on again; nothing was stored."


class SchemaMissingError(RejectedError):
    """The event names no schema."""

    code = "schema.missing"
    message = "The event names no schema."
    remedy = "Set $schema to a schema id such as /sample/test_event/1.0.0."


class SchemaIdError(RejectedError):
    """The event's `$schema` is no relative schema id."""

    code = "schema.bad_id"
    message = "$schema must be a relative schema id such as /sample/test_event/1.0.0."
    remedy = "Send the id alone: it starts with a slash and has no scheme, host, dot-dot or query."


class SchemaUnknownError(RejectedError):
    """No repository has that schema version."""

    code = "schema.unknown"
    message = "No schema {schema} is known."
    remedy = "Check title and version; a new version must be imported before events name it."


class SchemaNotAllowedError(RejectedError):
    """The stream takes another schema title."""

    code = "schema.not_allowed"
    message = "Stream {stream} takes events of {expected}, not of {title}."
    remedy = "Send to the stream that is configured for {title}, or name a version of {expected}."


class EventInvalidError(RejectedError):
    """The event breaks its schema; `violations` says where and how."""

    code = "event.invalid"
    message = "{summary}"
    remedy = "Mend the named places and send the event again."


class EventTooLargeError(RejectedError):
    """The event alone is larger than the log takes."""

    code = "event.too_large"
    http_status = 413
    message = "The event and its message key have {size} bytes, more than the {limit} allowed."
    remedy = "Send less in one event, or split it."


# With its message key. A record of the log may have 1 MiB; 4 KiB of that are left to headers and to the log's own framing.
MAX_EVENT_BYTES = 1024 * 1024 - 4 * 1024

# Refusals that are no breach of the schema are counted as denied; what configuration stopped has words of its own.
_OUTCOMES: Mapping[type[RejectedError], Outcome] = {
    EventInvalidError: "invalid",
    NotAnObjectError: "invalid",
    StreamDisabledError: "disabled",
    InstrumentDisabledError: "disabled",
    WindowClosedError: "late",
}


def outcome_of(error: RejectedError) -> Outcome:
    """The word under which a refusal is counted."""
    return _OUTCOMES.get(type(error), "denied")


_LATE = (names.HEADER_LATE, b"true")
# What the counter's reason says of late events that were taken.
_LATE_REASONS: Mapping[str, str] = {"accept": "window_closed.accepted", "flag": "window_closed.flagged"}


@dataclass(frozen=True, slots=True)
class Request:
    """What the gate knows of the request that carries an event. `received_at` is ISO 8601 in ms, UTC, as `received_ms`."""

    received_at: str
    received_ms: int
    request_id: str
    service: str = ""
    # Streams of which late events were let through, and as what the counter knows them.
    late: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    _headers: dict[str, Headers] = field(default_factory=dict, repr=False, compare=False)

    def headers(self, service: str) -> Headers:
        """The headers of this request's records; made once for each service, not for each event."""
        name = self.service or service
        made = self._headers.get(name)
        if made is None:
            made = self._headers[name] = (
                (names.HEADER_RECEIVED_AT, self.received_at.encode()),
                (names.HEADER_REQUEST_ID, self.request_id.encode()),
                (names.HEADER_SERVICE, name.encode()),
            )
        return made


@dataclass(frozen=True, slots=True)
class Gate:
    """Admits events. `services` are those this intake answers for; empty means all."""

    find_stream: Callable[[str], Stream | None]
    find_schema: Callable[[str], CompiledSchema | None]
    new_id: Callable[[], str]
    services: Collection[str] = ()
    topic_prefix: str = ""
    max_event_bytes: int = MAX_EVENT_BYTES

    def admit(self, event: Any, request: Request) -> NewRecord:
        """The record for `event`, which is filled in place.

        Raises:
            RejectedError: one of this module's, with the place in `pointer`.
        """
        if not isinstance(event, dict):
            raise NotAnObjectError(kind=_JSON_WORDS.get(type(event), "something else"))
        stream = self._stream(event)
        is_flagged = (stream.late or stream.stopped_instruments) and _judge_time(event, stream, request)
        schema = self._schema(event)
        fill(event, schema, request, self.new_id)
        _validate(event, schema)
        if stream.schema_title not in schema.titles:
            raise SchemaNotAllowedError(
                pointer="/$schema", stream=stream.name, expected=stream.schema_title, title=schema.title
            )
        headers = request.headers(stream.service)
        return self._record(event, stream, request, (*headers, _LATE) if is_flagged else headers)

    def _stream(self, event: dict[str, Any]) -> Stream:
        meta = event.get("meta")
        if meta is None:
            raise StreamMissingError(pointer="/meta")
        name = meta.get("stream") if isinstance(meta, dict) else None
        if not isinstance(name, str) or not name:
            raise StreamMissingError(pointer="/meta/stream")
        stream = self.find_stream(name)
        if stream is None or (self.services and stream.service not in self.services):
            raise StreamUnknownError(pointer="/meta/stream", stream=name[:249])
        if not stream.is_enabled:
            raise StreamDisabledError(pointer="/meta/stream", stream=name)
        return stream

    def _schema(self, event: dict[str, Any]) -> CompiledSchema:
        schema_id = event.get("$schema")
        if schema_id is None:
            raise SchemaMissingError(pointer="/$schema")
        # Known ids first: a look into a mapping is all that an id can cause, and cheaper than judging its form.
        schema = self.find_schema(schema_id) if isinstance(schema_id, str) else None
        if schema is not None:
            return schema
        if not isinstance(schema_id, str) or not names.is_schema_id(schema_id):
            raise SchemaIdError(pointer="/$schema")
        raise SchemaUnknownError(pointer="/$schema", schema=schema_id)

    def _record(self, event: dict[str, Any], stream: Stream, request: Request, headers: Headers) -> NewRecord:
        value = orjson.dumps(event)
        key = _key(event, stream.message_key_fields)
        size = len(value) + len(key or b"")
        if size > self.max_event_bytes:
            raise EventTooLargeError(size=size, limit=self.max_event_bytes)
        return NewRecord(
            topic=stream.topic(self.topic_prefix),
            value=value,
            key=key,
            headers=headers,
            timestamp_ms=request.received_ms,
        )


def _judge_time(event: dict[str, Any], stream: Stream, request: Request) -> bool:
    """Refuse what is stopped or too late; True where the record is to be flagged. A canary proves the path at any time."""
    if event["meta"].get("domain") == names.CANARY_DOMAIN:
        return False
    instrument = event.get("instrument_name")
    if isinstance(instrument, str) and instrument in stream.stopped_instruments:
        raise InstrumentDisabledError(pointer="/instrument_name", instrument=instrument, stream=stream.name)
    if stream.late == "drop":
        raise WindowClosedError(pointer="/meta/stream", stream=stream.name)
    if stream.late:
        request.late[stream.name] = _LATE_REASONS[stream.late]
    return stream.late == "flag"


def fill(event: dict[str, Any], schema: CompiledSchema, request: Request, new_id: Callable[[], str]) -> None:
    """Set what the server knows better: `meta.dt` always (since EventGate 1.15), the others where absent; never undeclared."""
    meta = event["meta"]
    if schema.declares("meta", "dt"):
        meta["dt"] = request.received_at
    if "id" not in meta and schema.declares("meta", "id"):
        meta["id"] = new_id()
    if "request_id" not in meta and schema.declares("meta", "request_id"):
        meta["request_id"] = request.request_id


def _validate(event: dict[str, Any], schema: CompiledSchema) -> None:
    if schema.is_valid(event):
        return
    violations = tuple(schema.violations(event))
    first = violations[0]
    more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
    raise EventInvalidError(pointer=first.pointer, summary=f"{first.message}{more}", violations=violations)


class KeyFieldMissingError(RejectedError):
    """A field that the stream's records are keyed by is absent."""

    code = "event.key_missing"
    message = "The field {path} is part of this stream's message key and must be set."
    remedy = "Send {path}."


def _key(event: dict[str, Any], fields: Mapping[str, str]) -> bytes | None:
    """The record's key: a JSON object of the configured fields, `{"wiki_id": …}`, or none."""
    if not fields:
        return None
    key: dict[str, Any] = {}
    for name, path in fields.items():
        value: Any = event
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            raise KeyFieldMissingError(pointer="/" + path.replace(".", "/"), path=path)
        key[name] = value
    return orjson.dumps(key)
