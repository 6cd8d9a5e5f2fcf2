"""Which streams a connector takes, and which of them a topic carries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from connectors.rules import Rules
from eventplatform.core.streams import Stream

_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Route:
    """What of a connector decides on its streams: patterns, rules, and names under which a stream's `consumers` steer it."""

    patterns: tuple[str, ...]
    names: tuple[str, ...]
    rules: Rules = Rules()

    def fits(self, stream: Stream) -> bool:
        """True where a name or pattern, the schema title and the filter fit, whatever the stream's own `consumers` say."""
        titles, filters = self.rules.schema_titles, self.rules.settings_filter
        return (
            _is_named(stream.name, self.patterns)
            and (not titles or any(fnmatchcase(stream.schema_title, title) for title in titles))
            and all(_said(stream.settings, path) == wanted for path, wanted in filters.items())
        )

    def takes(self, stream: Stream) -> bool:
        """True where it fits, and the stream's own settings don't say otherwise; all names that speak must agree."""
        if not self.fits(stream):
            return False
        said = [stream.consumers[name]["enabled"] for name in self.names if "enabled" in stream.consumers.get(name, {})]
        if self.rules.takes == "asked":
            return bool(said) and all(said)
        return all(said)

    def topics(self, streams: Iterable[Stream]) -> dict[str, str]:
        """The topics that carry the taken streams, each with its stream's name; a shared topic counts for the first stream."""
        found: dict[str, str] = {}
        for stream in sorted(streams, key=lambda stream: stream.name):
            if self.takes(stream):
                for topic in stream.topics or (stream.name,):
                    found.setdefault(topic, stream.name)
        return found


def _is_named(name: str, patterns: tuple[str, ...]) -> bool:
    plain, wild = _split(patterns)
    return name in plain or any(fnmatchcase(name, pattern) for pattern in wild)


@lru_cache(maxsize=1024)
def _split(patterns: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Plain names, which are compared at once, and patterns: pages ask for each stream of each connector."""
    wild = tuple(pattern for pattern in patterns if _WILD.intersection(pattern))
    return frozenset(patterns) - frozenset(wild), wild


def _said(settings: Mapping[str, Any], path: str) -> str | None:
    """What a stream's settings hold at a dotted path, as text as people write it; None where nothing is."""
    found: Any = settings
    for part in path.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return str(found).lower() if isinstance(found, bool) else str(found)
