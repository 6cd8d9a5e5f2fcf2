"""Where a client is in each partition: the `id` of every event, `Last-Event-ID` and `since`.

An id names for each partition the next offset, the last record's timestamp, and a mark of the log that the offset is one of.
On the same log the offset resumes without a gap or a repetition; on any other one (another datacenter's, a topic that was
made anew) the timestamp does, which may repeat records of its last millisecond and skips none.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from eventplatform.core import dates
from eventplatform.core.records import TopicPartition
from monitoring.streaming.errors import LastEventIdError, SinceUnreadableError

LATEST, EARLIEST = -1, -2  # offsets that stand for the ends, as Kafka's clients write them
MOST_PARTITIONS = 200  # so that an id fits into a header
_SHOWN = 80
_DIGITS = re.compile(r"-?\d{1,16}")
_LAST_MS = 8_640_000_000_000_000  # the last moment of a JavaScript Date


class Position(NamedTuple):
    """The next offset to read, and the time of the record before it."""

    offset: int
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class Resume:
    """Where a client wants to go on in a partition, as its last id says; `log` is empty where another server wrote it."""

    offset: int | None = None
    timestamp_ms: int | None = None
    log: str = ""

    def offset_on(self, log: str) -> int | None:
        """The offset, where it is one of that log; one without a mark is taken at its word unless a time says otherwise."""
        if self.offset is None or (self.log and self.log != log):
            return None
        return self.offset


def log_mark(cluster_id: str, incarnation: str) -> str:
    """A short name of one incarnation of a topic on one cluster: offsets with the same mark mean the same records."""
    return hashlib.blake2b(f"{cluster_id}/{incarnation}".encode(), digest_size=6).hexdigest()


def part_of_id(where: TopicPartition, position: Position, log: str) -> bytes:
    """The object of one partition in an id."""
    return orjson.dumps(
        {
            "topic": where.topic,
            "partition": where.partition,
            "offset": position.offset,
            "timestamp": position.timestamp_ms,
            "log": log,
        }
    )


def read_last_event_id(text: str, topics: Collection[str]) -> Mapping[TopicPartition, Resume]:
    """What the header `Last-Event-ID` says; only `topics` may be named.

    Raises:
        LastEventIdError: it is no such array.
    """
    try:
        parts = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise LastEventIdError(reason="it is no JSON") from None
    if not isinstance(parts, list) or not parts or len(parts) > MOST_PARTITIONS:
        raise LastEventIdError(reason=f"it is no array of 1 to {MOST_PARTITIONS} objects")
    return dict(_resume(part, topics) for part in parts)


def _resume(part: Any, topics: Collection[str]) -> tuple[TopicPartition, Resume]:
    if not isinstance(part, Mapping):
        raise LastEventIdError(reason="an item of it is no object")
    topic, partition = part.get("topic"), part.get("partition", 0)
    if not isinstance(topic, str) or topic not in topics:
        raise LastEventIdError(reason=f"topic {str(topic)[:_SHOWN]} is none of the streams that are asked for")
    offset, timestamp = part.get("offset"), part.get("timestamp")
    if not _is_whole(partition) or partition < 0:
        raise LastEventIdError(reason="a partition is no number from 0 on")
    if offset is None and timestamp is None:
        raise LastEventIdError(reason="an item of it has neither an offset nor a timestamp")
    if (offset is not None and (not _is_whole(offset) or offset < EARLIEST)) or (
        timestamp is not None and not (_is_whole(timestamp) and abs(timestamp) <= _LAST_MS)
    ):
        raise LastEventIdError(reason="an offset or a timestamp is no such number")
    log = part.get("log", "")
    return TopicPartition(topic, partition), Resume(offset, timestamp, log if isinstance(log, str) else "")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def read_since(text: str) -> int:
    """`since` as milliseconds since 1970: a number of them, or a date (UTC where it names no zone).

    Raises:
        SinceUnreadableError: it is none of these.
    """
    found = int(text) if _DIGITS.fullmatch(text) else _milliseconds(text)
    if found is None or abs(found) > _LAST_MS:
        raise SinceUnreadableError(given=text[:_SHOWN])
    return found


def _milliseconds(text: str) -> int | None:
    moment = dates.read(text)
    try:
        return None if moment is None else round(moment.timestamp() * 1000)
    except OverflowError:
        return None
