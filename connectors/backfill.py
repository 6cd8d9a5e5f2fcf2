"""Back-fills: a connector takes records of a stream again, between two places, beside what it does otherwise.

The work is slices under leases of their own, which end at the second place. They keep their positions in the store under a name
of their own, so that a back-fill too is exactly once, whatever is killed. Whether its rows meet those that are there is the
store's matter: a store that knows a row by its record's coordinates keeps one of each.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from connectors import leasing, opening
from connectors.models import Backfill, Connector, Lease
from eventplatform.broker.base import Log, Topic, partitions_of
from eventplatform.core.errors import RejectedError
from eventplatform.core.records import TopicPartition
from eventplatform.eventlog import event_log
from streamconfig import lookups as configuration

log = logging.getLogger(__name__)

_UNDER_WAY = (Backfill.State.PAUSED, Backfill.State.RUNNING)
Bound = datetime | int | None  # a time, an offset, or as far as the log goes


class BackfillRefusedError(RejectedError):
    """There is nothing that could be taken again this way."""

    code = "backfill.refused"
    message = "{reason}"
    remedy = "Name a stream that the connector takes, and bounds between which the log still has records."


class BackfillUnknownError(RejectedError):
    """No such back-fill, or it has ended."""

    code = "backfill.unknown"
    http_status = 404
    message = "The connector {connector} has no back-fill {number} that is under way."
    remedy = "Look at the list of its back-fills."


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a back-fill is."""

    id: int
    stream: str
    state: str
    created_by: str
    created_at: datetime
    ended_at: datetime | None
    records: int  # between its bounds
    done: int
    error_code: str
    last_error: str


@transaction.atomic
def start(
    *, connector: str, stream: str, by: str, begin: Bound = None, end: Bound = None, only: TopicPartition | None = None
) -> Backfill:
    """Take the stream's records from `begin` to before `end` again: by the log's time, or, in one partition, by offsets.

    Raises:
        RejectedError: it isn't the connector's stream, its store can't, or no record lies between.
        RetriableError: the log is away.
    """
    row = Connector.objects.select_related("target").filter(name=connector).first()
    known = configuration.snapshot().find_stream(stream)
    if row is None or known is None or not row.route.takes(known):
        raise BackfillRefusedError(reason=f"The connector {connector} takes no stream {stream}.")
    if not opening.make_sink(row).can_backfill:
        raise BackfillRefusedError(reason=f"Stores of kind {row.kind} can't keep a second position in the same place.")
    if only is None and (isinstance(begin, int) or isinstance(end, int)):
        raise BackfillRefusedError(reason="Offsets mean something in one partition only; name it.")
    spans = _spans(event_log(), known.topics or (stream,), begin, end, only)
    if not spans:
        raise BackfillRefusedError(reason=f"The log has no records of {stream} between these bounds.")
    asked = {"begin": _told(begin), "end": _told(end), "only": f"{only.topic}/{only.partition}" if only else ""}
    made = Backfill.objects.create(connector=row, stream=stream, asked=asked, created_by=by)
    leasing.add([_lease(made, span) for span in spans])
    log.info("backfill.started", extra={"connector": connector, "stream": stream, "backfill": made.pk, "by": by})
    return made


def pause(*, connector: str, number: int, by: str) -> None:
    """Stop it for a while; what it took stays taken."""
    _move(connector, number, by, (Backfill.State.RUNNING,), Backfill.State.PAUSED)


def resume(*, connector: str, number: int, by: str) -> None:
    """Go on with one that is paused, or held back by an error."""
    _move(connector, number, by, _UNDER_WAY, Backfill.State.RUNNING)
    leasing.resume(Q(backfill=number))


def cancel(*, connector: str, number: int, by: str) -> None:
    """End it; what it wrote stays in the store."""
    _move(connector, number, by, _UNDER_WAY, Backfill.State.CANCELLED)


def finish() -> int:
    """Note those that have taken all of their records; how many."""
    done = Backfill.objects.filter(state=Backfill.State.RUNNING)
    behind = Lease.objects.exclude(backfill=None).exclude(next_offset__gte=F("end_offset"))
    return done.exclude(leases__in=behind).update(state=Backfill.State.DONE, ended_at=Now())


def progress(connector: str) -> tuple[Progress, ...]:
    """The connector's back-fills, the newest first."""
    rows = Backfill.objects.filter(connector__name=connector).prefetch_related("leases")
    return tuple(_progress(row) for row in rows)


@dataclass(frozen=True, slots=True)
class _Span:
    """What of a partition is taken."""

    where: TopicPartition
    first: int
    end: int
    incarnation: str


def _spans(events: Log, topics: tuple[str, ...], begin: Bound, end: Bound, only: TopicPartition | None) -> list[_Span]:
    known = events.topics(set(topics))
    wheres = [where for where in partitions_of(known) if only in (None, where)]
    firsts, ends = events.first_offsets(wheres), events.end_offsets(wheres)
    lower, upper = _offsets(events, wheres, begin, firsts), _offsets(events, wheres, end, ends)
    found = [
        _Span(one, max(lower[one], firsts.get(one, 0)), min(upper[one], ends.get(one, 0)), _incarnation(known, one))
        for one in wheres
    ]
    return [span for span in found if span.first < span.end]


def _offsets(
    events: Log, wheres: list[TopicPartition], bound: Bound, otherwise: Mapping[TopicPartition, int]
) -> dict[TopicPartition, int]:
    """Where the bound lies in each partition; a time beyond all records is the end."""
    if isinstance(bound, int):
        return dict.fromkeys(wheres, bound)
    if bound is None:
        return {one: otherwise.get(one, 0) for one in wheres}
    found = events.offsets_for_times(dict.fromkeys(wheres, int(bound.timestamp() * 1000)))
    ends = events.end_offsets(wheres)
    return {one: ends.get(one, 0) if (offset := found.get(one)) is None else offset for one in wheres}


def _incarnation(topics: Mapping[str, Topic], where: TopicPartition) -> str:
    return topics[where.topic].incarnation


def _lease(made: Backfill, span: _Span) -> Lease:
    return Lease(
        connector_id=made.connector_id,
        backfill=made,
        stream=made.stream,
        topic=span.where.topic,
        partition=span.where.partition,
        start_offset=span.first,
        end_offset=span.end,
        incarnation=span.incarnation,
    )


def _move(connector: str, number: int, by: str, old: tuple[Backfill.State, ...], new: Backfill.State) -> None:
    found = Backfill.objects.filter(connector__name=connector, pk=number, state__in=old)
    ended = Now() if new == Backfill.State.CANCELLED else None
    if not found.update(state=new, ended_at=ended):
        raise BackfillUnknownError(connector=connector, number=number)
    log.info("backfill.moved", extra={"connector": connector, "backfill": number, "state": str(new), "by": by})


def _progress(row: Backfill) -> Progress:
    leases = list(row.leases.all())
    worst = next((one for one in leases if one.last_error), None)
    return Progress(
        id=row.pk,
        stream=row.stream,
        state=row.state,
        created_by=row.created_by,
        created_at=row.created_at,
        ended_at=row.ended_at,
        records=sum((one.end_offset or 0) - (one.start_offset or 0) for one in leases),
        done=sum(max((one.next_offset or 0) - (one.start_offset or 0), 0) for one in leases),
        error_code=worst.error_code if worst else "",
        last_error=worst.last_error if worst else "",
    )


def _told(bound: Bound) -> str | int | None:
    return bound.isoformat() if isinstance(bound, datetime) else bound
