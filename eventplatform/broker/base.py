"""The contract of an event log, as Kafka means it; `tests/contracts/test_brokers.py` runs it over every implementation.

Words: an *offset* names the next record to read. *First* is the oldest offset still there, *end* the last stable one: the
offset that the next committed record gets, everything below it can be read. The *incarnation* of a topic changes when it
is deleted and made anew: offsets of another incarnation mean nothing.

Clients hold sockets and threads: make them after a fork, one log per process, and close it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple, Self

from eventplatform.core.errors import FatalError, PlatformError, RejectedError, RetriableError
from eventplatform.core.records import NewRecord, Record, TopicPartition


class LogUnavailableError(RetriableError):
    """The log can't be reached, or did not confirm in time; the record may or may not be in it."""

    code = "log.unavailable"
    message = "The event log does not answer: {reason}."
    remedy = "Send it again after the time that Retry-After names."


class TopicUnknownError(RejectedError):
    """There is no such topic or partition; topics are never made by producing."""

    code = "log.topic_unknown"
    http_status = 500  # the client named a configured stream; its topic is for us to make
    message = "The event log has no topic {topic}."
    remedy = "Publish the stream's configuration; its topic is made from it."


class RecordTooLargeError(RejectedError):
    """The log refuses records of this size."""

    code = "log.record_too_large"
    http_status = 413
    message = "The record is larger than the event log takes ({size} bytes)."
    remedy = "Send less in one event."


class NotAuthorisedError(RejectedError):
    """The log doesn't let us write to this topic."""

    code = "log.not_authorised"
    http_status = 500  # whoever runs the platform has to grant it
    message = "The event log does not let the platform write to topic {topic}."
    remedy = "Grant its account the right to write there (and IdempotentWrite on the cluster, before Kafka 3.0)."


class RecordRefusedError(RejectedError):
    """The log will never take this record, whoever sends it."""

    code = "log.record_refused"
    http_status = 500  # a topic whose own rules its stream does not know
    message = "The event log refuses the record for topic {topic}: {reason}."
    remedy = "Compare the topic's own settings with the stream: a compacted topic needs keys, another may bound timestamps."


class OffsetOutOfRangeError(FatalError):
    """The wanted offset was deleted by retention, or never existed: a person must choose where to go on."""

    code = "log.offset_out_of_range"
    message = "Offset {offset} of {topic}/{partition} is outside the log ({first} to {end})."
    remedy = "Choose the first or the last offset for this reader; records in between are gone."


class Delivery(NamedTuple):
    """What became of one produced record: its coordinates, or the error; spooled ones have no coordinates yet."""

    topic: str
    partition: int = -1
    offset: int = -1
    error: PlatformError | None = None
    is_spooled: bool = False


TIMEOUT_SECONDS = 5.0  # until a record without an acknowledgement has failed
MAX_RECORD_BYTES = 1024 * 1024  # key, value and headers; what Kafka's brokers take by default


def size_of(record: Record | NewRecord) -> int:
    """Bytes that a record carries: key, value and headers."""
    headers = sum(len(name) + len(value) for name, value in record.headers) if record.headers else 0
    return len(record.key or b"") + len(record.value or b"") + headers


