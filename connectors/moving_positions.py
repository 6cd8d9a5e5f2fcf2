"""A connector's positions move to another event log, in the store itself and under its leases."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from connectors import leasing, moving, opening
from connectors.models import Connector, Lease
from connectors.moving import Move
from connectors.repositioning import PartitionBusyError
from connectors.sinks.base import FencedError, Sink, WriteBatch
from eventplatform.broker.base import Log, partitions_of
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import TopicPartition

log = logging.getLogger(__name__)


def plan(connector: Connector, old: Log | None, new: Log) -> list[Move]:
    """What would become of each position that the store holds for another log than `new`; nothing is changed.

    Raises:
        PlatformError: the store or a log can't be reached, or the store's positions aren't the platform's to move.
    """
    cluster_id = new.cluster_id()
    moves: list[Move] = []
    with opening.make_sink(connector) as sink:
        for topic in sorted(_streams(connector)):
            wheres = partitions_of(new.topics([topic]))
            held = {where: position for where in wheres if (position := sink.position(where))}
            former = {where.partition: one for where, one in held.items() if one.cluster_id != cluster_id}
            if former:
                found = moving.find(old, new, topic, former)
                moves += [move for move in found if move.where not in held or move.where.partition in former]
    return moves


def apply(connector: Connector, moves: Sequence[Move]) -> None:
    """Move the store's own positions.

    Raises:
        PlatformError: a partition is at work, or the store moved on meanwhile; those before it were moved.
    """
    streams = _streams(connector)
    with opening.make_sink(connector) as sink:
        for move in moves:
            _apply(connector, sink, streams[move.where.topic], move)


def _apply(connector: Connector, sink: Sink, stream: str, move: Move) -> None:
    _ensure_lease(connector, stream, move.where)
    lease = leasing.take(connector_id=connector.pk, where=move.where, owner="move_cluster", is_forced=True)
    if lease is None:
        raise PartitionBusyError(where=f"{move.where.topic}/{move.where.partition}")
    try:
        _write(sink, stream, move)
    except PlatformError as error:
        leasing.back_off(lease, error, code=error.code)
        raise
    leasing.release(lease, next_offset=move.after.next_offset, incarnation=move.after.incarnation)
    facts = {"connector": connector.name, "topic": move.where.topic, "partition": move.where.partition}
    log.warning("connector.moved", extra=facts | {"offset": move.after.next_offset, "by": move.method})


def _write(sink: Sink, stream: str, move: Move) -> None:
    if sink.position(move.where) != move.stored:
        raise FencedError(where=f"{move.where.topic}/{move.where.partition}")
    sink.write(WriteBatch(stream, move.where, move.stored, move.after, ()))


def _ensure_lease(connector: Connector, stream: str, where: TopicPartition) -> None:
    """The watcher may not have met the new cluster's partition yet."""
    leasing.add([Lease(connector=connector, stream=stream, **where._asdict())])


def _streams(connector: Connector) -> dict[str, str]:
    """Its streams, by topic."""
    return {lease.topic: lease.stream for lease in connector.leases.all()}
