"""An operator's choice: where a connector goes on whose stored position means nothing in the log any more."""

from __future__ import annotations

import logging
from typing import Literal

from connectors import following, leasing, opening
from connectors.models import Connector, Lease
from connectors.positions import source_of
from connectors.sinks.base import Position, Sink, WriteBatch
from eventplatform.broker.base import Log, OffsetOutOfRangeError
from eventplatform.core.errors import PlatformError, RejectedError, RetriableError
from eventplatform.core.records import TopicPartition
from eventplatform.eventlog import event_log

log = logging.getLogger(__name__)

# first: the first record that is there; end: past the last one; store: from where the store stands, which writes again what it
# lost; reached: where the store had once got to. Or an offset.
Place = Literal["first", "end", "store", "reached"] | int


class PartitionBusyError(RetriableError):
    """A slice works on the partition."""

    code = "connector.partition_busy"
    message = "{where} is at work; its position can't be moved now."
    remedy = "Pause the connector, wait some seconds, and choose again."


class PartitionUnknownError(RejectedError):
    """The connector takes no such partition."""

    code = "connector.partition_unknown"
    http_status = 404
    message = "The connector {connector} takes no partition {where}."
    remedy = "Look at its partitions; a new stream's are there some seconds after its first event."


def reposition(*, connector: Connector, where: TopicPartition, to: Place, by: str) -> Position:
    """Move the store's own position, under the lease; whether the connector runs, is paused or stopped stays as it is.

    Raises:
        PlatformError: the partition is at work, or the store or the log can't be reached; nothing was moved then.
    """
    owner = f"{by} (chooses)"[:100]
    lease = leasing.take(connector_id=connector.pk, where=where, owner=owner, is_forced=True)
    if lease is None:
        place = f"{where.topic}/{where.partition}"
        if not Lease.objects.filter(connector=connector, backfill=None, **where._asdict()).exists():
            raise PartitionUnknownError(connector=connector.name, where=place)
        raise PartitionBusyError(where=place)
    try:
        after = _move(lease, where, to)
    except PlatformError as error:
        leasing.back_off(lease, error, code=error.code)
        raise
    leasing.release(lease, next_offset=after.next_offset, incarnation=after.incarnation)
    facts = {"connector": connector.name, "topic": where.topic, "partition": where.partition}
    log.warning("connector.repositioned", extra=facts | {"by": by, "to": to, "offset": after.next_offset})
    return after


def _move(lease: Lease, where: TopicPartition, to: Place) -> Position:
    events = event_log()
    source = source_of(events, lease.stream, where)
    if following.is_follower(lease.connector.kind):
        stored = following.position(lease.connector, where)
        after = source.position(_offset(events, where, to, lease, stored))
        following.move(lease.connector, lease.stream, where, after)
        return after
    with opening.make_sink(lease.connector) as sink:
        stored = sink.position(where)
        after = source.position(_offset(events, where, to, lease, stored))
        if stored != after:
            _write(sink, lease.stream, where, stored, after)
    return after


def _write(sink: Sink, stream: str, where: TopicPartition, stored: Position | None, after: Position) -> None:
    sink.write(WriteBatch(stream, where, stored, after, ()))


def _offset(events: Log, where: TopicPartition, to: Place, lease: Lease, stored: Position | None) -> int:
    """The offset that a place means, within what the log has."""
    first, end = events.first_offsets([where])[where], events.end_offsets([where])[where]
    named = {"first": first, "end": end, "reached": lease.next_offset, "store": stored.next_offset if stored else first}
    found = to if isinstance(to, int) else named[to]
    if found is None or not first <= found <= end:
        raise OffsetOutOfRangeError(offset=found, first=first, end=end, **where._asdict())
    return found
