"""What needs attention about topics, and about entries that can't be used."""

from __future__ import annotations

from eventplatform.panels import Trouble
from streamconfig import lookups
from streamconfig.models import TopicCheck

_SHOWN = 3


def troubles() -> list[Trouble]:
    """Topics that could not be made, or differ; entries of the configuration that can't be used."""
    return [*_topic_troubles(), *_entry_troubles()]


def _topic_troubles() -> list[Trouble]:
    row = TopicCheck.objects.filter(pk=1).first()
    if row is None:
        return []
    found = []
    if row.problem:
        since = row.failing_since.isoformat() if row.failing_since else ""
        found.append(
            Trouble(
                level="fail",
                what="Topics could not be made or checked",
                why=f"{row.problem} Concerned: {_some(row.missing)}.",
                link="/streams/topics",
                remedy="See that the event log runs; topics are made by themselves within 30 seconds then.",
                since=since,
                kind="topic.failed",
                subject="topics",
                began_at=row.failing_since,
            )
        )
    if row.drift:
        found.append(
            Trouble(
                level="warn",
                what="The log's topics differ from the configuration",
                why=f"Concerned: {_some([one['topic'] for one in row.drift])}.",
                link="/streams/topics",
                remedy="Decide for each: change the stream, or ask for the topic's removal.",
                kind="topic.drift",
                subject="topics",
            )
        )
    return found


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _entry_troubles() -> list[Trouble]:
    return [
        Trouble(
            level="fail",
            what=f"Stream {problem.stream} can't be used",
            why=problem.message,
            link="/streams",
            remedy=problem.remedy,
            kind="stream.unusable",
            subject=problem.stream,
        )
        for problem in lookups.snapshot().stream_set.problems
    ]
