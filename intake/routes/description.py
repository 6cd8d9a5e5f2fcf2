"""`/?spec`: the OpenAPI document of one service's address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intake import api_shapes
from intake.routes.asked import VERSION, Asked

_TEXT = {"text/plain": {"schema": {"type": "string"}}}
_ANY = {"application/json": {"schema": {"type": "object", "additionalProperties": True}}}
_PAGES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "/v1/stream-configs": ("The streams that this service takes, with their settings", _ANY),
    "/_info": ("Who answers here", _ANY),
    "/robots.txt": ("No robots", _TEXT),
}


def document(asked: Asked) -> dict[str, Any]:
    """What this service takes and answers, in its profile."""
    return {
        "openapi": "3.0.3",
        "info": {"title": api_shapes.TITLE, "version": VERSION, "description": _about(asked)},
        "servers": [{"url": f"/{asked.head.service}" if asked.head.service else "/"}],
        "paths": {
            "/v1/events": {"post": _post(asked)},
            **{path: {"get": _get(text, content)} for path, (text, content) in _PAGES.items()},
        },
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A producer key."}}},
    }


def _about(asked: Asked) -> str:
    profile = "EventGate's" if asked.service.profile == "eventgate" else "the platform's own"
    name = f"the service {asked.service.name}" if asked.service.name else "this intake"
    return f"What {name} takes; its answers are {profile}."


def _post(asked: Asked) -> dict[str, Any]:
    is_exact = asked.service.profile == "eventgate"
    types = api_shapes.EVENTGATE_TYPES if is_exact else api_shapes.OURS_TYPES
    return {
        "operationId": "produce_events",
        "summary": "Produce events",
        "description": "Takes one event or an array of events. Each is judged alone; accepted ones are in the event log.",
        "parameters": _parameters(asked),
        "requestBody": {
            "required": True,
            "content": {kind: _content(shape) for kind, shape in types.items()},
        },
        "responses": _responses(is_exact=is_exact),
        "security": [{}, {"key": []}],
    }


def _content(shape: Mapping[str, Any]) -> dict[str, Any]:
    return {"schema": shape, "example": api_shapes.EXAMPLE} if shape is api_shapes.EVENTS else {"schema": shape}


def _parameters(asked: Asked) -> list[dict[str, Any]]:
    text = {"schema": {"type": "string"}}
    rules = asked.service.eventgate
    named = {rules.stream_parameter: "The stream of events that name none.", rules.schema_uri_parameter: "Their schema."}
    found = [
        {"name": "hasty", "in": "query", "description": "Answer 202 before the events are judged and stored.", **text},
        {"name": "X-Request-Id", "in": "header", "description": "Printable ASCII, at most 128 long.", **text},
    ]
    if asked.service.profile == "ours":
        prefer = {"schema": {"type": "string", "enum": ["return=representation"]}}
        found.append(
            {"name": "Prefer", "in": "header", "description": "Tell the fate of every event also on success.", **prefer}
        )
    return found + [{"name": name, "in": "query", "description": told, **text} for name, told in named.items() if name]


def _responses(*, is_exact: bool) -> dict[str, Any]:
    told = api_shapes.EVENTGATE_ANSWERS if is_exact else api_shapes.ANSWERS
    kind, shape = ("application/json", api_shapes.FAILURES) if is_exact else ("application/problem+json", api_shapes.PROBLEM)
    content = {kind: {"schema": shape}}
    return {
        **{str(status): {"description": text} for status, text in api_shapes.ACCEPTED.items()},
        **{str(status): {"description": text, "content": content} for status, text in told.items()},
    }


def _get(summary: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {"summary": summary, "responses": {"200": {"description": summary, "content": content}}}
