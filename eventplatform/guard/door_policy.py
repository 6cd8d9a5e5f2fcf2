"""What one service under one configuration asks of requests, worked out once: origins, anonymous clients, limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from eventplatform.core.door_rules import DoorRules
from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from eventplatform.guard import origins
from eventplatform.guard.client_addresses import Proxies

Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the process's settings say; a limit of None is none."""

    proxies: Proxies = field(default_factory=Proxies)
    key_events_per_second: float | None = None
    key_events_per_day: int | None = None
    address_events_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class DoorPolicy:
    """A service with its process's defaults filled in. `asks_nothing`: an anonymous request of any origin may send anything.

    `limiting`: at the address of all services, those that limit their keys or addresses; elsewhere none.
    """

    service: Service
    origins: frozenset[str]
    asks_nothing: bool
    key_events_per_second: float | None
    key_events_per_day: int | None
    address_events_per_second: float | None
    limiting: frozenset[str]


def policy_of(
    service: Service, streams: Iterable[Stream], defaults: Defaults, find_service: origins.FindService = lambda _: None
) -> DoorPolicy:
    """The policy of `service` over all configured streams; each follows its own service in what it leaves open."""
    own = [stream for stream in streams if origins.serves(service, stream)]
    limits = service.limits
    address_rate = _first(limits.address_events_per_second, defaults.address_events_per_second)
    others = () if service.name else {stream.service: find_service(stream.service) for stream in own}.values()
    limiting = [other for other in others if other is not None and _limits(other)]
    is_open = not _asks(DoorRules(), service) and not any(
        _asks(stream.door, find_service(stream.service) or service) for stream in own
    )
    return DoorPolicy(
        service=service,
        origins=origins.known(service, own, find_service),
        asks_nothing=is_open and not (address_rate or any(other.limits.address_events_per_second for other in limiting)),
        key_events_per_second=_first(limits.key_events_per_second, defaults.key_events_per_second),
        key_events_per_day=_first(limits.key_events_per_day, defaults.key_events_per_day),
        address_events_per_second=address_rate,
        limiting=frozenset(other.name for other in limiting),
    )


def _limits(service: Service) -> bool:
    limits = service.limits
    return bool(limits.address_events_per_second or limits.key_events_per_second or limits.key_events_per_day)


def _asks(own: DoorRules, service: Service) -> bool:
    return (
        origins.ANY not in (service.origins if own.origins is None else own.origins)
        or not (service.allows_anonymous if own.allows_anonymous is None else own.allows_anonymous)
        or own.events_per_second is not None
        or own.events_per_day is not None
    )


def _first(own: Number | None, other: Number | None) -> Number | None:
    return other if own is None else own
