"""What the configuration wants of the log's topics, and where the log differs: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from eventplatform.broker.base import Topic
from eventplatform.core.names import is_topic_name
from eventplatform.core.streams import Stream

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Wish:
    """A topic that a stream names. None: the stream says nothing, so a new topic gets the platform's own value."""

    topic: str
    stream: str
    partitions: int | None = None
    retention_hours: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done to a topic that is there; None: nothing about that."""

    topic: str
    partitions: int | None
    retention_ms: int | None


@dataclass(frozen=True, slots=True)
class Drift:
    """Where the log differs from the configuration and is left so, since only a person can decide."""

    topic: str
    kind: Literal["partitions", "retention", "orphan"]
    wanted: str
    found: str
    note: str

    def as_json(self) -> dict[str, str]:
        """As the row of the last check keeps it."""
        return asdict(self)


def wishes(streams: Iterable[Stream]) -> dict[str, Wish]:
    """Each topic once, of the first stream that names it; a topic given as a pattern is nothing that can be made."""
    found: dict[str, Wish] = {}
    for stream in streams:
        for topic in filter(is_topic_name, stream.topics):
            wish = Wish(topic, stream.name, stream.partitions, stream.retention_hours)
            found.setdefault(topic, wish)
    return found


def steps(wanted: Iterable[Wish], there: Mapping[str, Topic], kept_ms: Mapping[str, int | None]) -> list[Step]:
    """What brings topics that are there to what streams say of them in words of their own."""
    found = []
    for wish in wanted:
        topic = there.get(wish.topic)
        if topic is None:
            continue
        more = wish.partitions if wish.partitions is not None and wish.partitions > topic.partitions else None
        keep = None if wish.retention_hours is None else wish.retention_hours * HOUR_MS
        keep = None if keep == kept_ms.get(wish.topic) else keep
        if more is not None or keep is not None:
            found.append(Step(wish.topic, more, keep))
    return found


def drift(
    wanted: Mapping[str, Wish],
    there: Mapping[str, Topic],
    kept_ms: Mapping[str, int | None],
    *,
    orphans: Iterable[str],
    default_hours: int,
) -> list[Drift]:
    """What stays different after the steps: too many partitions, a retention that nobody asked for, topics of no stream."""
    found = [one for name, wish in wanted.items() if name in there for one in _of_topic(wish, there[name])]
    found += [
        Drift(
            name,
            "retention",
            f"{default_hours} h",
            "for ever" if kept_ms[name] is None else f"{(kept_ms[name] or 0) // HOUR_MS} h",
            "No stream says so: set its log.retention_hours to keep it, or to the wanted value.",
        )
        for name, wish in wanted.items()
        if name in kept_ms and wish.retention_hours is None and kept_ms[name] != default_hours * HOUR_MS
    ]
    gone = "No stream names it any more. Its records stay until somebody asks for its removal and another confirms."
    return found + [Drift(name, "orphan", "no topic", "a topic", gone) for name in orphans]


def _of_topic(wish: Wish, topic: Topic) -> list[Drift]:
    if wish.partitions is None or wish.partitions >= topic.partitions:
        return []
    note = "A log can't make partitions fewer: set log.partitions to what is there, or make the topic anew."
    return [Drift(topic.name, "partitions", str(wish.partitions), str(topic.partitions), note)]
