"""What the gate does to events of one schema in one stream; worked out once for each such pair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from eventplatform.core import enriching
from eventplatform.core.enriching import Filler
from eventplatform.core.pii_values import Hashing
from eventplatform.core.privacy import Cleaner, plan
from eventplatform.core.record_keys import KeyPlan, key_plan
from eventplatform.core.schemas import CompiledSchema
from eventplatform.core.services import Service, rules_of
from eventplatform.core.streams import Stream


class Treatment(NamedTuple):
    """All that is known before an event of this stream and schema arrives. `stream` carries its complete door rules."""

    stream: Stream
    service: str  # the stream's, as its records name it
    schema: CompiledSchema
    is_valid: Callable[[dict[str, Any]], bool]  # of the schema
    topic: str
    fills_dt: bool
    fills_id: bool
    fills_request_id: bool
    key_plan: KeyPlan | None
    dt_path: tuple[str, ...]  # of the field that dates the record; empty: when it was received
    fillers: tuple[Filler, ...]
    fill_defaults: Callable[[dict[str, Any]], dict[str, Any]] | None
    cleaner: Cleaner | None
    may_spool: bool
    is_timed: bool  # its window may have closed, or one of its instruments is stopped
    max_event_bytes: int = 0  # of the door or, if it takes less, of the service; the gate says it


def treatment(
    stream: Stream, schema: CompiledSchema, service: Service, *, topic_prefix: str = "", hashing: Hashing | None = None
) -> Treatment:
    """How events of `schema` are treated in `stream`, which `service` takes; nothing is cleaned without a key to hash with."""
    ours = ruled(stream, service)
    return Treatment(
        stream=ours,
        service=ours.service,
        schema=schema,
        is_valid=schema.is_valid,
        topic=stream.topic(topic_prefix),
        fills_dt=schema.declares("meta", "dt"),
        fills_id=schema.declares("meta", "id"),
        fills_request_id=schema.declares("meta", "request_id") and enriching.gives_request_id(stream.settings),
        key_plan=key_plan(stream.message_key_fields),
        dt_path=_dt_path(service),
        fillers=enriching.plan(schema, stream.settings),
        fill_defaults=schema.fill_defaults,
        cleaner=None if hashing is None else plan(schema.document, ours.door.privacy, hashing),
        may_spool=ours.door.when_log_away == "spool",
        is_timed=bool(stream.late or stream.stopped_instruments),
    )


def _dt_path(service: Service) -> tuple[str, ...]:
    field = service.eventgate.dt_field if service.profile == "eventgate" else ""
    return tuple(field.split(".")) if field else ()


def ruled(stream: Stream, service: Service) -> Stream:
    """The stream with its door rules complete."""
    return replace(stream, door=rules_of(stream.door, service))
