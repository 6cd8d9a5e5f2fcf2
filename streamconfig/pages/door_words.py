"""What the intake asks of a service's or a stream's events, in words, each with whose word it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse

from eventplatform import figures
from eventplatform.core.door_rules import DoorRules, PrivacyRules
from eventplatform.core.services import Service, rules_of

STREAM, SERVICE, PLATFORM = "the stream", "the service", "the platform"
_IP: Mapping[str | None, str] = {
    None: "as the schema's marks say",
    "truncate": "shortened to the network (/24, /48)",
    "drop": "dropped",
    "keep": "kept",
}
_AGENT: Mapping[str | None, str] = {
    None: "as the schema's marks say",
    "family": "reduced to browser and version",
    "drop": "dropped",
    "keep": "kept",
}
_AWAY: Mapping[str, str] = {
    "spool": "Kept on the intake's disk, answered {status}",
    "refuse": "Refused: 503, to be sent again",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, and who says it; `link` leads to what it names."""

    name: str
    words: str
    whose: str
    link: str = ""


def of_stream(own: DoorRules, service: Service, said: Mapping[str, Any]) -> list[Rule]:
    """A stream's rules, complete; `said` is its service's item as written."""
    rules = rules_of(own, service)
    return [
        Rule("Pages that may send", pages_words(rules.origins), _whose(own.origins, said, "origins")),
        Rule("Clients", clients_words(rules.allows_anonymous), _whose(own.allows_anonymous, said, "allows_anonymous")),
        _rate(own),
        Rule(
            "While the log is away",
            _AWAY[own.when_log_away].format(status=service.spooled_status),
            STREAM if own.when_log_away == "refuse" else SERVICE if "spooled_status" in said else PLATFORM,
        ),
        _errors(rules.error_stream, STREAM if own.error_stream else SERVICE),
        Rule("A repeated id", repeated_words(service.duplicate_seconds), _whose(None, said, "duplicate_seconds")),
        *_privacy(own.privacy, rules.privacy or PrivacyRules(), said),
    ]


def of_service(service: Service, said: Mapping[str, Any]) -> list[Rule]:
    """What a service says of its streams; each stream may say otherwise."""
    return [
        Rule("Pages that may send", pages_words(service.origins), _whose(None, said, "origins")),
        Rule("Clients", clients_words(service.allows_anonymous), _whose(None, said, "allows_anonymous")),
        Rule(
            "While the log is away", _AWAY["spool"].format(status=service.spooled_status), _whose(None, said, "spooled_status")
        ),
        _errors(service.error_stream, SERVICE),
        Rule("A repeated id", repeated_words(service.duplicate_seconds), _whose(None, said, "duplicate_seconds")),
        *_privacy(PrivacyRules(), service.privacy, said),
    ]


def limits(service: Service) -> Iterator[Rule]:
    """How much one request may bring, and how often; the lesser of what service and process say."""
    own = service.limits
    for name, said, process, form in (
        ("A request", own.max_body_bytes, settings.INTAKE_MAX_BODY_BYTES, _bytes),
        ("An event", own.max_event_bytes, settings.INTAKE_MAX_EVENT_BYTES, _bytes),
        ("Events of a request", own.max_events, settings.INTAKE_MAX_EVENTS, figures.thin),
        ("Keys of an object", own.max_keys, settings.INTAKE_MAX_KEYS, figures.thin),
    ):
        held = process if said is None else min(said, process)
        yield Rule(name, form(held), SERVICE if said == held else PLATFORM)
    if own.max_depth is not None:
        yield Rule("Levels of an event", figures.thin(own.max_depth), SERVICE)
    for name, rate, usual, unit in (
        ("A producer key", own.key_events_per_second, settings.INTAKE_KEY_EVENTS_PER_SECOND, "events a second"),
        ("A producer key, by day", own.key_events_per_day, settings.INTAKE_KEY_EVENTS_PER_DAY, "events a day"),
        (
            "An address without a key",
            own.address_events_per_second,
            settings.INTAKE_ADDRESS_EVENTS_PER_SECOND,
            "events a second",
        ),
    ):
        most = usual if rate is None else rate
        yield Rule(name, f"{figures.thin(most)} {unit}" if most else "no limit", PLATFORM if rate is None else SERVICE)


def pages_words(origins: Iterable[str] | None) -> str:
    """The pages that browsers may send from."""
    found = list(origins or ())
    if found == ["*"]:
        return "Any page"
    return ", ".join(found) or "No page: programs only"


def clients_words(allows_anonymous: bool | None) -> str:  # noqa: FBT001  # a rule's value, not a switch
    """Whether a producer key is needed."""
    return "With a producer key or without" if allows_anonymous else "Only with a producer key"


def repeated_words(seconds: int) -> str:
    """What becomes of an id that came a moment ago."""
    return f"Within {figures.age(seconds)} answered as a duplicate, not stored again" if seconds else "Stored again"


def _rate(own: DoorRules) -> Rule:
    said = [
        f"{figures.thin(number)} events {unit}"
        for number, unit in ((own.events_per_second, "a second"), (own.events_per_day, "a day (UTC)"))
        if number
    ]
    return Rule("How much, of all clients", ", ".join(said) or "As much as comes", STREAM if said else PLATFORM)


def _errors(stream: str, whose: str) -> Rule:
    if not stream:
        return Rule("Refused events", f"Told on {settings.REJECTED_TOPIC}", PLATFORM)
    return Rule("Refused events", f"Told on {stream}", whose, reverse("stream", args=[stream]))


def _privacy(own: PrivacyRules, held: PrivacyRules, said: Mapping[str, Any]) -> Iterator[Rule]:
    of_service_ = said.get("privacy") or {}
    yield Rule("Addresses of people", _IP[held.ip].capitalize(), _whose(own.ip, of_service_, "ip"))
    yield Rule("User agents", _AGENT[held.user_agent].capitalize(), _whose(own.user_agent, of_service_, "user_agent"))
    for name, header, title in (("heeds_dnt", "DNT: 1", "Do Not Track"), ("heeds_gpc", "Sec-GPC: 1", "Global Privacy Control")):
        words = f"Heeded: with {header} an event loses every marked field" if getattr(held, name) else "Not heeded"
        yield Rule(title, words, _whose(getattr(own, name), of_service_, name))
    cleared = (
        "Hashed, shortened or dropped at once" if held.clears_at_door else "Kept as sent; stores clear them after the retention"
    )
    yield Rule("Other marked fields", cleared, _whose(own.clears_at_door, of_service_, "clears_at_door"))


def _whose(own: object, said: Mapping[str, Any], name: str) -> str:
    if own is not None:
        return STREAM
    return SERVICE if said.get(name) is not None else PLATFORM


def _bytes(number: float) -> str:
    size, unit = next(((size, unit) for size, unit in ((1024**2, "MiB"), (1024, "KiB")) if number >= size), (1, "bytes"))
    return f"{figures.digits(number / size)} {unit}"
