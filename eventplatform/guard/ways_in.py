"""The ways in: from a request's head and its body to events, whatever form they come in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from eventplatform.core.errors import RejectedError
from eventplatform.core.services import Service
from eventplatform.guard import cloudevents, lines, routes
from eventplatform.guard.body import BodyReader
from eventplatform.guard.content_types import CLOUD_WAYS, PLAIN_JSON, REPORTS, Way, check_json, media_type, way_of
from eventplatform.guard.decoded_body import DecodedBodyReader
from eventplatform.guard.decoding import decoder_of
from eventplatform.guard.errors import BodyEmptyError, ContentEncodingError, NotEventsError, TooManyEventsError
from eventplatform.guard.json_body import JsonLimits, checked_each, load, parse_each
from eventplatform.guard.request_head import RequestHead, announced_length
from eventplatform.guard.unfit import Unfit

_SEPARATORS: Mapping[Way, bytes] = {"lines": b"\n", "sequence": b"\x1e"}  # NDJSON, RFC 7464
_OF_EVENTGATE = frozenset({"", "identity", "gzip", "deflate"})
_PLAIN = Service()


def open_body(head: RequestHead, limit: int, service: Service = _PLAIN) -> BodyReader:
    """A reader for the body that these headers announce; it remembers what they already give reason to refuse."""
    try:
        if head.content_type != PLAIN_JSON or service.sources:
            way_of(head, service)
        if service.profile == "eventgate" and head.content_encoding.strip().lower() not in _OF_EVENTGATE:
            raise ContentEncodingError
        return _reader(head, limit)
    except RejectedError as error:
        return BodyReader(limit, refusal=error)


def open_json_body(head: RequestHead, limit: int) -> BodyReader:
    """Likewise for an API that takes JSON and nothing else."""
    try:
        check_json(head)
        return _reader(head, limit)
    except RejectedError as error:
        return BodyReader(limit, refusal=error)


def _reader(head: RequestHead, limit: int) -> BodyReader:
    announced = announced_length(head)
    decoder = decoder_of(head.content_encoding) if head.content_encoding else None
    if decoder is None:
        return BodyReader(limit, announced=announced)
    return DecodedBodyReader(limit, decoder, announced=announced)


def events_of(
    body: bytes, head: RequestHead, service: Service, limits: JsonLimits, *, schema_hosts: Collection[str] = ()
) -> list[Any]:
    """The events of a decoded body, in its order; at least one, and not more than the limit.

    An item is a JSON value for the gate to judge, or `Unfit`: one that can't become an event, with the reason. Whoever asks the
    gate, which takes that for no object, tells `unfit.unwrapped` of the two instead. `schema_hosts` are the hosts at which
    this platform serves its schemas: a CloudEvent's `dataschema` may be an address there.

    Raises:
        RejectedError: the request is refused as a whole.
    """
    if head.content_type == PLAIN_JSON and not service.sources:
        events = parse_each(body, limits)
    else:
        way = way_of(head, service)
        if way in CLOUD_WAYS:
            return _cloudevents(way, body, head, cloudevents.Reader(service, limits, schema_hosts))
        separator = _SEPARATORS.get(way)
        events = lines.parse_lines(body, limits, separator) if separator else parse_each(body, limits)
    rules = service.eventgate
    if head.query and (rules.stream_parameter or rules.schema_uri_parameter):
        routes.fill(events, routes.query_route(head.query, service))
    if service.sources and media_type(head.content_type) == REPORTS:
        routes.fill_reports(events, service)
    return events


def _cloudevents(way: Way, body: bytes, head: RequestHead, reader: cloudevents.Reader) -> list[Any]:
    document, items = _document(body, reader.limits)
    if way == "binary":
        return [_event(document, partial(reader.binary, head.header, document))]
    if way == "cloudevent":
        return [_event(document, partial(reader.structured, document))]
    if not isinstance(document, list):
        raise NotEventsError(kind="one CloudEvent, though its content type says a batch")
    return [one if isinstance(one, Unfit) else _event(one, partial(reader.structured, one)) for one in items]


def _document(body: bytes, limits: JsonLimits) -> tuple[Any, list[Any]]:
    """The JSON of CloudEvents, and the items that it holds; depth is counted from each of them."""
    if not body or body.isspace():
        raise BodyEmptyError
    document = load(body, limits)
    items = document if isinstance(document, list) else [document]
    if not items:
        raise BodyEmptyError
    if len(items) > limits.max_events:
        raise TooManyEventsError(count=len(items), limit=limits.max_events)
    return document, checked_each(body, document, items, limits)


def _event(sent: Any, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except RejectedError as error:
        return Unfit(sent, error)