# Called once for all records of a `produce`, in their order, from whatever thread the log uses: it must return at once.
OnSettled = Callable[[Sequence[Delivery]], None]


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as the log knows it."""

    name: str
    partitions: int
    incarnation: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Records in offset order, and the offset to read next (it may lie behind the last record: markers take offsets too)."""

    records: Sequence[Record]
    next_offset: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes that the log takes, of those it is meant for; above its ceiling it goes on and warns."""

    bytes: int
    ceiling_bytes: int

    @property
    def is_near_ceiling(self) -> bool:
        """Time to warn: more than four fifths are used."""
        return self.bytes * 5 > self.ceiling_bytes * 4


class Producer(ABC):
    """Appends records. Keeps the order of `produce` calls per partition; retries by itself until its timeout."""

    @abstractmethod
    def produce(self, records: Sequence[NewRecord], on_settled: OnSettled) -> None:
        """Queue `records` and return; `on_settled` is called when each is acknowledged by the log or has failed.

        Never raises for a record's sake: an unknown topic, an oversize record or a log that is away come as
        `Delivery.error`. A record without partition goes where its key's murmur2 says, as Kafka's Java client does;
        without a key, anywhere.
        """

    @abstractmethod
    def flush(self, timeout_seconds: float) -> int:
        """Wait until everything is settled; the number of records that are not."""

    def abandon(self) -> None:  # noqa: B027  # nothing to do where `produce` settles
        """Give up at once on what is not acknowledged: it fails with `LogUnavailableError`, soon if not before this returns.

        What was only queued is never sent. What was sent may be in the log, but then so is all that was produced before it
        to its partition. May be called from any thread, from within `on_settled` too.
        """

    @abstractmethod
    def close(self) -> None:
        """Flush and let go of threads and sockets."""


class Reader(ABC):
    """Reads partitions from an offset, without groups or commits. Not safe to share between threads."""

    @abstractmethod
    def read(
        self,
        where: TopicPartition,
        offset: int,
        *,
        max_records: int = 500,
        max_bytes: int = 4 * 1024 * 1024,
        timeout_seconds: float = 0.0,
    ) -> Batch:
        """Committed records from `offset` on; waits up to `timeout_seconds` for the first one, then returns what is there.

        At least one record comes back if there is one, also when it alone is larger than `max_bytes`.

        Raises:
            OffsetOutOfRangeError: `offset` is below the first or above the end.
            TopicUnknownError: no such topic or partition.
            LogUnavailableError: the log is away.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of sockets."""


class Log(ABC):
    """One event log: makes producers and readers, and administers topics. Safe to share between threads."""

    is_durable: bool = True  # False: records are gone with the process

    @abstractmethod
    def producer(self, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Producer:
        """A new producer that gives a record so long to be acknowledged."""

    @abstractmethod
    def reader(self) -> Reader:
        """A new reader."""

    @abstractmethod
    def cluster_id(self) -> str:
        """Identity of this log; offsets of another cluster mean nothing."""

    @abstractmethod
    def topics(self, names: Collection[str] | None = None) -> Mapping[str, Topic]:
        """All topics, or those of `names` that exist."""

    @abstractmethod
    def create_topic(self, name: str, *, partitions: int = 1, retention_ms: int | None = None) -> None:
        """Make the topic where it does not exist yet; an existing one is left as it is."""

    @abstractmethod
    def retentions(self, names: Collection[str]) -> Mapping[str, int | None]:
        """How long each of these topics keeps records, in ms; None where it was told nothing. Unknown names are left out."""

    @abstractmethod
    def alter_topic(self, name: str, *, partitions: int | None = None, retention_ms: int | None = None) -> None:
        """Give the topic more partitions, or another retention; what is None stays. Partitions never become fewer.

        Keys move when partitions are added: order per key holds from then on, not across that moment. Producers that
        run already learn of new partitions within minutes.

        Raises:
            TopicUnknownError: there is no such topic.
        """

    @abstractmethod
    def delete_topic(self, name: str) -> None:
        """Delete the topic and its records; unknown names are ignored."""

    @abstractmethod
    def first_offsets(self, wanted: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The oldest offset still there; partitions that don't exist are left out."""

    @abstractmethod
    def end_offsets(self, wanted: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The last stable offset; partitions that don't exist are left out. One round trip for all, not one each."""

    @abstractmethod
    def offsets_for_times(self, wanted: Mapping[TopicPartition, int]) -> Mapping[TopicPartition, int | None]:
        """The first offset whose record's timestamp is at or after the given time (ms); None where there is none."""

    def apply_retention(self, *, now_ms: int | None = None) -> int:  # noqa: ARG002  # most logs do it by themselves
        """Delete what the topics' retention no longer keeps, where the log doesn't do so by itself; how many records."""
        return 0

    def usage(self) -> Usage | None:
        """How full the log is; None where somebody else watches that."""
        return None

    @abstractmethod
    def close(self) -> None:
        """Let go of everything."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def partitions_of(topics: Mapping[str, Topic]) -> list[TopicPartition]:
    """Every partition of the given topics."""
    return [TopicPartition(t.name, number) for t in topics.values() for number in range(t.partitions)]
