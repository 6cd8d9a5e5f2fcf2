"""What the gate does to events of one schema in one stream; worked out once for each such pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

import orjson

from eventplatform.core.pii_values import Hashing
from eventplatform.core.privacy import Cleaner, plan
from eventplatform.core.refusals import KeyFieldMissingError
from eventplatform.core.schemas import CompiledSchema
from eventplatform.core.services import Service, rules_of
from eventplatform.core.streams import Stream


class Filler(Protocol):
    """Sets one field from what the server knows of the request, where the event lacks it."""

    def apply(self, event: dict[str, Any], request: Any) -> None:
        """Change `event` in place."""
        ...


class Treatment(NamedTuple):
    """All that is known before an event of this stream and schema arrives. `stream` carries its complete door rules."""

    stream: Stream
    schema: CompiledSchema
    topic: str
    fills_dt: bool
    fills_id: bool
    fills_request_id: bool
    key_paths: tuple[tuple[str, tuple[str, ...]], ...]
    fillers: tuple[Filler, ...]
    fill_defaults: Callable[[dict[str, Any]], dict[str, Any]] | None
    cleaner: Cleaner | None
    may_spool: bool
    is_timed: bool  # its window may have closed, or one of its instruments is stopped

    def key(self, event: Mapping[str, Any]) -> bytes | None:
        """The record's key: a JSON object of the configured fields, `{"wiki_id": …}`, or none.

        Raises:
            KeyFieldMissingError: one of them is absent.
        """
        if not self.key_paths:
            return None
        key: dict[str, Any] = {}
        for name, path in self.key_paths:
            value: Any = event
            for part in path:
                value = value.get(part) if isinstance(value, dict) else None
            if value is None:
                raise KeyFieldMissingError(pointer="/" + "/".join(path), path=".".join(path))
            key[name] = value
        return orjson.dumps(key)


def treatment(
    stream: Stream, schema: CompiledSchema, service: Service, *, topic_prefix: str = "", hashing: Hashing | None = None
) -> Treatment:
    """How events of `schema` are treated in `stream`, which `service` takes; nothing is cleaned without a key to hash with."""
    ours = ruled(stream, service)
    return Treatment(
        stream=ours,
        schema=schema,
        topic=stream.topic(topic_prefix),
        fills_dt=schema.declares("meta", "dt"),
        fills_id=schema.declares("meta", "id"),
        fills_request_id=schema.declares("meta", "request_id"),
        key_paths=tuple((name, tuple(path.split("."))) for name, path in stream.message_key_fields.items()),
        fillers=(),
        fill_defaults=schema.fill_defaults,
        cleaner=None if hashing is None else plan(schema.document, ours.door.privacy, hashing),
        may_spool=ours.door.when_log_away == "spool",
        is_timed=bool(stream.late or stream.stopped_instruments),
    )


def ruled(stream: Stream, service: Service) -> Stream:
    """The stream with its door rules complete."""
    return replace(stream, door=rules_of(stream.door, service))
