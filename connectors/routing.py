"""Which streams a connector takes, and which of them a topic carries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from eventplatform.core.streams import Stream


def takes(patterns: Sequence[str], stream: str) -> bool:
    """True where a name or a pattern (`page.*`) of `patterns` fits the stream."""
    return any(fnmatchcase(stream, pattern) for pattern in patterns)


def topics_of(patterns: Sequence[str], streams: Iterable[Stream]) -> Mapping[str, str]:
    """The topics that carry the taken streams, each with its stream's name; a shared topic counts for the first stream."""
    found: dict[str, str] = {}
    for stream in sorted(streams, key=lambda stream: stream.name):
        if takes(patterns, stream.name):
            for topic in stream.topics or (stream.name,):
                found.setdefault(topic, stream.name)
    return found
