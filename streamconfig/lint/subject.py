"""What the rules look at: the document, with what all of them need worked out once."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from streamconfig.configuration.document import Document, Entry, merged
from streamconfig.configuration.topics import compile_pattern, is_pattern, matches, topics_of


@dataclass(frozen=True)  # without slots, as the properties below are kept
class Subject:
    """A document and what is known around it; None where that isn't known, so that nothing is said about it."""

    document: Document
    at: datetime
    titles: Collection[str] | None = None  # of schemas
    connectors: Collection[str] | None = None  # consumers that exist
    groups: Collection[str] | None = None  # of people, without teams
    lists: Mapping[str, Collection[str]] | None = None  # other lists that name streams, by what people call them
    has_field: Callable[[str, str], bool | None] | None = None  # whether a title's schema has a contextual attribute

    @property
    def today(self) -> date:
        """The day of `at`."""
        return self.at.date()

    @cached_property
    def settings(self) -> Mapping[str, Mapping[str, Any]]:
        """The merged settings of each entry."""
        return {entry.name: merged(self.document.defaults, entry) for entry in self.document.entries}

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """All entries by name or pattern."""
        return {entry.name: entry for entry in self.document.entries}

    @cached_property
    def patterns(self) -> Mapping[str, re.Pattern[str]]:
        """The expressions of entries that stand for many streams, in their order."""
        return {name: compile_pattern(name) for name in self.entries if is_pattern(name)}

    @cached_property
    def topics(self) -> Mapping[str, tuple[str, ...]]:
        """Topic → the streams whose events it carries; patterns are left out."""
        found: dict[str, tuple[str, ...]] = {}
        for name, settings in self.settings.items():
            for topic in {} if is_pattern(name) else dict.fromkeys(_topics(name, settings)):
                found[topic] = (*found.get(topic, ()), name)
        return found

    def entry_of(self, name: str) -> Entry | None:
        """The entry that answers for a stream, its own or a pattern's."""
        pattern = next((one for one, expression in self.patterns.items() if matches(expression, name)), name)
        return self.entries.get(name) or self.entries.get(pattern)

    def is_in_schema(self, stream: str, attribute: Any) -> bool | None:
        """Whether clients can send a contextual attribute with a stream's events; None where nobody knows."""
        title, find = self.title_of(stream), self.has_field
        return find(title, attribute) if find and title and isinstance(attribute, str) else None

    def title_of(self, stream: str) -> str:
        """The schema title of a stream's events; empty where it names none."""
        entry = self.entry_of(stream)
        title = self.settings[entry.name].get("schema_title") if entry else None
        return title if isinstance(title, str) else ""

    def timed(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Section, name and content of everything that may have windows and a ramp."""
        for entry in self.document.entries:
            yield "streams", entry.name, {**entry.own, "sample": self.settings[entry.name].get("sample")}
        for key, item in self.document.section("instruments").items():
            yield "instruments", key, item


def _topics(name: str, settings: Mapping[str, Any]) -> list[str]:
    explicit, prefixes = settings.get("topics"), settings.get("topic_prefixes")
    parts = explicit if explicit is not None else prefixes
    is_usable = parts is None or (isinstance(parts, list) and all(isinstance(part, str) for part in parts))
    return topics_of(name, settings) if is_usable else []


def mapping(value: Any) -> Mapping[str, Any]:
    """A map, also where there is none."""
    return value if isinstance(value, Mapping) else {}
