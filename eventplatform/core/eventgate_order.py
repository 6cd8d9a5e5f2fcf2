"""EventGate's order of judging: schema first, then what the server fills in, then the stream, then the rest.

Only what is first seen comes here (`gate.py` remembers the rest), and only for services of that profile. What EventGate looks
up on disks and servers is looked up in the configuration's schemas alone: no id of a client's opens a file or a connection.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from eventplatform.core import javascript, names
from eventplatform.core.refusals import (
    NotAnObjectError,
    SchemaIdError,
    SchemaInsecureError,
    SchemaMissingError,
    SchemaNotAllowedError,
    SchemaUnknownError,
    StreamDisabledError,
    StreamMissingError,
    StreamUnknownError,
)
from eventplatform.core.schemas import CompiledSchema
from eventplatform.core.streams import Stream
from eventplatform.core.treatment import Treatment, treatment

if TYPE_CHECKING:
    from eventplatform.core.gate import Gate

Fill = Callable[[dict[str, Any], Treatment], dict[str, Any]]

_ANY_STREAM = Stream("", "", "", ())
_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]")


def judged(event: Any, gate: Gate, fill: Fill) -> Treatment:
    """How `event` is treated.

    Raises:
        RejectedError: what EventGate would complain of first; by then the event is filled as far as EventGate would have.
    """
    if not isinstance(event, dict):
        raise NotAnObjectError(kind="something else")
    schema = _schema(event, gate)
    if not isinstance(event.get("meta"), dict) and any(schema.declares("meta", name) for name in ("id", "dt", "request_id")):
        event["meta"] = {}
    if not gate.service.eventgate.needs_streams:
        return _anywhere(event, schema, gate)
    found = _found(event, gate)
    if found is None:
        fill(event, treatment(_ANY_STREAM, schema, gate.service))
        raise _unknown(event)
    service = gate.find_service(found.service) or gate.service
    how = gate.treat(found, schema, service)
    if found.schema_title not in schema.titles:
        fill(event, how)
        raise SchemaNotAllowedError(pointer="/$schema", stream=found.name, expected=found.schema_title, title=schema.title)
    if not found.is_enabled:
        raise StreamDisabledError(pointer="/meta/stream", stream=found.name)
    gate.remember(event["meta"]["stream"], event["$schema"], how)
    return how


def _schema(event: dict[str, Any], gate: Gate) -> CompiledSchema:
    if "$schema" not in event:
        raise SchemaMissingError(pointer="/$schema")
    given = event["$schema"]
    if not isinstance(given, str):
        raise SchemaIdError(pointer="/$schema")
    wanted = schema_id(given, allows_slashless=gate.service.eventgate.allows_slashless)
    schema = gate.find_schema(wanted)
    if schema is not None and not schema.is_secure:
        raise SchemaInsecureError(pointer="/$schema", schema=wanted)
    if schema is not None:
        return schema
    if not names.is_schema_id(wanted):
        raise SchemaIdError(pointer="/$schema")
    raise SchemaUnknownError(pointer="/$schema", schema=wanted)


def schema_id(given: str, *, allows_slashless: bool) -> str:
    """The id that an event's `$schema` means where a base URI ends in a slash."""
    return f"/{given}" if allows_slashless and not given.startswith("/") else given


def _found(event: dict[str, Any], gate: Gate) -> Stream | None:
    meta = event.get("meta")
    name = meta.get("stream") if isinstance(meta, dict) else None
    stream = gate.find_stream(name) if isinstance(name, str) else None
    return stream if stream is not None and (not gate.services or stream.service in gate.services) else None


def _unknown(event: dict[str, Any]) -> StreamMissingError | StreamUnknownError:
    meta = event.get("meta")
    if not isinstance(meta, dict) or "stream" not in meta:
        return StreamMissingError(pointer="/meta/stream")
    return StreamUnknownError(pointer="/meta/stream", stream=javascript.text(meta["stream"])[:249])


def _anywhere(event: dict[str, Any], schema: CompiledSchema, gate: Gate) -> Treatment:
    """The treatment without stream configuration: any schema in any stream, named by the event or else by its schema's id."""
    meta = event.get("meta")
    given = meta.get("stream") if isinstance(meta, dict) else None
    name = given if isinstance(given, str) and given else sanitised(event["$schema"])
    stream = gate.find_stream(name)
    if stream is not None and gate.services and stream.service not in gate.services:
        raise StreamUnknownError(pointer="/meta/stream", stream=name[:249])
    service = gate.find_service(stream.service) if stream is not None else None
    if stream is None:
        if not names.is_topic_name(name) or not gate.takes_unconfigured(name):
            raise StreamUnknownError(pointer="/meta/stream", stream=name[:249])
        stream = Stream(name, schema.title, gate.service.name, (name,))
    how = gate.treat(stream, schema, service or gate.service)
    gate.remember(name, event["$schema"], how)
    return how


def sanitised(schema_uri: str) -> str:
    """The stream and topic that a schema's URI stands for: `/ui/element/button-push` is `ui_element_button-push`."""
    return _NO_NAME.sub("_", schema_uri).lstrip("_")
