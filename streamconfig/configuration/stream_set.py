"""All streams of one revision: immutable, found by name, selected as the streamconfigs API selects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from eventplatform.core.streams import SampleUnit, Sampling, Stream
from streamconfig.compatible import constraints as constraint_rules
from streamconfig.configuration.document import Document, Entry, merged
from streamconfig.configuration.setting_types import UNITS, Problem, problems_of
from streamconfig.configuration.topics import compile_pattern, is_pattern, matches, topics_of

_MAX_REMEMBERED = 1000  # names found by a pattern; a client can make up any number of them


@dataclass(frozen=True, slots=True)
class Configured:
    """An entry with what follows from it: merged settings before topics are computed, and the stream."""

    entry: Entry
    settings: Mapping[str, Any]
    stream: Stream
    pattern: re.Pattern[str] | None = None

    def answers_for(self, name: str) -> bool:
        """True where events of that stream fall under this entry."""
        return self.entry.name == name or (self.pattern is not None and matches(self.pattern, name))

    def named(self, name: str) -> Stream:
        """The stream of that name: a pattern's topics are computed from the name that is asked for."""
        if name == self.entry.name:
            return self.stream
        topics = topics_of(name, self.settings)
        return replace(self.stream, name=name, topics=tuple(topics), settings=_shown(self.settings, topics))


class StreamSet:
    """The streams of a document in its order. What can't be used of it is left out and told in `problems`."""

    def __init__(self, document: Document | None = None) -> None:
        self.document = document or Document()
        found, problems = _configure(self.document)
        self.problems: tuple[Problem, ...] = (*self.document.problems, *problems)
        self._all: Mapping[str, Configured] = MappingProxyType({one.entry.name: one for one in found})
        self._patterns = tuple(one for one in found if one.pattern)
        self.streams: Mapping[str, Stream] = MappingProxyType({one.entry.name: one.stream for one in found if not one.pattern})
        self._remembered: dict[str, Stream] = {}

    def __len__(self) -> int:
        return len(self._all)

    @property
    def entries(self) -> Iterable[Configured]:
        """Every entry in the document's order, patterns too."""
        return self._all.values()

    def configured(self, name: str) -> Configured | None:
        """The entry that answers for a name: the exact one, else the first pattern that matches."""
        exact = self._all.get(name)
        return exact or next((one for one in self._patterns if one.answers_for(name)), None)

    def find(self, name: str) -> Stream | None:
        """The stream of that name; a pattern itself is none that events can go to."""
        stream = self.streams.get(name) or self._remembered.get(name)
        if stream is not None or is_pattern(name):
            return stream
        found = self.configured(name)
        if found is None:
            return None
        if len(self._remembered) >= _MAX_REMEMBERED:
            self._remembered.clear()
        self._remembered[name] = stream = found.named(name)
        return stream

    def select(self, names: Sequence[str] | None, constraints: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The API's answer: settings by name, in the order of `names`, or of the document where there are none.

        An unknown name is left out. Constraints are held against settings before topics are computed, as in the reference.
        """
        wanted = constraints or {}
        asked = wanted.get("stream")
        rest = constraint_rules.without_stream(wanted)
        return {
            name: dict(one.named(name).settings)
            for name, one in self._asked(names)
            if ("stream" not in wanted or (isinstance(asked, str) and one.answers_for(asked)))
            and constraint_rules.matches(one.settings, rest)
        }

    def _asked(self, names: Sequence[str] | None) -> Iterable[tuple[str, Configured]]:
        if names is None:
            return self._all.items()
        found = ((name, self.configured(name)) for name in dict.fromkeys(names))
        return [(name, one) for name, one in found if one is not None]


def _configure(document: Document) -> tuple[list[Configured], list[Problem]]:
    found: list[Configured] = []
    problems: list[Problem] = []
    for entry in document.entries:
        settings = merged(document.defaults, entry)
        wrong = problems_of(entry.name, settings)  # each half is fine, yet a list by index may end up mixed
        if wrong:
            problems += wrong
        else:
            found.append(_configured(entry, settings))
    return found, problems


def _configured(entry: Entry, settings: dict[str, Any]) -> Configured:
    if not entry.is_enabled:
        settings["sample"] = {"unit": "session", **_map(settings.get("sample")), "rate": 0}  # clients know no other "off"
    topics = topics_of(entry.name, settings)
    stream = Stream(
        name=entry.name,
        schema_title=settings.get("schema_title") or "",
        service=settings.get("destination_event_service") or "",
        topics=tuple(topics),
        is_enabled=entry.is_enabled,
        canary_events_enabled=bool(settings.get("canary_events_enabled")),
        sampling=_sampling(entry, settings),
        message_key_fields=MappingProxyType(_map(settings.get("message_key_fields"))),
        consumers=MappingProxyType({name: _map(value) for name, value in _map(settings.get("consumers")).items()}),
        settings=_shown(settings, topics),
    )
    return Configured(entry, settings, stream, compile_pattern(entry.name) if is_pattern(entry.name) else None)


def _map(value: Any) -> dict[str, Any]:
    """A map, also where PHP's empty list or a null stands for an empty one."""
    return dict(value) if isinstance(value, Mapping) else {}


def _sampling(entry: Entry, settings: Mapping[str, Any]) -> Sampling | None:
    sample = _map(settings.get("sample"))
    if not sample or (not entry.is_enabled and "sample" not in entry.settings):
        return None
    own = _map(entry.settings.get("sample"))
    unit: SampleUnit = sample["unit"] if sample.get("unit") in UNITS else "session"
    rate = sample.get("rate") if entry.is_enabled else own.get("rate")
    return Sampling(unit=unit, rate=1.0 if rate is None else float(rate))


def _shown(settings: Mapping[str, Any], topics: list[str]) -> Mapping[str, Any]:
    """Settings as the API shows them; explicit topics keep their place."""
    return MappingProxyType({**settings, "topics": topics})
