"""What goes in and comes out of the door, as JSON Schema: for the web role's OpenAPI document and for the intake's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventplatform.core.results import Outcome
from eventplatform.guard.content_types import JSON_TYPES

TITLE = "Event intake"
EVENT: Mapping[str, Any] = {
    "type": "object",
    "required": ["$schema", "meta"],
    "properties": {
        "$schema": {"type": "string", "description": "The schema's id.", "example": "/sample/test_event/1.0.0"},
        "meta": {
            "type": "object",
            "required": ["stream"],
            "properties": {
                "stream": {"type": "string", "description": "A configured stream.", "example": "test.event"},
                "id": {"type": "string", "description": "Given by the platform where it is missing (UUIDv7)."},
                "dt": {"type": "string", "format": "date-time", "description": "Always set by the platform: when it took it."},
            },
        },
    },
    "additionalProperties": True,
}
EVENTS: Mapping[str, Any] = {"oneOf": [EVENT, {"type": "array", "items": EVENT, "minItems": 1}]}
EXAMPLE = {"$schema": "/sample/test_event/1.0.0", "meta": {"stream": "test.event"}, "test": "hello"}
_VIOLATION = {
    "type": "object",
    "properties": {"pointer": {"type": "string"}, "keyword": {"type": "string"}, "message": {"type": "string"}},
}
RESULT: Mapping[str, Any] = {
    "type": "object",
    "required": ["index", "id", "stream", "result"],
    "properties": {
        "index": {"type": "integer", "description": "Place in the request, from 0."},
        "id": {"type": "string", "nullable": True},
        "stream": {"type": "string", "nullable": True},
        "result": {"type": "string", "enum": list(Outcome.__args__)},  # type: ignore[attr-defined]  # a Literal's words
        "duplicate": {"type": "boolean", "description": "Its id was accepted a moment ago; it was not stored again."},
        "code": {"type": "string", "description": "Of a refusal: stable, for programs."},
        "pointer": {"type": "string", "description": "JSON pointer to the place in the event."},
        "message": {"type": "string"},
        "remedy": {"type": "string"},
        "doc": {"type": "string", "format": "uri", "description": "The page that explains the code."},
        "violations": {"type": "array", "items": _VIOLATION, "description": "All places in which it breaks its schema."},
    },
}
RESULTS: Mapping[str, Any] = {"type": "array", "items": RESULT, "description": "The fate of every event, by index."}
PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "description": "RFC 9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Of a request that was refused as a whole."},
        "pointer": {"type": "string"},
        "remedy": {"type": "string"},
        "doc": {"type": "string", "format": "uri"},
        "results": RESULTS,
    },
}
_FAILURE = {
    "type": "object",
    "required": ["status", "event", "context"],
    "properties": {
        "status": {"type": "string", "enum": ["invalid", "error"]},
        "event": {"description": "The event, with what was filled in."},
        "context": {
            "type": "object",
            "description": "`errors` and `errorsText` as Ajv 6 tells them, or a `message`.",
            "additionalProperties": True,
        },
    },
}
FAILURES: Mapping[str, Any] = {
    "type": "object",
    "properties": {"invalid": {"type": "array", "items": _FAILURE}, "error": {"type": "array", "items": _FAILURE}},
}
ACCEPTED = {201: "All events are in the event log.", 202: "The events were hastily received, or wait on the intake's disk."}
ANSWERS = {
    207: "Some events were accepted; the results say which.",
    400: "Nothing was accepted: the body is no JSON, or every event was refused.",
    401: "The producer key is unknown, or the stream takes no anonymous events.",
    403: "The key or the page's origin may not send there.",
    404: "No such service.",
    408: "The body came too slowly.",
    413: "The body, the event or the number of events is too large.",
    415: "Not JSON, not UTF-8, or compressed in a way that is not read.",
    429: "Too much at once; Retry-After says when to send again.",
    500: "The intake failed.",
    503: "The event log is away; Retry-After says when to send again.",
    507: "The intake's disk is full; Retry-After says when to send again.",
}
EVENTGATE_ANSWERS = {
    207: "Some events were accepted; those listed were not.",
    400: "Every event breaks its schema, or the body was empty.",
    401: "The producer key is unknown, or the stream takes no anonymous events.",
    403: "The key or the page's origin may not send there.",
    413: "The body holds more values than are worth reading.",
    429: "Too much at once; Retry-After says when to send again.",
    500: "Some event failed for another reason, or the body could not be read.",
    503: "The intake takes no more for the moment; Retry-After says when to send again.",
}
_LINES = {"type": "string", "description": "One event a line."}
_CLOUD_EVENT = {
    "type": "object",
    "description": "CloudEvents 1.0; `source` names the stream where the service's sources say so.",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"type": "string", "enum": ["1.0"]},
        "id": {"type": "string"},
        "source": {"type": "string"},
        "type": {"type": "string"},
        "dataschema": {"type": "string", "description": "The schema's id."},
        "data": {"type": "object", "additionalProperties": True},
    },
    "additionalProperties": True,
}
EVENTGATE_TYPES: Mapping[str, Mapping[str, Any]] = dict.fromkeys(JSON_TYPES, EVENTS)
# Other names of the same ways in are left out.
OURS_TYPES: Mapping[str, Mapping[str, Any]] = {
    **EVENTGATE_TYPES,
    "application/x-ndjson": _LINES,
    "application/cloudevents+json": _CLOUD_EVENT,
    "application/cloudevents-batch+json": {"type": "array", "items": _CLOUD_EVENT},
}
