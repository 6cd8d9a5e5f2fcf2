"""Rules about names of something that isn't there: schemas, services, sites, streams, connectors."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from streamconfig.configuration.sections import scope_parts
from streamconfig.configuration.setting_types import pointer
from streamconfig.lint.finding import Finding, Kind
from streamconfig.lint.subject import Subject, mapping

NO_SCHEMA = Kind("schema.not_set", "error", "It names no schema, so the intake refuses every event.", "Set schema_title.")
UNKNOWN_SCHEMA = Kind(
    "schema.unknown_title",
    "error",
    "There is no schema {title}, so the intake refuses every event.",
    "Add the schema to a repository, or correct schema_title.",
)
UNKNOWN_SERVICE = Kind(
    "service.unknown", "warning", "There is no service {service} in the list.", "Correct the name, or add the service."
)
UNKNOWN_CONSUMER = Kind(
    "consumer.unknown",
    "warning",
    "There is no connector {consumer}, so nothing is stored by this setting.",
    "Make the connector, correct the name, or leave the setting out.",
)
UNKNOWN_SCOPE = Kind(
    "override.unknown_site",
    "warning",
    "{site} is neither a site nor a tag of one, so the override never holds.",
    "Correct the scope, or add the site.",
)
UNKNOWN_STREAM = Kind(
    "override.unknown_stream",
    "warning",
    "It overrides {stream}, which has no entry: in this scope a stream of that name comes into being.",
    "Correct the name, or leave it out.",
)
UNKNOWN_SITE = Kind(
    "audience.unknown_site", "warning", "{site} is neither a site nor a tag of one.", "Correct the name, or add the site."
)
LISTED_NOWHERE = Kind(
    "list.unknown_stream", "warning", "{list} names the stream {name}, which isn't configured.", "Take the name off that list."
)


def findings(subject: Subject) -> Iterator[Finding]:
    """All rules of this page."""
    services = subject.document.section("services")
    yield from _consumers("defaults", "defaults", subject.document.defaults, subject)
    for name, settings in subject.settings.items():
        yield from _schema(name, settings.get("schema_title"), subject.titles)
        service = settings.get("destination_event_service")
        if services and service and service not in services:
            yield UNKNOWN_SERVICE.at("streams", name, "/destination_event_service", service=service)
        yield from _consumers("streams", name, subject.entries[name].settings, subject)
    yield from _overrides(subject)
    yield from _audiences(subject)
    yield from _lists(subject)


def _schema(name: str, title: Any, titles: Collection[str] | None) -> Iterator[Finding]:
    if not title:
        yield NO_SCHEMA.at("streams", name)
    elif titles is not None and title not in titles:
        yield UNKNOWN_SCHEMA.at("streams", name, "/schema_title", title=title)


def _consumers(section: str, name: str, own: Mapping[str, Any], subject: Subject) -> Iterator[Finding]:
    """What an item itself says of consumers; what the defaults say of them is told once."""
    above = mapping(subject.document.defaults.get("consumers")) if section == "streams" else {}
    for consumer, facts in mapping(own.get("consumers")).items() if subject.connectors is not None else ():
        is_on = mapping(facts).get("enabled", True) is not False
        if is_on and consumer not in (subject.connectors or ()) and consumer not in above:
            yield UNKNOWN_CONSUMER.at(section, name, pointer(("consumers", consumer)), consumer=consumer)


def _places(subject: Subject) -> frozenset[str]:
    sites = subject.document.section("sites")
    return frozenset({"*", *sites, *(tag for site in sites.values() for tag in site.get("tags") or ())})


def _overrides(subject: Subject) -> Iterator[Finding]:
    places = _places(subject)
    for scope, item in subject.document.section("overrides").items():
        site = scope_parts(scope)[2]
        if subject.document.section("sites") and site not in places:
            yield UNKNOWN_SCOPE.at("overrides", scope, "", site=site)
        for name in mapping(item.get("streams")):
            if name not in subject.entries:
                yield UNKNOWN_STREAM.at("overrides", scope, pointer(("streams", name)), stream=name)


def _audiences(subject: Subject) -> Iterator[Finding]:
    places = _places(subject)
    for key, item in subject.document.section("instruments").items() if subject.document.section("sites") else ():
        audience = mapping(item.get("audience"))
        for part in ("sites", "except_sites"):
            for index, site in enumerate(audience.get(part) or ()):
                if site not in places:
                    yield UNKNOWN_SITE.at("instruments", key, f"/audience/{part}/{index}", site=site)


def _lists(subject: Subject) -> Iterator[Finding]:
    for title, names in (subject.lists or {}).items():
        for name in names:
            if subject.entry_of(name) is None:
                yield LISTED_NOWHERE.at("streams", name, "", list=title)
