"""The gate: one event in, a record for the log out, or the reason why not.

Pure: it is handed the streams, the schemas and the clock, and knows neither HTTP nor the log. What is known of a stream and
a schema together is worked out once (`treatment.py`); an event of a pair that is not known yet is judged step by step, in
the order that decides what a client reads first when several things are wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from eventplatform.core import eventgate_order, javascript, names
from eventplatform.core.pii_values import Hashing
from eventplatform.core.privacy import Signals, signals_of
from eventplatform.core.record_keys import timestamp_ms
from eventplatform.core.records import Headers, NewRecord
from eventplatform.core.refusals import (
    EventInvalidError,
    EventTooLargeError,
    InstrumentDisabledError,
    NotAnObjectError,
    SchemaIdError,
    SchemaMissingError,
    SchemaNotAllowedError,
    SchemaUnknownError,
    StreamDisabledError,
    StreamElsewhereError,
    StreamMissingError,
    StreamUnknownError,
    WindowClosedError,
)
from eventplatform.core.schemas import CompiledSchema
from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from eventplatform.core.treatment import Treatment, ruled, treatment

_JSON_WORDS: Mapping[type, str] = {
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "true or false",
    list: "an array",
    type(None): "null",
}
# With its message key. A record of the log may have 1 MiB; 4 KiB of that are left to headers and to the log's own framing.
MAX_EVENT_BYTES = 1024 * 1024 - 4 * 1024

# Of a service that takes any stream: each is a topic, a row of the counter and a treatment kept.
MAX_UNCONFIGURED = 1000

_ANY_STREAM = Stream("", "", "", ())
_LATE = (names.HEADER_LATE, b"true")
_LONGEST_NOTE = 64
# What the counter's reason says of late events that were taken.
_LATE_REASONS: Mapping[str, str] = {"accept": "window_closed.accepted", "flag": "window_closed.flagged"}


def _no_header(_name: str) -> str:
    return ""


@dataclass(slots=True)
class Request:
    """What the gate knows of the request that carries an event. `received_at` is ISO 8601 in ms, UTC, as `received_ms`.

    `allow` lets one event into a stream or raises (`guard.permits.Permit.allow`); `header` answers a header by its
    lower-case name.
    """

    received_at: str
    received_ms: int
    request_id: str
    service: str = ""
    key_name: str = ""  # of the producer key that was shown
    allow: Callable[[Stream], None] | None = None
    header: Callable[[str], str] = field(default=_no_header, repr=False, compare=False)
    find_client_ip: Callable[[], str] = field(default=str, repr=False, compare=False)
    # Streams of which late events were let through, and as what the counter knows them.
    late: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    made: dict[str, Headers] = field(default_factory=dict, repr=False, compare=False)  # headers of records by service

    @property
    def client_ip(self) -> str:
        """The client's address, behind the proxies that are trusted."""
        return self.find_client_ip()

    @property
    def signals(self) -> Signals:
        """What the client says of privacy."""
        return signals_of(self.header, self.received_ms)

    def headers(self, service: str) -> Headers:
        """The headers of this request's records; made once for each service, not for each event."""
        made = self.made[service] = (
            (names.HEADER_RECEIVED_AT, self.received_at.encode()),
            (names.HEADER_REQUEST_ID, self.request_id.encode()),
            (names.HEADER_SERVICE, (self.service or service).encode()),
            *(((names.HEADER_PRODUCER_KEY, self.key_name.encode()),) if self.key_name else ()),
            *self._replayed(),
        )
        return made

    def _replayed(self) -> Headers:
        """The mark of an event that a person mended and sent again."""
        note = self.header("x-replayed")
        return ((names.HEADER_REPLAYED, note[:_LONGEST_NOTE].encode("ascii", "replace")),) if note else ()


