"""Where in the log a new client begins: the partitions of its streams, and an offset in each of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from eventplatform.broker.base import Log, partitions_of
from eventplatform.core.records import TopicPartition
from monitoring.streaming.errors import TooManyStreamsError, TopicsMissingError
from monitoring.streaming.positions import EARLIEST, LATEST, MOST_PARTITIONS, Position, Resume, log_mark


@dataclass(frozen=True, slots=True)
class Start:
    """A partition, where to begin in it (LATEST: with what comes), the log's mark, and how much of it is gone meanwhile."""

    where: TopicPartition
    position: Position
    end: int
    log: str
    missed: int = 0


def starts(
    log: Log,
    topics: Sequence[str],
    *,
    now_ms: int,
    since_ms: int | None = None,
    resumes: Mapping[TopicPartition, Resume] | None = None,
) -> tuple[Start, ...]:
    """The partitions of those topics that exist; a last id decides before `since`, an offset before a timestamp.

    Raises:
        TopicsMissingError: none of them exists.
        TooManyStreamsError: they have more partitions than an id has room for.
        LogUnavailableError: the log is away.
    """
    known = log.topics(topics)
    partitions = partitions_of(known)
    if not partitions:
        raise TopicsMissingError(streams=", ".join(topics))
    if len(partitions) > MOST_PARTITIONS:
        raise TooManyStreamsError(most=MOST_PARTITIONS, what="partitions", found=len(partitions))
    cluster = log.cluster_id()
    marks = {name: log_mark(cluster, topic.incarnation) for name, topic in known.items()}
    wanted = {where: _wanted(where, marks[where.topic], since_ms, resumes or {}) for where in partitions}
    return _found(log, wanted, marks, now_ms)


def _wanted(where: TopicPartition, mark: str, since_ms: int | None, resumes: Mapping[TopicPartition, Resume]) -> Resume:
    """An offset or a timestamp for this partition."""
    resume = resumes.get(where)
    if resume is not None:
        offset = resume.offset_on(mark)
        if offset is not None:
            return Resume(offset, resume.timestamp_ms)
        return Resume(None, resume.timestamp_ms) if resume.timestamp_ms is not None else Resume(LATEST)
    times = [one.timestamp_ms for one in resumes.values() if one.timestamp_ms is not None]
    if times:  # a partition that is new since then: all it has came later
        return Resume(None, min(times))
    return Resume(LATEST) if since_ms is None else Resume(None, since_ms)


def _found(log: Log, wanted: Mapping[TopicPartition, Resume], marks: Mapping[str, str], now_ms: int) -> tuple[Start, ...]:
    ends = log.end_offsets(wanted)
    needs_firsts = [where for where, one in wanted.items() if one.offset not in (None, LATEST)]
    firsts = log.first_offsets(needs_firsts) if needs_firsts else {}
    beyond = [where for where in needs_firsts if (wanted[where].offset or 0) > ends.get(where, 0)]
    times = _times(wanted, beyond)
    offsets = log.offsets_for_times(times) if times else {}
    found = []
    for where, one in wanted.items():
        end = ends.get(where)
        if end is None:
            continue  # deleted a moment ago
        if one.offset == LATEST or (where in beyond and where not in times):
            found.append(Start(where, Position(LATEST, now_ms), end, marks[where.topic]))
        elif where in times:
            offset = offsets.get(where)
            at = Position(end if offset is None else offset, times[where])
            found.append(Start(where, at, end, marks[where.topic]))
        else:
            found.append(_at_offset(where, one, firsts.get(where, 0), end, marks[where.topic]))
    return tuple(found)


def _times(wanted: Mapping[TopicPartition, Resume], beyond: Collection[TopicPartition]) -> dict[TopicPartition, int]:
    """Partitions that a timestamp decides: where there is no offset, or none that the log has reached."""
    return {
        where: one.timestamp_ms
        for where, one in wanted.items()
        if one.timestamp_ms is not None and (one.offset is None or where in beyond)
    }


def _at_offset(where: TopicPartition, one: Resume, first: int, end: int, mark: str) -> Start:
    offset = one.offset or 0
    missed = first - offset if EARLIEST < offset < first else 0
    return Start(where, Position(max(offset, first), one.timestamp_ms or 0), end, mark, missed)
