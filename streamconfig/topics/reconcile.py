"""Brings the log's topics to what the configuration says; what the log refuses now is tried again by a tick."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping, Sequence

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from eventplatform.broker.base import Log, Topic
from eventplatform.core.errors import PlatformError
from eventplatform.eventlog import event_log
from streamconfig import lookups
from streamconfig.models import KnownTopic, TopicCheck
from streamconfig.topics.wishes import HOUR_MS, Drift, Wish, drift, steps, wishes

log = logging.getLogger(__name__)

_SAVE_WAITS_SECONDS = 2.0


def begin() -> None:
    """Right after a publish: usually done within milliseconds. A log that hangs holds the save for two seconds at most."""
    thread = threading.Thread(target=_in_a_thread, name="topics", daemon=True)
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
    """Make, grow and keep the topics as configured; answers those that were made. Deletes nothing."""
    stream_set = lookups.fresh_snapshot().stream_set
    wanted = wishes(stream_set.streams.values())
    made: list[str] = []
    left: list[Drift] = []
    problem = ""
    try:
        known = _known(wanted)
        there = dict(event_log.topics([*wanted, *known]))
        made = _make(event_log, [wish for name, wish in wanted.items() if name not in there])
        kept_ms = event_log.retentions([name for name in wanted if name in there])
        _adjust(event_log, wanted.values(), there, kept_ms)
        orphans = [name for name in known if name in there and name not in wanted and stream_set.configured(name) is None]
        kept_ms = event_log.retentions([name for name in wanted if name in there])
        left = drift(wanted, there, kept_ms, orphans=sorted(orphans), default_hours=settings.LOG_RETENTION_HOURS)
    except PlatformError as error:
        problem = str(error)
        log.warning("topics.not_made", extra={"reason": problem})
    _note(missing=_missing(wanted, made) if problem else [], problem=problem, left=left)
    return made


def _known(wanted: Mapping[str, Wish]) -> set[str]:
    """Topics that the configuration names or has named: the rest of the log is not ours to judge."""
    rows = [KnownTopic(name=wish.topic, stream=wish.stream) for wish in wanted.values()]
    KnownTopic.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["name"], update_fields=["stream"], batch_size=500
    )
    return set(KnownTopic.objects.values_list("name", flat=True))


def _make(event_log: Log, new: Sequence[Wish]) -> list[str]:
    for wish in new:
        hours = wish.retention_hours or settings.LOG_RETENTION_HOURS
        partitions = wish.partitions or settings.LOG_PARTITIONS
        event_log.create_topic(wish.topic, partitions=partitions, retention_ms=hours * HOUR_MS)
    names = [wish.topic for wish in new]
    if names:
        log.info("topics.made", extra={"topics": names})
    return names


def _adjust(event_log: Log, wanted: Iterable[Wish], there: Mapping[str, Topic], kept_ms: Mapping[str, int | None]) -> None:
    for step in steps(wanted, there, kept_ms):
        event_log.alter_topic(step.topic, partitions=step.partitions, retention_ms=step.retention_ms)
        facts = {"topic": step.topic, "partitions": step.partitions, "retention_ms": step.retention_ms}
        log.info("topics.changed", extra=facts)


def _missing(wanted: Mapping[str, Wish], made: Sequence[str]) -> list[str]:
    """What may be missing: when the log doesn't answer, nobody knows more."""
    done = frozenset(made)
    return [name for name in wanted if name not in done]


def _note(*, missing: list[str], problem: str, left: Iterable[Drift]) -> None:
    now = timezone.now()
    row, _ = TopicCheck.objects.get_or_create(pk=1)
    row.failing_since = (row.failing_since or now) if problem else None
    row.checked_at, row.missing, row.problem = now, missing, problem
    row.drift = row.drift if problem else [one.as_json() for one in left]
    row.save()