@dataclass(frozen=True, slots=True)
class Gate:
    """Admits events. `services` are those this intake answers for; empty means all. Made anew with each configuration."""

    find_stream: Callable[[str], Stream | None]
    find_schema: Callable[[str], CompiledSchema | None]
    new_id: Callable[[], str]
    services: Collection[str] = ()
    topic_prefix: str = ""
    max_event_bytes: int = MAX_EVENT_BYTES
    service: Service = field(default_factory=Service)
    find_service: Callable[[str], Service | None] = lambda _: None
    taken: Collection[str] = ()  # topics of configured streams: nobody else's stream may be named so
    hashing: Hashing | None = None  # None: nothing that tells of people is cleaned
    _treatments: dict[tuple[str, str], Treatment] = field(default_factory=dict, repr=False, compare=False)
    _unconfigured: set[str] = field(default_factory=set, repr=False, compare=False)

    def admit(self, event: Any, request: Request) -> NewRecord:
        """The record for `event`, which is filled in place.

        Raises:
            RejectedError: one of `refusals`, with the place in `pointer`, or what `request.allow` raises.
        """
        try:
            how = self._treatments[event["meta"]["stream"], event["$schema"]]
        except (KeyError, TypeError):  # a pair not seen before, or anything that is no event
            how = self._judged(event, request)
        if request.allow is not None:
            request.allow(how.stream)
        is_flagged = how.is_timed and _judge_time(event, how.stream, request)
        event = _filled(event, how, request, self.new_id)
        if not how.is_valid(event):
            raise invalid(event, how.schema)
        if how.cleaner is not None:
            event = how.cleaner.clean(event, signals=request.signals)
        value = orjson.dumps(event)
        if self.service.profile == "eventgate" and _has_fraction_of_nothing(value):
            value = javascript.stringify(event)
        key = None if how.key_plan is None else how.key_plan.key(event)
        size = len(value) + len(key) if key else len(value)
        if size > how.max_event_bytes:
            raise EventTooLargeError(size=size, limit=how.max_event_bytes)
        headers = request.made.get(how.service) or request.headers(how.service)
        if is_flagged:
            headers = (*headers, _LATE)
        moment = timestamp_ms(event, how.dt_path, request.received_ms) if how.dt_path else request.received_ms
        return NewRecord(how.topic, value, key, headers, moment, None, how.may_spool)

    def _judged(self, event: Any, request: Request) -> Treatment:
        """Find stream and schema, say what is wrong with them, and remember how such events are treated."""
        if not isinstance(event, dict):
            raise NotAnObjectError(kind=_JSON_WORDS.get(type(event), "something else"))
        if self.service.profile == "eventgate":
            return eventgate_order.judged(event, self, lambda event, how: _filled(event, how, request, self.new_id))
        stream = self._stream(event)
        service = self.find_service(stream.service) or self.service
        if stream.late or stream.stopped_instruments:
            _judge_time(event, stream, request)
        schema = self._schema(event)
        if stream.schema_title not in schema.titles:
            raise self._not_allowed(event, stream, schema, request, service)
        how = self.treat(stream, schema, service)
        self.remember(event["meta"]["stream"], event["$schema"], how)
        return how

    def treat(self, stream: Stream, schema: CompiledSchema, service: Service) -> Treatment:
        """How events of `schema` are treated in `stream`, which `service` takes."""
        how = treatment(stream, schema, service, topic_prefix=self.topic_prefix, hashing=self.hashing)
        theirs = service.limits.max_event_bytes  # it holds for whoever came by the address of all services, too
        return how._replace(max_event_bytes=min(self.max_event_bytes, theirs or self.max_event_bytes))

    def remember(self, name: str, schema_id: str, how: Treatment) -> None:
        """Keep the treatment of events that name this stream and schema. Bounded: configured streams and known versions."""
        self._treatments[name, schema_id] = how

    def takes_unconfigured(self, name: str) -> bool:
        """Whether there is room for a stream of this name that nobody configured; how many names there are is a client's.

        Its topic would be its name, so neither another stream's topic nor one of the platform's own is let in.
        """
        if name in self.taken or name.startswith(names.OWN_TOPICS):
            return False
        if name not in self._unconfigured and len(self._unconfigured) < MAX_UNCONFIGURED:
            self._unconfigured.add(name)
        return name in self._unconfigured

    def _not_allowed(
        self, event: dict[str, Any], stream: Stream, schema: CompiledSchema, request: Request, service: Service
    ) -> EventInvalidError | SchemaNotAllowedError:
        """Of an event that breaks its schema that is said first: it can be mended without asking anybody."""
        if request.allow is not None:
            request.allow(ruled(stream, service))
        event = _filled(event, treatment(stream, schema, service), request, self.new_id)
        if not schema.is_valid(event):
            return invalid(event, schema)
        return SchemaNotAllowedError(pointer="/$schema", stream=stream.name, expected=stream.schema_title, title=schema.title)

    def _stream(self, event: dict[str, Any]) -> Stream:
        meta = event.get("meta")
        if meta is None:
            raise StreamMissingError(pointer="/meta")
        name = meta.get("stream") if isinstance(meta, dict) else None
        if not isinstance(name, str) or not name:
            raise StreamMissingError(pointer="/meta/stream")
        stream = self.find_stream(name)
        is_ours = stream is not None and (not self.services or stream.service in self.services)
        if stream is not None and stream.service and not is_ours:
            raise StreamElsewhereError(pointer="/meta/stream", stream=name[:249], service=stream.service)
        if stream is None or not is_ours:
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


