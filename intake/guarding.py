"""The process's guard: keys from the database, limits shared over Redis, rules from settings and configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings

from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from eventplatform.guard import origins
from eventplatform.guard.admission import Admission
from eventplatform.guard.client_addresses import Proxies
from eventplatform.guard.door_guard import DoorGuard
from eventplatform.guard.door_policy import Defaults
from eventplatform.guard.permits import Permit
from eventplatform.guard.rates import Rates
from eventplatform.guard.request_head import RequestHead
from intake.keys.keeper import KeyKeeper, Keys, KeysOnDemand
from intake.rates.sharing import Sharing

if TYPE_CHECKING:
    from streamconfig.snapshots import Snapshot


class GuardKeeper:
    """Implements `permits.Guard`; one per process, made after a fork.

    `is_keeping`: a thread follows the keys, as in the role `intake`; else whoever asks looks, as in the web role.
    """

    def __init__(self, configuration: Callable[[], Snapshot], *, is_keeping: bool = True) -> None:
        self._keeper = KeyKeeper() if is_keeping else None
        keys: Keys = self._keeper or KeysOnDemand()
        rates = Rates(burst_seconds=settings.INTAKE_BURST_SECONDS)
        self.admission = Admission(settings.INTAKE_MAX_IN_FLIGHT)
        self._keys = keys
        self._sharing = Sharing(settings.REDIS_URL, rates, is_one_of_several=is_keeping and settings.INTAKE_WORKERS > 1)
        self._guard = DoorGuard(
            keys=keys.ring,
            configuration=configuration,
            streams_of=_streams_of,
            service_of=_service_of,
            rates=rates,
            admission=self.admission,
            defaults=_defaults(),
            note_use=keys.uses.note,
            note_refusal=keys.uses.note_refusal,
        )
        self.permit: Callable[[RequestHead, Service], Permit] = self._guard.permit

    def start(self, *, wait_seconds: float = 0.0) -> None:
        """Start what runs in the background; wait for the first keys at most that long."""
        self._sharing.start()
        if self._keeper is not None:
            self._keeper.start(wait_seconds=wait_seconds)

    def stop(self) -> None:
        """End it; uses of keys are written."""
        self._sharing.stop()
        if self._keeper is not None:
            self._keeper.stop()

    def cors_headers(self, origin: str, service: Service) -> tuple[origins.Header, ...]:
        """What an answer to a page of `origin` says about it; preflights and refusals alike."""
        return self._guard.cors_headers(origin, service)

    def state(self) -> dict[str, Any]:
        """What readiness tells of it."""
        ring = self._keys.ring()
        return {
            "keys": len(ring) if ring.is_complete else "not read yet",
            "in_flight": self.admission.events,
            "processes": self._sharing.processes,
            "redis": "away" if self._sharing.is_away else "ok",
        }


def _streams_of(configuration: Snapshot) -> Iterable[Stream]:
    return configuration.every_stream


def _service_of(configuration: Snapshot, name: str) -> Service | None:
    return configuration.services.get(name)


def proxies() -> Proxies:
    """Which proxies the settings trust."""
    return Proxies(settings.INTAKE_TRUSTED_PROXIES, settings.INTAKE_CLIENT_ADDRESS_HEADER.lower())


def _defaults() -> Defaults:
    return Defaults(
        proxies=proxies(),
        key_events_per_second=settings.INTAKE_KEY_EVENTS_PER_SECOND or None,
        key_events_per_day=settings.INTAKE_KEY_EVENTS_PER_DAY or None,
        address_events_per_second=settings.INTAKE_ADDRESS_EVENTS_PER_SECOND or None,
    )
