"""Rules about topics and patterns: what shares a topic, what Kafka can't tell apart, what is never reached."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from streamconfig.configuration.topics import is_pattern, matches
from streamconfig.lint.finding import Finding, Kind
from streamconfig.lint.subject import Subject

SHARED = Kind(
    "topic.shared",
    "warning",
    "Its topic {topic} carries the events of {other}, too.",
    "Give each stream topics of its own, so that a reader knows the schema.",
)
LOOKALIKE = Kind(
    "topic.lookalike",
    "warning",
    "Its topic {topic} and {other} differ only in dots and underscores: Kafka's metrics and Hive's tables mix them up.",
    "Rename one of the two.",
)
SHADOWED = Kind(
    "pattern.never_reached",
    "warning",
    "No name ever gets here: {other}, which comes before, takes all that would match.",
    "Put the narrower pattern first, or take one of the two out.",
)
OVERLAPPED = Kind(
    "pattern.overlaps_names",
    "info",
    "{count} streams with entries of their own match it, too, such as {example}; for them it doesn't hold.",
    "Fine if that is meant; else narrow the pattern.",
)

# ^literal, then anything at all: such a pattern takes every name that begins so.
_TAKES_ALL = re.compile(r"/\^?(?P<literal>(?:[A-Za-z0-9_-]|\\\.)*)(?:\.[+*]\$?)?/")
_BEGINNING = re.compile(r"/\^(?P<literal>(?:[A-Za-z0-9_-]|\\\.)*)")


def findings(subject: Subject) -> Iterator[Finding]:
    """All rules of this page."""
    yield from _shared(subject)
    yield from _lookalikes(subject)
    yield from _shadowed(tuple(subject.patterns))
    yield from _overlapped(subject)


def _shared(subject: Subject) -> Iterator[Finding]:
    for topic, streams in subject.topics.items():
        for name in streams[1:]:
            yield SHARED.at("streams", name, "/topics", topic=topic, other=streams[0])


def _lookalikes(subject: Subject) -> Iterator[Finding]:
    alike: dict[str, list[str]] = defaultdict(list)
    for topic in subject.topics:
        alike[topic.replace(".", "_")].append(topic)
    for first, *others in alike.values():
        for topic in others:
            yield LOOKALIKE.at("streams", subject.topics[topic][-1], "/topics", topic=topic, other=first)


def _shadowed(patterns: tuple[str, ...]) -> Iterator[Finding]:
    """Where it is certain: which names two expressions share can't be told in general."""
    for index, name in enumerate(patterns):
        before = next((one for one in patterns[:index] if _takes_all_of(one, name)), "")
        if before:
            yield SHADOWED.at("streams", name, "", other=before)


def _takes_all_of(wide: str, narrow: str) -> bool:
    if wide == narrow:
        return True
    wider, beginning = _TAKES_ALL.fullmatch(wide), _BEGINNING.match(narrow)
    if wider is None or not wide.startswith("/^"):
        return wider is not None and wider["literal"] == ""
    return beginning is not None and _safe(narrow, beginning).startswith(wider["literal"])


def _safe(pattern: str, beginning: re.Match[str]) -> str:
    """The literal beginning without a last character that a quantifier makes optional, or none where there are choices."""
    rest = pattern[beginning.end() :]
    if "|" in pattern:
        return ""
    return beginning["literal"][:-1] if rest[:1] in {"*", "?", "{"} else beginning["literal"]


def _overlapped(subject: Subject) -> Iterator[Finding]:
    names = [name for name in subject.entries if not is_pattern(name)]
    for pattern, expression in subject.patterns.items():
        found = [name for name in names if matches(expression, name)]
        if found:
            yield OVERLAPPED.at("streams", pattern, "", count=len(found), example=found[0])
