"""An operator's choice: where a connector goes on whose stored position means nothing in the log any more."""

from __future__ import annotations

import logging
from typing import Literal

from connectors import leasing, opening, services, slices
from connectors.models import Connector
from connectors.sinks.base import Position, WriteBatch
from eventplatform.core.errors import PlatformError, RetriableError
from eventplatform.core.records import TopicPartition
from eventplatform.eventlog import event_log

log = logging.getLogger(__name__)

Place = Literal["first", "end"]


class PartitionBusyError(RetriableError):
    """A slice works on the partition."""

    code = "connector.partition_busy"
    message = "{where} is at work; its position can't be moved now."
    remedy = "Pause the connector, wait some seconds, and choose again."


def reposition(*, connector: Connector, where: TopicPartition, to: Place, by: str) -> Position:
    """Move the store's own position to the first event that is there, or past the last one, under the lease.

    Raises:
        PlatformError: the partition is at work, or the store or the log can't be reached; nothing was moved then.
    """
    services.resume(connector=connector.name, by=by, only=where)
    lease = leasing.take(connector_id=connector.pk, where=where, owner=f"{by} (chooses)"[:100])
    if lease is None:
        raise PartitionBusyError(where=f"{where.topic}/{where.partition}")
    try:
        after = _move(lease.connector, lease.stream, where, to)
    except PlatformError as error:
        leasing.back_off(lease, error, code=error.code)
        raise
    leasing.release(lease, next_offset=after.next_offset, incarnation=after.incarnation)
    facts = {"connector": connector.name, "topic": where.topic, "partition": where.partition}
    log.warning("connector.repositioned", extra=facts | {"by": by, "to": to, "offset": after.next_offset})
    return after


def _move(connector: Connector, stream: str, where: TopicPartition, to: Place) -> Position:
    events = event_log()
    source = slices.source_of(events, stream, where)
    offsets = events.first_offsets([where]) if to == "first" else events.end_offsets([where])
    after = source.position(offsets[where])
    with opening.make_sink(connector) as sink:
        stored = sink.position(where)
        if stored != after:
            sink.write(WriteBatch(stream, where, stored, after, ()))
    return after
