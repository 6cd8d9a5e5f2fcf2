"""Where a slice begins: the store's own position, once it is proven to mean this log and not to be an older one."""

from __future__ import annotations

from connectors.delivery import Source
from connectors.models import Lease
from connectors.sinks.base import Position
from eventplatform.broker.base import Log, OffsetOutOfRangeError, TopicUnknownError
from eventplatform.core.errors import FatalError
from eventplatform.core.records import TopicPartition


class TopicRecreatedError(FatalError):
    """The topic was deleted and made anew; the stored offset means nothing in it."""

    code = "connector.topic_recreated"
    message = "Topic {topic} was made anew since offset {offset} was stored."
    remedy = "Choose where this connector goes on, then resume it. Rows that are stored stay."


class ClusterChangedError(FatalError):
    """The offset was stored for another event log."""

    code = "connector.cluster_changed"
    message = "The store's position in {topic} belongs to another event log ({stored}, now {now})."
    remedy = "Point EVENT_LOG_URL to the former log, or choose where this connector goes on in the new one, then resume it."


class PositionLostError(FatalError):
    """The store holds an older position than it once confirmed, or none: it was restored from a backup, or lost its data."""

    code = "connector.position_lost"
    message = "The store stands at {stored} in {topic}, but had reached offset {mirrored}: it lost what came after."
    remedy = (
        "Choose where this connector goes on: from the store's own position, which writes again what it lost, "
        "or from the one it had reached."
    )


# Errors that end when a person says where to go on; no slice is tried again by itself after them.
NEEDS_A_CHOICE = (TopicRecreatedError, ClusterChangedError, PositionLostError, OffsetOutOfRangeError)


def start_offset(events: Log, source: Source, stored: Position | None, lease: Lease | None = None) -> int:
    """Where to read from; a store without a position begins with the first record, or where its back-fill does.

    Raises:
        TopicRecreatedError, ClusterChangedError, PositionLostError, OffsetOutOfRangeError: a person must choose; nothing is
            reset silently.
    """
    where = source.where
    first = events.first_offsets([where]).get(where, 0)
    begin = first if lease is None or lease.start_offset is None else lease.start_offset
    reached = _reached(lease, source)
    if stored is None:
        if reached is not None and reached > begin:
            raise PositionLostError(topic=where.topic, stored="no offset", mirrored=reached)
        return begin
    if stored.cluster_id != source.cluster_id:
        raise ClusterChangedError(topic=where.topic, stored=stored.cluster_id, now=source.cluster_id)
    if stored.incarnation != source.incarnation:
        raise TopicRecreatedError(topic=where.topic, offset=stored.next_offset)
    if reached is not None and stored.next_offset < reached:
        raise PositionLostError(topic=where.topic, stored=f"offset {stored.next_offset}", mirrored=reached)
    end = events.end_offsets([where]).get(where, 0)
    if not first <= stored.next_offset <= end:
        raise OffsetOutOfRangeError(offset=stored.next_offset, first=first, end=end, **where._asdict())
    return stored.next_offset


def source_of(events: Log, stream: str, where: TopicPartition) -> Source:
    """The partition as the log has it now."""
    topic = events.topics([where.topic]).get(where.topic)
    if topic is None:
        raise TopicUnknownError(topic=where.topic)
    return Source(stream, where, topic.incarnation, events.cluster_id())


def _reached(lease: Lease | None, source: Source) -> int | None:
    """The position that the store once confirmed, as far as it was in the topic as it is now."""
    return lease.next_offset if lease is not None and lease.proven_incarnation == source.incarnation else None
