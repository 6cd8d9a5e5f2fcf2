"""What the role offers as an OpenAPI document, a path for each stream that anybody may read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from monitoring.streaming import filters
from monitoring.streaming.offers import STRANGER, Offered

ANYBODY = STRANGER

INFO: Mapping[str, str] = {
    "name": "eventplatform-streams",
    "version": "0.1.0",
    "description": "Streams of events, given out as they come in: server-sent events, or one JSON document a line.",
}
_OPERATORS = "; ".join(f"`{operator}` {meaning}" for operator, meaning in filters.OPERATORS.items())


def _query(name: str, description: str, *, is_list: bool = False) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "array", "items": {"type": "string"}} if is_list else {"type": "string"}
    return {"name": name, "in": "query", "description": description, "schema": schema}


PARAMETERS: tuple[Mapping[str, Any], ...] = (
    _query("since", "Begin with events of this time: milliseconds since 1970, or a date such as 2026-11-25T15:00:00Z."),
    _query(
        "filter",
        f"Only events for which this holds; several: all of them. A field (`meta.domain` or `/meta/domain`), an operator "
        f"and a value: {_OPERATORS}.",
        is_list=True,
    ),
    _query("fields", "Only these fields of each event, as paths separated by commas."),
    _query("canaries", "`true`: synthetic events too, whose `meta.domain` is canary."),
    {
        "name": "Last-Event-ID",
        "in": "header",
        "description": "Go on behind the event with this id. Browsers send it by themselves. It counts before `since`.",
        "schema": {"type": "string"},
    },
)
_ANSWERS: Mapping[str, Any] = {
    "200": {
        "description": "The stream, until one of the two ends it; events `dropped` and `end` tell of the stream itself.",
        "content": {
            "text/event-stream": {"schema": {"type": "string"}},
            "application/json": {"schema": {"type": "string", "description": "One JSON document a line."}},
        },
    },
    "400": {"description": "A stream, the filter, the fields, since or Last-Event-ID can't be used; the body says which."},
    "401": {"description": "One of the streams needs a token."},
    "403": {"description": "One of the streams is for others."},
    "404": {"description": "The streams have no events yet."},
    "429": {"description": "This address, or this account, holds as many streams as it may."},
    "503": {"description": "The server gives out as many streams as it may, or is stopping; see Retry-After."},
}


def document(offered: Iterable[Offered]) -> Mapping[str, Any]:
    """The document, with these streams."""
    general = {
        "get": {
            "summary": "Streams as they come",
            "description": "Names of streams, separated by commas, and what is wanted of them.",
            "parameters": [
                {"name": "streams", "in": "path", "required": True, "description": "Names.", "schema": {"type": "string"}},
                *PARAMETERS,
            ],
            "responses": _ANSWERS,
            "security": [{}, {"token": []}],
        }
    }
    paths: dict[str, Any] = {"/v2/stream/{streams}": general}
    for one in sorted(offered, key=lambda each: each.stream.name):
        paths[f"/v2/stream/{one.stream.name}"] = {
            "get": {
                "summary": f"The stream {one.stream.name}",
                "description": f"Events of the schema {one.stream.schema_title or 'that each of them names'}.",
                "parameters": PARAMETERS,
                "responses": _ANSWERS,
            }
        }
    return {
        "openapi": "3.0.0",
        "info": {"title": INFO["name"], "version": INFO["version"], "description": INFO["description"]},
        "paths": paths,
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }
