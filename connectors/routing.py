"""Which streams a connector takes, and which of them a topic carries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from eventplatform.core.streams import Stream


@dataclass(frozen=True, slots=True)
class Route:
    """What of a connector decides on its streams: patterns, and names under which a stream's `consumers` may switch it off."""

    patterns: tuple[str, ...]
    names: tuple[str, ...]

    def fits(self, stream: Stream) -> bool:
        """True where a name or pattern fits, whatever the stream's own settings say."""
        return any(fnmatchcase(stream.name, pattern) for pattern in self.patterns)

    def takes(self, stream: Stream) -> bool:
        """True where it fits, and the stream's own settings don't say `consumers.<name>.enabled: false`."""
        return self.fits(stream) and all(stream.consumers.get(name, {}).get("enabled", True) for name in self.names)

    def topics(self, streams: Iterable[Stream]) -> dict[str, str]:
        """The topics that carry the taken streams, each with its stream's name; a shared topic counts for the first stream."""
        found: dict[str, str] = {}
        for stream in sorted(streams, key=lambda stream: stream.name):
            if self.takes(stream):
                for topic in stream.topics or (stream.name,):
                    found.setdefault(topic, stream.name)
        return found
