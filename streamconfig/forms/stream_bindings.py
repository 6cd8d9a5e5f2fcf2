"""Which field of a stream's form stands for which setting: the production dictionary, and our own keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streamconfig.configuration.setting_types import is_texts
from streamconfig.forms import codecs, door
from streamconfig.forms.bindings import Binding, Item, Path, Setting, put
from streamconfig.forms.codecs import ABSENT
from streamconfig.forms.maps import Consumers, Entries
from streamconfig.forms.timing import RAMP, Windows

INHERIT, NAME_ONLY, PREFIXED, EXACT = "inherit", "name", "prefixes", "exact"
TOPIC_RULES = (
    (INHERIT, "As the defaults say"),
    (NAME_ONLY, "The stream's name alone"),
    (PREFIXED, "The name behind these prefixes"),
    (EXACT, "Exactly these topics"),
)


@dataclass(frozen=True, slots=True)
class Topics:
    """A rule and its values for `topics` and `topic_prefixes`, of which the first counts."""

    @property
    def fields(self) -> tuple[str, ...]:
        return "topic_values", "topic_rule"

    @property
    def paths(self) -> tuple[Path, ...]:
        return ("topics",), ("topic_prefixes",)

    def read(self, item: Item) -> dict[str, Any]:
        rule, values, _ = self._rule(item)
        return {"topic_rule": rule, "topic_values": "\n".join(values)}

    def claim(self, item: dict[str, Any]) -> None:
        for key in self._rule(item)[2]:
            del item[key]

    def write(self, values: Mapping[str, Any], item: dict[str, Any], base: Item) -> None:
        rule, lines = values.get("topic_rule") or INHERIT, values.get("topic_values") or ""
        was_rule, was_values, keys = self._rule(base)
        names = codecs.LINES.kept(lines)
        names = [] if names is ABSENT else names
        if (rule, names) == (was_rule, [one.strip() for one in was_values]):
            for key in keys:
                item[key] = base[key]
        elif rule == NAME_ONLY:
            put(item, ("topic_prefixes",), None)
        elif rule in {PREFIXED, EXACT}:
            put(item, ("topics" if rule == EXACT else "topic_prefixes",), names)

    def _rule(self, item: Item) -> tuple[str, list[str], tuple[str, ...]]:
        """The rule, its values, and the keys that these two stand for."""
        topics, prefixes = item.get("topics"), item.get("topic_prefixes", ABSENT)
        if topics is not None:
            return (EXACT, topics, ("topics",)) if is_texts(topics) else (INHERIT, [], ())
        if prefixes is None:
            return NAME_ONLY, [], ("topic_prefixes",)
        return (PREFIXED, prefixes, ("topic_prefixes",)) if is_texts(prefixes) else (INHERIT, [], ())


_EVENTGATE = ("producers", "eventgate")
_EVENTBUS = ("producers", "mediawiki_eventbus")

# What a stream may inherit, and so what the defaults' form has too.
INHERITED: tuple[Binding, ...] = (
    Setting("service", ("destination_event_service",)),
    Setting("canary", ("canary_events_enabled",), codecs.CHOICE),
    Setting("sampling_unit", ("sample", "unit")),
    Setting("sampling_percent", ("sample", "rate"), codecs.PERCENT),
    Consumers(),
    Entries("headers", (*_EVENTGATE, "enrich_fields_from_http_headers"), may_be_false=True),
    Setting("edge_uniques", (*_EVENTGATE, "use_edge_uniques"), codecs.CHOICE),
    Setting("eventbus_enabled", (*_EVENTBUS, "enabled"), codecs.CHOICE),
    Setting("eventbus_service", (*_EVENTBUS, "event_service_name")),
    Setting("attributes", ("producers", "metrics_platform_client", "provide_values"), codecs.NAMES),
    Setting("test_kitchen", ("producers", "test_kitchen", "is_test_kitchen_stream"), codecs.CHOICE),
    Topics(),
    Entries("message_key", ("message_key_fields",)),
)
STREAM: tuple[Binding, ...] = (
    Setting("schema_title", ("schema_title",)),
    *INHERITED,
    Setting("is_enabled", ("is_enabled",), codecs.SWITCH),
    Setting("description", ("about", "description")),
    Setting("owner", ("about", "owner")),
    Setting("purpose", ("about", "purpose")),
    Setting("contact", ("about", "contact")),
    Setting("task", ("about", "task")),
    Setting("sensitivity", ("about", "sensitivity")),
    Setting("review_on", ("about", "review_on"), codecs.DATE),
    Setting("expires_on", ("about", "expires_on"), codecs.DATE),
    Windows(),
    Setting("ramp", ("ramp",), RAMP),
    Setting("late_action", ("late_events", "action")),
    Setting("late_grace", ("late_events", "grace_seconds"), codecs.WHOLE),
    Setting("partitions", ("log", "partitions"), codecs.WHOLE),
    Setting("retention_hours", ("log", "retention_hours"), codecs.WHOLE),
    *door.OF_STREAM,
)
