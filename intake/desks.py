"""Desks: what serves one service under one configuration, found by the path or the host that a request names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from eventplatform.core.errors import RejectedError
from eventplatform.core.gate import Gate
from eventplatform.core.pii_values import Hashing
from eventplatform.core.schemas import CompiledSchema
from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from eventplatform.guard import origins
from eventplatform.guard.json_body import JsonLimits
from eventplatform.guard.request_head import RequestHead
from intake.answers import Answer
from intake.ids import new_id
from intake.limits import Limits, limits_of
from intake.profiles.base import ProfileAnswers
from intake.profiles.eventgate import EventGate
from intake.profiles.ours import Ours


class Configuration(Protocol):
    """What the intake needs of a snapshot."""

    @property
    def revision(self) -> object:
        """Changes with every publish."""
        ...

    @property
    def streams(self) -> Mapping[str, Stream]:
        """Every stream with a name of its own."""
        ...

    @property
    def every_stream(self) -> Iterable[Stream]:
        """Every stream, those that stand for a pattern of names too."""
        ...

    @property
    def services(self) -> Mapping[str, Service]:
        """Every configured service by its name."""
        ...

    def find_stream(self, name: str) -> Stream | None:
        """The stream of that name."""
        ...

    def find_schema(self, schema_id: str) -> CompiledSchema | None:
        """The schema version of that id."""
        ...


class ServiceUnknownError(RejectedError):
    """The path names a service that isn't configured, or that this process doesn't answer for."""

    code = "service.unknown"
    http_status = 404
    message = "No service {service} is configured for this intake."
    remedy = "POST to /v1/events, or to /<service>/v1/events of a configured service."


class Desk(NamedTuple):
    """One service with its gate, its limits, and how it answers. `origins` are those that it or one of its streams takes."""

    service: Service
    gate: Gate
    limits: Limits
    json: JsonLimits
    profile: ProfileAnswers
    origins: frozenset[str]

    def duplicate_ms(self, event: dict[str, Any]) -> int:
        """How long the id of an event that the gate let through is remembered; 0: not at all."""
        found = self.gate.find_stream(event["meta"].get("stream", ""))
        service = self.service if found is None else self.gate.find_service(found.service) or self.service
        return service.duplicate_seconds * 1000

    def service_of(self, stream: str) -> str:
        """The service under which events of a stream are counted, also of none; empty where that is nobody's."""
        found = self.gate.find_stream(stream) if stream and not self.service.name else None
        return self.service.name if found is None else found.service


class Desks:
    """The desks of one configuration. `services` are the names that this process answers for; empty means all."""

    def __init__(
        self,
        configuration: Configuration,
        *,
        limits: Limits,
        services: Collection[str],
        topic_prefix: str,
        errors_url: str = "",
        hashing: Hashing | None = None,
    ) -> None:
        self.configuration = configuration
        self.listings: dict[str, Answer | None] = {}  # all streams of each service, once somebody asked for them
        self._limits = limits
        self._errors_url = errors_url
        self._hashing = hashing
        self._topic_prefix = topic_prefix
        known = {name: one for name, one in configuration.services.items() if not services or name in services}
        self._by_name = {name: self._desk(one, {name}) for name, one in known.items()}
        self._by_host = {host: self._by_name[name] for name, one in known.items() for host in one.hosts}
        only = next(iter(services)) if len(services) == 1 else ""
        self.own = self._by_name.get(only) or self._desk(Service(only), frozenset(services))

    def has(self, name: str) -> bool:
        """Whether a path may begin with this name."""
        return name in self._by_name

    def find(self, head: RequestHead) -> Desk:
        """The desk of a request.

        Raises:
            ServiceUnknownError: its path names none of ours.
        """
        if head.service:
            desk = self._by_name.get(head.service)
            if desk is None:
                raise ServiceUnknownError(service=head.service[:100])
            return desk
        if not self._by_host:
            return self.own
        return self._by_host.get(host_of(head.header("host")), self.own)

    def _desk(self, service: Service, takes: Collection[str]) -> Desk:
        limits = limits_of(service.limits, self._limits)
        find_service: Callable[[str], Service | None] = self.configuration.services.get
        gate = Gate(
            find_stream=self.configuration.find_stream,
            find_schema=self.configuration.find_schema,
            new_id=new_id,
            services=takes,
            topic_prefix=self._topic_prefix,
            max_event_bytes=limits.max_event_bytes,
            service=service,
            find_service=find_service,
            taken=frozenset() if service.eventgate.needs_streams else self._topics(),
            hashing=self._hashing,
        )
        listed = origins.known(service, self._streams(takes), find_service)
        of_stream = None if service.name else self._spooled_status
        profile: ProfileAnswers = Ours(service, errors_url=self._errors_url, listed=listed, spooled_status_of=of_stream)
        if service.profile == "eventgate":
            profile = EventGate(service)
        return Desk(service, gate, limits, limits.json, profile, listed)

    def _topics(self) -> frozenset[str]:
        return frozenset(topic for one in self.configuration.every_stream for topic in one.topics)

    def _spooled_status(self, name: str) -> int:
        """What the service of a stream answers for events that wait on this host's disk."""
        stream = self.configuration.find_stream(name)
        service = self.configuration.services.get(stream.service) if stream is not None else None
        return (service or Service()).spooled_status

    def _streams(self, takes: Collection[str]) -> Iterable[Stream]:
        return (one for one in self.configuration.every_stream if not takes or one.service in takes)


def host_of(header: str) -> str:
    """The host that a request names, in lower case and without its port."""
    host = header.strip().lower()
    return host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]
