"""A service: one named intake with its own profile, streams, limits and rules; an item of the configuration's `services`."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Literal, TypeVar

from eventplatform.core.door_rules import DoorRules, PrivacyRules

T = TypeVar("T")
Profile = Literal["ours", "eventgate"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request may bring, and how often; None leaves it to the process's settings.

    `max_depth` counts levels within an event, `max_keys` the keys of one object. Rates are events a second: of one producer
    key, of one address (IPv6: its /64); `events_per_day` is a key's quota.
    """

    max_body_bytes: int | None = None
    max_event_bytes: int | None = None
    max_events: int | None = None
    max_depth: int | None = None
    max_keys: int | None = None
    key_events_per_second: float | None = None
    key_events_per_day: int | None = None
    address_events_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class EventGateRules:
    """What an EventGate deployment sets in its own configuration, for a service of that profile."""

    needs_streams: bool = True  # False: any schema in any stream, as EventGate without `stream_config_uri`
    allows_slashless: bool = False  # schema URIs without a leading slash, as with a base URI that ends in one
    schema_uri_parameter: str = ""  # of the query, as `schema_uri_query_param`; empty: not heeded
    stream_parameter: str = ""  # likewise `stream_query_param`
    dt_field: str = ""  # of the event that dates its record, as `dt_field`; empty: when it was received
    cors: str = "*"  # access-control-allow-origin; empty: none of the four headers
    failing_streams: frozenset[str] = frozenset()  # production to these fails; heeded in tests only


@dataclass(frozen=True, slots=True)
class Service:
    """Who answers, and how. A request names it by path (`/{name}/v1/events`), else by host, else it is the process's own.

    `spooled_status`: of an answer whose events are on this host's disk while the log is away. `sources` maps a CloudEvents
    `source`, or `reports:<type>` of the Reporting API, to a stream; behind a space, the schema id of what names none itself.
    """

    name: str = ""
    profile: Profile = "ours"
    hosts: frozenset[str] = frozenset()
    origins: tuple[str, ...] = ("*",)
    allows_anonymous: bool = True
    spooled_status: Literal[201, 202] = 202
    error_stream: str = ""
    duplicate_seconds: int = 300  # how long a repeated `meta.id` is answered, not produced again; 0: never
    sources: tuple[tuple[str, str], ...] = ()
    limits: Limits = Limits()
    privacy: PrivacyRules = field(default_factory=PrivacyRules)
    eventgate: EventGateRules = field(default_factory=EventGateRules)


def rules_of(own: DoorRules, service: Service) -> DoorRules:
    """A stream's rules, complete: what it leaves open is as `service` says."""
    privacy = {
        one.name: _first(getattr(own.privacy, one.name), getattr(service.privacy, one.name)) for one in fields(own.privacy)
    }
    return replace(
        own,
        origins=_first(own.origins, service.origins),
        allows_anonymous=_first(own.allows_anonymous, service.allows_anonymous),
        error_stream=own.error_stream or service.error_stream,
        privacy=PrivacyRules(**privacy),
    )


def _first(own: T | None, other: T) -> T:
    return other if own is None else own
