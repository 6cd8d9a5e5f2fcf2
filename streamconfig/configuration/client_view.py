"""The configuration as clients read it: what to send where, who is in sample, what to fill in; the client contract's §1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from eventplatform.core.services import Service
from streamconfig.configuration import client_samples as samples
from streamconfig.configuration.client_samples import Future, Step
from streamconfig.configuration.configured import Configured
from streamconfig.configuration.instruments import Audience, Instrument
from streamconfig.configuration.stream_set import StreamSet

CONTRACT = 1


class Fields(NamedTuple):
    """What clients fill in of a title's version, and of those that have other fields, by their ids."""

    schema: str | None
    fields: Sequence[str]
    older: Mapping[str, Sequence[str]]


class FieldsOf(Protocol):
    """Where the fields of schemas are found."""

    def __call__(self, title: str, attributes: tuple[str, ...], *, is_of_stream: bool) -> Fields:
        """Those of contextual attributes; of a stream also those that every client knows."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The streams and instruments that are asked for; None for all of them."""

    streams: Sequence[str] | None = None
    instruments: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class ClientView:
    """Answers for the streams of one moment and site."""

    found: StreamSet
    future: Future
    fields_of: FieldsOf
    intake_url: str

    def answer(self, asked: Asked) -> dict[str, Any]:
        """Intakes, streams and instruments. With an instrument comes its stream, with streams alone come their instruments."""
        instruments = list(self._instruments(asked))
        names = self._names(asked, instruments)
        steps = {name: self.future.of_stream(one) for name, one in names.items()}
        services = sorted({one.stream.service for one in names.values()})
        return {
            "intakes": {service: self._intake(service) for service in services},
            "streams": {name: self._stream(one, steps[name]) for name, one in names.items()},
            "instruments": {
                one.key: self._instrument(one, names.get(one.stream), steps.get(one.stream)) for one in instruments
            },
        }

    def _instruments(self, asked: Asked) -> Iterator[Instrument]:
        known = self.found.instruments
        if asked.instruments is not None:
            yield from (known[key] for key in dict.fromkeys(asked.instruments) if key in known)
        else:
            yield from (one for one in known.values() if asked.streams is None or one.stream in asked.streams)

    def _names(self, asked: Asked, instruments: Iterable[Instrument]) -> dict[str, Configured]:
        """The streams by name. One below a pattern is answered where it is asked for, as nobody could list them."""
        if asked.streams is None and asked.instruments is None:
            return {one.entry.name: one for one in self.found.entries if one.pattern is None}
        wanted = dict.fromkeys((*(asked.streams or ()), *(one.stream for one in instruments)))
        found = ((name, self.found.configured(name)) for name in wanted)
        return {name: one for name, one in found if one is not None}

    def _stream(self, one: Configured, steps: Sequence[Step]) -> dict[str, Any]:
        stream = one.stream
        rules = metrics_platform_rules(one)
        filled = self.fields_of(stream.schema_title, _texts(rules.get("provide_values")), is_of_stream=True)
        return {
            "schema": filled.schema,
            "service": stream.service,
            "sample": steps[0][1],
            "changes": samples.changes(steps),
            "heeds": heeds(one, self.found.services.get(stream.service)),
            "fields": filled.fields,
            "older": filled.older,
            "curation": curation(rules.get("curation")),
        }

    def _instrument(self, one: Instrument, under: Configured | None, stream: Sequence[Step] | None) -> dict[str, Any]:
        steps = self.future.of_instrument(one)
        steps = samples.capped(steps, stream) if stream else steps
        title = under.stream.schema_title if under else ""
        filled = self.fields_of(title, one.contextual_attributes, is_of_stream=False)
        return {
            "stream": one.stream,
            "sample": steps[0][1],
            "changes": samples.changes(steps),
            "audience": self._audience(one.audience),
            "fields": filled.fields,
            "older": filled.older,
        }

    def _audience(self, audience: Audience) -> dict[str, Any] | None:
        """With the sites in place of their tags: a client knows its site's name only. None: everybody."""
        if audience == Audience():
            return None
        sites = self.found.document.section("sites")
        named = {
            part: [name for tag in getattr(audience, part) for name in _sites_of(tag, sites)]
            for part in ("sites", "except_sites")
        }
        return {**asdict(audience), **{part: list(dict.fromkeys(names)) for part, names in named.items()}}

    def _intake(self, service: str) -> str:
        return intake_address(self.found.document.section("services").get(service, {}), service, self.intake_url)


def intake_address(item: Mapping[str, Any], service: str, intake_url: str) -> str:
    """Where events of a service are posted to: its own address, where its item of the configuration names one."""
    own, common = str(item.get("url") or "").rstrip("/"), intake_url.rstrip("/")
    if own:
        return own if urlsplit(own).path else f"{own}/v1/events"
    return f"{common}/{service}/v1/events" if service else f"{common}/v1/events"


def heeds(one: Configured, service: Service | None) -> list[str]:
    """The signals of people that the stream heeds, by its own rules or its service's."""
    own, general = one.stream.door.privacy, service.privacy if service else None
    names = {"gpc": "heeds_gpc", "dnt": "heeds_dnt"}
    said = {signal: getattr(own, name) for signal, name in names.items()}
    return [name for name, value in said.items() if (getattr(general, names[name], None) if value is None else value)]


def metrics_platform_rules(one: Configured) -> Mapping[str, Any]:
    """What Wikimedia's configuration says to clients: `producers.metrics_platform_client`."""
    found: Any = one.settings
    for name in ("producers", "metrics_platform_client"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def curation(rules: Any) -> dict[str, Any] | None:
    """Rules by attribute, None without any; what two of the older clients called is_equals bears its new name."""
    found = {
        attribute: {"equals" if name == "is_equals" else name: value for name, value in wanted.items()}
        for attribute, wanted in (rules.items() if isinstance(rules, Mapping) else ())
        if isinstance(wanted, Mapping)
    }
    return found or None


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _sites_of(tag: str, sites: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [tag, *(key for key, site in sites.items() if tag in (site.get("tags") or ()))]
