"""Makes the topics that the configuration names; what the log refuses now is tried again by a tick and told as trouble."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from eventplatform.broker.base import Log
from eventplatform.core.errors import PlatformError
from eventplatform.core.names import is_topic_name
from eventplatform.core.streams import Stream
from eventplatform.eventlog import event_log
from eventplatform.panels import Trouble
from streamconfig import lookups
from streamconfig.models import TopicCheck

log = logging.getLogger(__name__)

_SAVE_WAITS_SECONDS = 2.0
_SHOWN = 3


def begin() -> None:
    """Right after a publish: usually done within milliseconds. A log that hangs holds the save for two seconds at most."""
    thread = threading.Thread(target=_in_a_thread, name="topic-sync", daemon=True)
    thread.start()
    thread.join(_SAVE_WAITS_SECONDS)


def _in_a_thread() -> None:
    try:
        reconcile(event_log())
    except DatabaseError:
        log.warning("topics.database_away")
    finally:
        connection.close()


def reconcile(event_log: Log) -> list[str]:
    """Make every topic that is configured and not there; answers those that were made."""
    wanted = wanted_topics(lookups.fresh_snapshot().streams.values())
    made: list[str] = []
    problem = ""
    try:
        there = event_log.topics(wanted)
        for name in (name for name in wanted if name not in there):
            retention_ms = settings.LOG_RETENTION_HOURS * 3_600_000
            event_log.create_topic(name, partitions=settings.LOG_PARTITIONS, retention_ms=retention_ms)
            made.append(name)
    except PlatformError as error:
        problem = str(error)
        log.warning("topics.not_made", extra={"reason": problem})
    _note(missing=[] if not problem else _still_missing(wanted, made), problem=problem)
    if made:
        log.info("topics.made", extra={"topics": made})
    return made


def wanted_topics(streams: Iterable[Stream]) -> list[str]:
    """Each topic once; a topic given as a pattern is nothing that can be made."""
    return list(dict.fromkeys(topic for stream in streams for topic in stream.topics if is_topic_name(topic)))


def _still_missing(wanted: list[str], made: list[str]) -> list[str]:
    """What may be missing: when the log doesn't answer, nobody knows more."""
    done = set(made)
    return [name for name in wanted if name not in done]


def _note(*, missing: list[str], problem: str) -> None:
    now = timezone.now()
    row, _ = TopicCheck.objects.get_or_create(pk=1)
    row.failing_since = (row.failing_since or now) if problem else None
    row.checked_at, row.missing, row.problem = now, missing, problem
    row.save()


def troubles() -> list[Trouble]:
    """What is wrong with topics and with entries that can't be used."""
    return [*_topic_troubles(), *_entry_troubles()]


def _topic_troubles() -> list[Trouble]:
    row = TopicCheck.objects.filter(pk=1).first()
    if row is None or not row.problem:
        return []
    names = ", ".join(row.missing[:_SHOWN]) + (f" and {len(row.missing) - _SHOWN} more" if len(row.missing) > _SHOWN else "")
    return [
        Trouble(
            level="fail",
            what="Topics could not be made or checked",
            why=f"{row.problem} Concerned: {names}.",
            link="/streams",
            remedy="See that the event log runs; topics are made by themselves within 30 seconds then.",
            since=row.failing_since.isoformat() if row.failing_since else "",
        )
    ]


def _entry_troubles() -> list[Trouble]:
    return [
        Trouble(
            level="fail",
            what=f"Stream {problem.stream} can't be used",
            why=problem.message,
            link="/streams",
            remedy=problem.remedy,
        )
        for problem in lookups.snapshot().stream_set.problems
    ]