def fill(event: dict[str, Any], schema: CompiledSchema, request: Request, new_id: Callable[[], str]) -> dict[str, Any]:
    """The event as the gate would fill it before it is held against `schema`, whatever its stream."""
    return _filled(event, treatment(_ANY_STREAM, schema, Service()), request, new_id)


def invalid(event: Mapping[str, Any], schema: CompiledSchema) -> EventInvalidError:
    """The error that says how `event` breaks `schema`."""
    violations = tuple(schema.violations(event))
    first = violations[0]
    more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
    return EventInvalidError(pointer=first.pointer, summary=f"{first.message}{more}", violations=violations, schema=schema)


def _has_fraction_of_nothing(value: bytes) -> bool:
    """Whether a whole number was sent as 17.0: EventGate stores 17, and its readers may take no fraction."""
    return b".0," in value or b".0}" in value or b".0]" in value


def _judge_time(event: dict[str, Any], stream: Stream, request: Request) -> bool:
    """Refuse what is stopped or too late; True where the record is to be flagged. A canary proves the path at any time."""
    if (event.get("meta") or {}).get("domain") == names.CANARY_DOMAIN:
        return False
    instrument = event.get("instrument_name")
    if isinstance(instrument, str) and instrument in stream.stopped_instruments:
        raise InstrumentDisabledError(pointer="/instrument_name", instrument=instrument, stream=stream.name)
    if stream.late == "drop":
        raise WindowClosedError(pointer="/meta/stream", stream=stream.name)
    if stream.late:
        request.late[stream.name] = _LATE_REASONS[stream.late]
    return stream.late == "flag"


def _filled(event: dict[str, Any], how: Treatment, request: Request, new_id: Callable[[], str]) -> dict[str, Any]:
    """The event with what the server knows better: `meta.dt` always (since EventGate 1.15), the others where absent.

    Nothing undeclared is set. `event` is changed in place; what comes back is another object where the schema has defaults.
    """
    meta: dict[str, Any] = event.get("meta", {})  # absent where no schema asks for it and no stream is needed
    if how.fills_id and "id" not in meta:
        meta["id"] = new_id()
    if how.fills_dt:
        meta["dt"] = request.received_at
    if how.fills_request_id and "request_id" not in meta:
        meta["request_id"] = request.request_id
    for filler in how.fillers:
        filler.apply(event, request)
    return event if how.fill_defaults is None else how.fill_defaults(event)
