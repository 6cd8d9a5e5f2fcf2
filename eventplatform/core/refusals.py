"""Why the gate refuses an event, each with its stable code, the place and the remedy."""

from __future__ import annotations

from eventplatform.core.errors import RejectedError


class NotAnObjectError(RejectedError):
    """An item of the request is no JSON object."""

    code = "event.not_an_object"
    outcome = "invalid"
    message = "An event must be a JSON object, not {kind}."
    remedy = "Send one object, or an array of objects."


class StreamMissingError(RejectedError):
    """The event names no stream."""

    code = "stream.missing"
    message = "The event names no stream."
    remedy = "Set meta.stream to the name of a configured stream."


class StreamUnknownError(RejectedError):
    """The named stream is not configured."""

    code = "stream.unknown"
    message = "No stream {stream} is configured for this intake."
    remedy = "Check the spelling of meta.stream, or have the stream created in the admin."


class StreamElsewhereError(RejectedError):
    """The named stream is another service's."""

    code = "stream.of_another_service"
    message = "The stream {stream} belongs to the service {service}, whose events are not taken here."
    remedy = "Post to /{service}/v1/events, or to /v1/events of an intake that answers for it."


class StreamDisabledError(RejectedError):
    """The stream was stopped by configuration."""

    code = "stream.disabled"
    outcome = "disabled"
    message = "The stream {stream} is switched off."
    remedy = "Stop sending until its owner switches it on again; nothing was stored."


class WindowClosedError(RejectedError):
    """The stream's time window has closed, and the stream drops what comes later."""

    code = "stream.window_closed"
    outcome = "late"
    message = "The stream {stream} is outside its time window and takes no late events."
    remedy = "Stop sending until the window opens again; nothing was stored. Read sample.rate of the stream's configuration."


class InstrumentDisabledError(RejectedError):
    """The instrument that the event names was stopped by configuration."""

    code = "instrument.disabled"
    outcome = "disabled"
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


class SchemaInsecureError(RejectedError):
    """EventGate takes no schema whose patterns, formats or unique items are unbounded; nor does a service of its profile."""

    code = "schema.insecure"
    message = "The schema {schema} has patterns, formats or unique items without a bound."
    remedy = "Give them maxLength, propertyNames.maxLength or maxItems in a new version, and name that one."


class SchemaNotAllowedError(RejectedError):
    """The stream takes another schema title."""

    code = "schema.not_allowed"
    message = "Stream {stream} takes events of {expected}, not of {title}."
    remedy = "Send to the stream that is configured for {title}, or name a version of {expected}."


class EventInvalidError(RejectedError):
    """The event breaks its schema; `violations` says where and how."""

    code = "event.invalid"
    outcome = "invalid"
    message = "{summary}"
    remedy = "Mend the named places and send the event again."


class EventTooLargeError(RejectedError):
    """The event alone is larger than the log takes."""

    code = "event.too_large"
    http_status = 413
    message = "The event and its message key have {size} bytes, more than the {limit} allowed."
    remedy = "Send less in one event, or split it."


class KeyFieldMissingError(RejectedError):
    """A field that the stream's records are keyed by is absent."""

    code = "event.key_missing"
    message = "The field {path} is part of this stream's message key and must be set."
    remedy = "Send {path}."
