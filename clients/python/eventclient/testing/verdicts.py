"""The door's judgement of one event: what the intake would answer, by the same codes and places."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from eventclient.testing.schemas import Schema, SchemaFolder
from eventclient.testing.streams import Stream
from eventclient.testing.violations import Violation, violations

_SCHEMA_ID = re.compile(r"/[a-zA-Z0-9_-][a-zA-Z0-9._-]*(?:/[a-zA-Z0-9_-][a-zA-Z0-9._-]*)+")
_MAX_SCHEMA_ID = 200


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818  # it is an answer
    """Why an event isn't taken."""

    code: str
    pointer: str
    message: str
    remedy: str
    outcome: str = "denied"
    violations: tuple[Violation, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """The entry's part of an answer."""
        told = {"code": self.code, "pointer": self.pointer, "message": self.message, "remedy": self.remedy}
        return told | ({"violations": [one._asdict() for one in self.violations]} if self.violations else {})


def judge(event: Any, schemas: SchemaFolder, streams: Mapping[str, Stream] | None) -> None:
    """Take an event, which is filled in place as the intake fills it. `streams` None: any stream, with any schema.

    Raises:
        Refusal: it is not taken.
    """
    if not isinstance(event, dict):
        raise Refusal("event.not_an_object", "", "An event must be a JSON object.", "Send one object, or an array.", "invalid")
    stream = _stream(event, streams)
    schema = _schema(event, schemas)
    _fill(event, schema)
    found = violations(schema.validator, event)
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        message, remedy = f"{found[0].message}{more}", "Mend the named places and send the event again."
        raise Refusal("event.invalid", found[0].pointer, message, remedy, "invalid", tuple(found))
    if stream is not None and stream.schema_title not in schema.titles:
        message = f"Stream {stream.name} takes events of {stream.schema_title}, not of {schema.title}."
        raise Refusal("schema.not_allowed", "/$schema", message, f"Name a version of {stream.schema_title}.")


def _stream(event: dict[str, Any], streams: Mapping[str, Stream] | None) -> Stream | None:
    meta = event.get("meta")
    name = meta.get("stream") if isinstance(meta, dict) else None
    if not isinstance(name, str) or not name:
        pointer = "/meta" if meta is None else "/meta/stream"
        raise Refusal("stream.missing", pointer, "The event names no stream.", "Set meta.stream to the name of a stream.")
    if streams is None:
        return None
    stream = streams.get(name)
    if stream is None:
        message, remedy = "The stream is not one of the door's.", "Check meta.stream, or give the stream to the door."
        raise Refusal("stream.unknown", "/meta/stream", message, remedy)
    if stream.disabled:
        message, remedy = f"The stream {name} is switched off.", "Stop sending until it is switched on again."
        raise Refusal("stream.disabled", "/meta/stream", message, remedy, "disabled")
    return stream


def _schema(event: dict[str, Any], schemas: SchemaFolder) -> Schema:
    schema_id = event.get("$schema")
    if schema_id is None:
        raise Refusal("schema.missing", "/$schema", "The event names no schema.", "Set $schema to a schema's id.")
    if not isinstance(schema_id, str) or len(schema_id) > _MAX_SCHEMA_ID or not _SCHEMA_ID.fullmatch(schema_id):
        message, remedy = "$schema must be a relative schema id.", "Send the id alone, such as /sample/test_event/1.0.0."
        raise Refusal("schema.bad_id", "/$schema", message, remedy)
    schema = schemas.find(schema_id)
    if schema is None:
        message, remedy = f"The folder has no schema {schema_id}.", "Check title and version, or write that version's file."
        raise Refusal("schema.unknown", "/$schema", message, remedy)
    return schema


def _fill(event: dict[str, Any], schema: Schema) -> None:
    """What the intake sets before it judges: `meta.dt` always, `meta.id` where there is none, and defaults."""
    meta = event["meta"]
    if schema.declares("meta", "id"):
        meta.setdefault("id", str(uuid.uuid4()))
    if schema.declares("meta", "dt"):
        meta["dt"] = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if schema.declares("meta", "request_id"):
        meta.setdefault("request_id", str(uuid.uuid4()))
    schema.fill_defaults(event)
