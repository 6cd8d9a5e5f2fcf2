"""What the API documentation says about the door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view

_EVENT: Mapping[str, Any] = {
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
_EVENTS = {"oneOf": [_EVENT, {"type": "array", "items": _EVENT, "minItems": 1}]}
_FAILURE = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": ["invalid", "error"]},
        "result": {"type": "string", "enum": ["invalid", "denied", "disabled", "late", "failed"]},
        "index": {"type": "integer", "description": "Place in the request, from 0."},
        "id": {"type": "string", "nullable": True},
        "code": {"type": "string", "description": "Stable; for programs."},
        "pointer": {"type": "string", "description": "JSON pointer to the place in the event."},
        "message": {"type": "string"},
        "remedy": {"type": "string"},
        "event": {"description": "The event as it was refused."},
        "context": {"type": "object", "additionalProperties": True},
    },
}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "remedy": {"type": "string"},
        "invalid": {"type": "array", "items": _FAILURE, "description": "Events that break their schema."},
        "error": {"type": "array", "items": _FAILURE, "description": "Events that failed for another reason."},
    },
}
_ANSWERS = {
    207: "Some events were accepted; the listed ones were not.",
    400: "Nothing was accepted: the body is no JSON, or every event was refused.",
    413: "The body or the event is too large.",
    415: "Not JSON, not UTF-8, or compressed.",
    500: "The intake failed.",
    503: "The event log is away; Retry-After says when to send again.",
}
_EXAMPLE = OpenApiExample(
    "One event",
    value={"$schema": "/sample/test_event/1.0.0", "meta": {"stream": "test.event"}, "test": "hello"},
    request_only=True,
)

describe = extend_schema_view(
    post=extend_schema(
        operation_id="produce_events",
        summary="Produce events",
        description="Takes one event or an array of events. Each is judged alone; accepted ones are in the event log.",
        tags=["events"],
        auth=[],
        parameters=[
            OpenApiParameter("hasty", bool, description="Answer 202 before the events are judged and stored."),
            OpenApiParameter("X-Request-Id", str, OpenApiParameter.HEADER, description="Printable ASCII, at most 128 long."),
        ],
        request={"application/json": _EVENTS, "text/plain": _EVENTS, "application/reports+json": _EVENTS},
        responses={
            201: OpenApiResponse(description="All events are in the event log."),
            202: OpenApiResponse(description="The events were hastily received."),
            **{(status, "application/problem+json"): OpenApiResponse(_PROBLEM, text) for status, text in _ANSWERS.items()},
        },
        examples=[_EXAMPLE],
    )
)
