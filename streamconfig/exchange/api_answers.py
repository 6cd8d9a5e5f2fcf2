"""Streams as another wiki's streamconfigs API tells them: merged with its defaults, with the topics that follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streamconfig.configuration.document import Document, merged
from streamconfig.configuration.merge import array_replace_recursive
from streamconfig.configuration.topics import topics_of
from streamconfig.exchange.keeping import same, with_own_keys


def entries_of(streams: Mapping[str, Any], before: Document) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Entries that say the same on top of our defaults, and notices of those that can't quite.

    An entry that means the same already stays as it is written.
    """
    known = {entry.name: entry for entry in before.entries}
    found: dict[str, Any] = {}
    notices = []
    for name, answered in streams.items():
        settings = _settings(answered, name)
        entry = known.get(name)
        if entry is not None and same(_settings(merged(before.defaults, entry), name), settings):
            found[name] = entry.settings
            continue
        # What the reference adds itself comes last; what is written in the entry keeps its place.
        ends = {"topics": ("topics",), "stream": ("stream", "topics")}
        written = {key for key, end in ends.items() if tuple(answered)[-len(end) :] != end} & answered.keys()
        kept = {key: held for key, held in answered.items() if key in settings or key in written}
        found[name] = own = _on_top_of(before.defaults, kept)
        if not same(array_replace_recursive(before.defaults, own) or {}, kept):
            notices.append(f"{name}: our defaults say more than the answer; what they add is set to null or stays.")
    return with_own_keys(found, before), tuple(notices)


def _settings(full: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Settings but `stream`, the key, and topics that follow from the prefixes."""
    rest = {key: held for key, held in full.items() if key not in {"stream", "topics"}}
    topics = full.get("topics")
    prefixes = rest.get("topic_prefixes")
    follows = topics is None or (
        (prefixes is None or isinstance(prefixes, list)) and topics == topics_of(name, {"topic_prefixes": prefixes})
    )
    return rest if follows else {key: held for key, held in full.items() if key != "stream"}


def _on_top_of(defaults: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The least that has to be said so that both together say `settings`; null where only null takes a default away."""
    own: dict[str, Any] = {}
    for key, held in settings.items():
        below = defaults.get(key)
        if key in defaults and same(below, held):
            continue
        own[key] = _on_top_of(below, held) if isinstance(below, Mapping) and isinstance(held, Mapping) else held
    return own | {key: None for key, below in defaults.items() if key not in settings and below is not None}
