"""Rules about what the intake is told of services and streams: who may send, and where refused events are told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from eventplatform.core.error_events import TITLES
from streamconfig.configuration.setting_types import pointer
from streamconfig.lint.finding import Finding, Kind
from streamconfig.lint.subject import Subject, mapping

NO_ERROR_STREAM = Kind(
    "door.unknown_error_stream",
    "error",
    "Refused events are to be told on {stream}, which isn't configured; the platform's own topic takes them.",
    "Add the stream, or correct the name.",
)
WRONG_ERROR_SCHEMA = Kind(
    "door.error_stream_schema",
    "error",
    "Refused events are told on {stream}, whose schema is {title}: its readers would meet events of another.",
    "Give that stream the schema title error, or eventplatform/error.",
)
SAME_HOST = Kind(
    "service.same_host",
    "error",
    "{host} is a host of {others} too, so only one of them is meant by it.",
    "Give each service hosts of its own.",
)
OPEN_TO_ALL = Kind(
    "service.open_to_all",
    "warning",
    "Anybody's page may send to this external service, without a key.",
    "List the pages in origins, or let it take producer keys only.",
)
NO_STREAMS = Kind("service.no_streams", "info", "No stream is posted to it.", "Remove the service, or correct the streams.")
UNKNOWN_SOURCE = Kind(
    "service.unknown_source_stream",
    "error",
    "Events of the source {source} go to {stream}, which isn't configured.",
    "Add the stream, or correct the name.",
)
PEOPLE_KEPT = Kind(
    "door.people_kept",
    "warning",
    "Its data are personal, and neither it nor its service says what becomes of addresses and user agents.",
    "Say it in intake.privacy, or in the service's privacy.",
)


def findings(subject: Subject) -> Iterator[Finding]:
    """All rules of this page."""
    services = subject.document.section("services")
    yield from _hosts(services)
    for key, item in services.items():
        yield from _service(key, item, subject)
    for name, entry in subject.entries.items():
        rules = mapping(entry.own.get("intake"))
        yield from _error_stream("streams", name, "/intake/error_stream", rules.get("error_stream"), subject)
        service = services.get(str(subject.settings[name].get("destination_event_service") or ""), {})
        if entry.about.sensitivity in {"personal", "secret"} and not _says_privacy(rules) and not _says_privacy(service):
            yield PEOPLE_KEPT.at("streams", name)


def _service(key: str, item: Mapping[str, Any], subject: Subject) -> Iterator[Finding]:
    yield from _error_stream("services", key, "/error_stream", item.get("error_stream"), subject)
    is_open = item.get("allows_anonymous") is not False and item.get("origins", ["*"]) == ["*"]
    if item.get("audience") == "external" and is_open:
        yield OPEN_TO_ALL.at("services", key)
    if all(settings.get("destination_event_service") != key for settings in subject.settings.values()):
        yield NO_STREAMS.at("services", key)
    for source, way in mapping(item.get("sources")).items():
        stream = str(way).partition(" ")[0]
        if subject.entry_of(stream) is None:
            yield UNKNOWN_SOURCE.at("services", key, pointer(("sources", source)), source=source, stream=stream)


def _hosts(services: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    owners: dict[str, list[str]] = defaultdict(list)
    for key, item in services.items():
        for host in item.get("hosts") or ():
            owners[host].append(key)
    for host, keys in owners.items():
        for key in keys if len(keys) > 1 else ():
            others = " and ".join(one for one in keys if one != key)
            yield SAME_HOST.at("services", key, "/hosts", host=host, others=others)


def _error_stream(section: str, name: str, place: str, stream: Any, subject: Subject) -> Iterator[Finding]:
    if not stream:
        return
    entry = subject.entry_of(stream)
    title = subject.settings[entry.name].get("schema_title") if entry else None
    if entry is None:
        yield NO_ERROR_STREAM.at(section, name, place, stream=stream)
    elif title not in TITLES:
        yield WRONG_ERROR_SCHEMA.at(section, name, place, stream=stream, title=title or "none")


def _says_privacy(rules: Mapping[str, Any]) -> bool:
    return bool({"ip", "user_agent"} & mapping(rules.get("privacy")).keys())
