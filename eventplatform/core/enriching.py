"""What the server sets in an event: Wikimedia's rules, planned once for a stream and a schema, applied to each event.

A field is set only where the schema declares it or leaves it free, and only where the event lacks it. `meta.dt` (always),
`meta.id` and `meta.request_id` are the gate's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from eventplatform.core.schemas import CompiledSchema

MAX_HEADER = 400  # characters of a header's value that an event keeps
LEGACY = "analytics/legacy"  # titles whose `dt` is the server's, as EventLogging's was
REQUEST_ID = "x-request-id"
_REQUEST_ID_FIELD = "meta.request_id"
_CLIENT_IP = ("http", "client_ip")


class Request(Protocol):
    """What an enrichment reads of the request."""

    @property
    def received_at(self) -> str:
        """ISO 8601 in ms, UTC."""
        ...

    @property
    def request_id(self) -> str:
        """The client's own, or a new one."""
        ...

    @property
    def client_ip(self) -> str:
        """The client's address behind trusted proxies; empty where it isn't known."""
        ...

    @property
    def header(self) -> Callable[[str], str]:
        """A header by its lower-case name; empty where it is absent."""
        ...


class Filler(Protocol):
    """Sets one field."""

    def apply(self, event: dict[str, Any], request: Request) -> None:
        """Change `event` in place."""
        ...


class _LegacyTime(NamedTuple):
    """`dt` of legacy events is when the server took them in, where the client doesn't say."""

    def apply(self, event: dict[str, Any], request: Request) -> None:
        if "dt" not in event:
            event["dt"] = request.received_at


class _Header(NamedTuple):
    """A field out of a header, cut to what nobody can abuse."""

    parents: tuple[str, ...]
    name: str
    header: str

    def apply(self, event: dict[str, Any], request: Request) -> None:
        value = request.request_id if self.header == REQUEST_ID else request.header(self.header)
        _set_absent(event, self.parents, self.name, value)


class _ClientAddress(NamedTuple):
    def apply(self, event: dict[str, Any], request: Request) -> None:
        holder = event.get("http")
        if not isinstance(holder, dict) or "client_ip" not in holder:  # asking for the address costs
            _set_absent(event, _CLIENT_IP[:1], _CLIENT_IP[1], request.client_ip)


def plan(schema: CompiledSchema, settings: Mapping[str, Any]) -> tuple[Filler, ...]:
    """What the server sets in events of `schema` of a stream with these `settings`, beyond what is set in every `meta`."""
    found: list[Filler] = []
    if schema.title.startswith(LEGACY) and schema.declares("dt"):
        found.append(_LegacyTime())
    for field, header in _headers(settings).items():
        is_usual = field == _REQUEST_ID_FIELD and header == REQUEST_ID
        parents = tuple(field.split("."))
        if header and not is_usual and _is_admitted(schema, parents):
            found.append(_Header(parents[:-1], parents[-1], header))
    if schema.declares(*_CLIENT_IP):
        found.append(_ClientAddress())
    return tuple(found)


def gives_request_id(settings: Mapping[str, Any]) -> bool:
    """Whether `meta.request_id` is the request's id: a stream may have it from another header, or not at all."""
    return _headers(settings).get(_REQUEST_ID_FIELD, REQUEST_ID) == REQUEST_ID


def _headers(settings: Mapping[str, Any]) -> Mapping[str, str]:
    """The stream's `producers.eventgate.enrich_fields_from_http_headers`: the header of each field, empty for none."""
    inside: Any = settings
    for name in ("producers", "eventgate", "enrich_fields_from_http_headers"):
        inside = inside.get(name) if isinstance(inside, Mapping) else None
    given = inside if isinstance(inside, Mapping) else {}
    return {field: header.lower() if isinstance(header, str) else "" for field, header in given.items()}


def _is_admitted(schema: CompiledSchema, path: tuple[str, ...]) -> bool:
    """The schema declares the field, or the object around it is free to hold any."""
    if schema.declares(*path):
        return True
    node: Any = schema.document
    for part in path[:-1]:
        properties = node.get("properties") if isinstance(node, Mapping) else None
        node = properties.get(part) if isinstance(properties, Mapping) else None
    is_free = isinstance(node, Mapping) and node.get("type") == "object" and node.get("additionalProperties") is not False
    return len(path) > 1 and is_free


def _set_absent(event: dict[str, Any], parents: tuple[str, ...], name: str, value: str) -> None:
    """Set a field that has a value and isn't there; where the objects around it are none, validation will say so."""
    if not value:
        return
    holder = event
    for part in parents:
        inside = holder.setdefault(part, {})
        if not isinstance(inside, dict):
            return
        holder = inside
    holder.setdefault(name, value[:MAX_HEADER])
