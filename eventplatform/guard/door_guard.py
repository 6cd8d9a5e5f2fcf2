"""The guard of the intake: judges a request by its key, its page's origin and its address, and what each of them may send."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Generic, TypeVar

from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from eventplatform.guard import key_text, origins
from eventplatform.guard.admission import Admission
from eventplatform.guard.client_addresses import client_address, network_of
from eventplatform.guard.door_policy import Defaults, DoorPolicy, policy_of
from eventplatform.guard.keys import KeyRing, ProducerKey
from eventplatform.guard.permit_errors import (
    KeyMissingError,
    KeyNotForServiceError,
    KeyNotForStreamError,
    KeyRefusedError,
    origin_refused,
)
from eventplatform.guard.permits import (
    NOTHING_ASKED,
    AddressRateError,
    KeyQuotaError,
    KeyRateError,
    Permit,
    StreamQuotaError,
    StreamRateError,
)
from eventplatform.guard.rates import Allowance, Rates
from eventplatform.guard.request_head import RequestHead

_BEARER = "bearer "

Configuration = TypeVar("Configuration")
Value = TypeVar("Value")
Note = Callable[[int], None]


class RequestPermit:
    """The permit of one request that some rule concerns; of the thread or loop that serves the request."""

    __slots__ = ("_allowances", "_is_prepaid", "_key", "_of_service", "_origin", "_own", "_policy", "_rates", "_stream")

    def __init__(
        self,
        policy: DoorPolicy,
        rates: Rates,
        *,
        key: ProducerKey | None,
        origin: str,
        own: tuple[Allowance, ...],
        of_service: Callable[[str], tuple[Allowance, ...]],
    ) -> None:
        self._policy = policy
        self._of_service = of_service
        self._rates = rates
        self._key = key
        self._origin = origin
        self._own = own
        self._is_prepaid = bool(own)  # one event was taken with the request's head
        self._stream: Stream | None = None
        self._allowances: tuple[Allowance, ...] = ()

    @property
    def key_name(self) -> str:
        """Of the producer key that was shown."""
        return self._key.name if self._key else ""

    @property
    def key_prefix(self) -> str:
        """Likewise."""
        return self._key.prefix if self._key else ""

    def allow(self, stream: Stream) -> None:
        """Let one event into `stream`; what holds for a stream is worked out once while a request stays with it."""
        if stream is not self._stream:
            self._judge(stream)
            self._allowances = self._of_stream(stream)
            self._stream = stream
        if self._is_prepaid:
            self._rates.take(self._allowances)
            self._is_prepaid = False
        elif self._own or self._allowances:
            self._rates.take((*self._own, *self._allowances))

    def _judge(self, stream: Stream) -> None:
        key, service = self._key, self._policy.service
        if key is not None:
            if not key.streams.holds(stream.name):
                raise KeyNotForStreamError(prefix=key.prefix, stream=stream.name)
            if stream.service and not key.services.holds(stream.service):  # the door for all services opens no more of them
                raise KeyNotForServiceError(prefix=key.prefix, service=stream.service)
        elif not _first(stream.door.allows_anonymous, service.allows_anonymous):
            raise KeyMissingError(stream=stream.name)
        if not origins.allowed(self._origin, service, stream):
            raise origin_refused(self._origin, f"the stream {stream.name}")

    def _of_stream(self, stream: Stream) -> tuple[Allowance, ...]:
        rules, rates = stream.door, self._rates
        if self._key is not None and self._key.is_unlimited:
            return ()
        found = []
        words = f"the stream {stream.name}"
        if rules.events_per_second is not None:
            found.append(rates.per_second(rates.streams, stream.name, rules.events_per_second, StreamRateError, words))
        if rules.events_per_day is not None:
            found.append(rates.per_day(("stream", stream.name), rules.events_per_day, StreamQuotaError, words))
        if stream.service in self._policy.limiting:
            found.extend(one for one in self._of_service(stream.service) if one not in self._own)
        return tuple(found)


class DoorGuard(Generic[Configuration]):
    """Implements `permits.Guard`. `configuration` answers what is in force, `streams_of` all its streams, patterns too,
    and `service_of` one of its services by name. The streams that a permit is asked about have complete rules (`rules_of`).

    `keys` answers the ring that holds now; `note_use` and `note_refusal` hear which keys
    were shown, and must not wait.
    """

    def __init__(
        self,
        *,
        keys: Callable[[], KeyRing],
        configuration: Callable[[], Configuration],
        streams_of: Callable[[Configuration], Iterable[Stream]],
        service_of: Callable[[Configuration, str], Service | None] = lambda _configuration, _name: None,
        rates: Rates,
        admission: Admission,
        defaults: Defaults,
        note_use: Note = lambda _: None,
        note_refusal: Note = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.rates = rates
        self.admission = admission
        self._keys = keys
        self._configuration = configuration
        self._streams_of = streams_of
        self._service_of = service_of
        self._defaults = defaults
        self._note_use = note_use
        self._note_refusal = note_refusal
        self._clock = clock
        self._policies: tuple[Configuration | None, dict[int, DoorPolicy]] = (None, {})

    def permit(self, head: RequestHead, service: Service) -> Permit:
        """The request's permit; one event of it is paid here, before the body is read."""
        policy = self._policy(service)
        shown, origin = shown_key(head, service), head.header("origin")
        if not origins.is_known(origin, service, policy.origins):
            raise origin_refused(origin, f"the service {service.name}".rstrip())
        if not shown and policy.asks_nothing and not self.admission.is_crowded:
            return NOTHING_ASKED
        key = self._identify(shown, head, policy) if shown else None
        self.admission.check(key.name if key else client_address(head, self._defaults.proxies))
        own = self._of_key(key, policy) if key else self._of_address(head, policy)
        if own:
            self.rates.take(own)
        of_service = partial(self._of_service, key, head) if policy.limiting else _nothing
        return RequestPermit(policy, self.rates, key=key, origin=origin, own=own, of_service=of_service)

    def cors_headers(self, origin: str, service: Service) -> tuple[origins.Header, ...]:
        """What an answer to a page of `origin` says about it."""
        return origins.cors_headers(origin, service, self._policy(service).origins)

    def _identify(self, shown: str, head: RequestHead, policy: DoorPolicy) -> ProducerKey:
        try:
            key = self._keys().identify(shown, self._clock())
        except KeyRefusedError as error:
            known = error.facts.get("key_id")
            if isinstance(known, int):
                self._note_refusal(known)
            self.rates.take(self._of_address(head, policy))  # guesses are limited, too
            raise
        self._note_use(key.id)
        service = policy.service.name
        if service and not key.services.holds(service):
            raise KeyNotForServiceError(prefix=key.prefix, service=service)
        return key

    def _of_key(self, key: ProducerKey, policy: DoorPolicy) -> tuple[Allowance, ...]:
        """A key's own limits hold for all services together, those of a service for each of its keys there."""
        if key.is_unlimited:
            return ()
        found, rates, words, service = [], self.rates, f"the producer key {key.prefix}", policy.service.name
        rate = _first(key.events_per_second, policy.key_events_per_second)
        if rate:
            place = "" if key.events_per_second is not None else service
            found.append(rates.per_second(rates.keys, (place, key.id), rate, KeyRateError, words))
        per_day = _first(key.events_per_day, policy.key_events_per_day)
        if per_day:
            place = "" if key.events_per_day is not None else service
            found.append(rates.per_day(("key", place, key.id), per_day, KeyQuotaError, words))
        return tuple(found)

    def _of_address(self, head: RequestHead, policy: DoorPolicy) -> tuple[Allowance, ...]:
        rate = policy.address_events_per_second
        if not rate:
            return ()
        network = network_of(client_address(head, self._defaults.proxies))
        subject, words = (policy.service.name, network), f"the address {network}"
        return (self.rates.per_second(self.rates.addresses, subject, rate, AddressRateError, words),)

    def _of_service(self, key: ProducerKey | None, head: RequestHead, name: str) -> tuple[Allowance, ...]:
        """What a service allows whoever sends to its streams without naming it: no more than at its own address."""
        service = self._service_of(self._configuration(), name)
        if service is None:
            return ()
        policy = self._policy(service)
        return self._of_key(key, policy) if key else self._of_address(head, policy)

    def _policy(self, service: Service) -> DoorPolicy:
        configuration = self._configuration()
        known, policies = self._policies
        if known is not configuration:
            policies = {}
            self._policies = (configuration, policies)
        found = policies.get(id(service))  # the policy holds the service, so no other can have its id
        if found is None:
            find_service = partial(self._service_of, configuration)
            found = policy_of(service, self._streams_of(configuration), self._defaults, find_service)
            policies[id(service)] = found
        return found


def shown_key(head: RequestHead, service: Service) -> str:
    """The producer key of a request. EventGate heeds no authorization, so its profile takes only what looks like a key."""
    header = head.header("authorization")
    if header and header[: len(_BEARER)].lower() == _BEARER:
        shown = header[len(_BEARER) :].strip()
    else:
        shown = head.header("x-producer-key").strip()
    return shown if service.profile != "eventgate" or shown.startswith(key_text.MARK) else ""


def _nothing(_service: str) -> tuple[Allowance, ...]:
    return ()


def _first(own: Value | None, other: Value) -> Value:
    return other if own is None else own
