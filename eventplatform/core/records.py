"""What goes into the log and comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = 253_402_300_799_000  # the end of year 9999: a producer may write any number into a record's timestamp

Headers = tuple[tuple[str, bytes], ...]


class TopicPartition(NamedTuple):
    """One partition of a topic."""

    topic: str
    partition: int


class NewRecord(NamedTuple):
    """A record on its way into the log. A `value` of None is a tombstone; a `partition` of None lets the key decide.

    `may_spool`: it may wait on the intake's own disk while the log is away; otherwise it fails then.
    """

    topic: str
    value: bytes | None
    key: bytes | None = None
    headers: Headers = ()
    timestamp_ms: int | None = None
    partition: int | None = None
    may_spool: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """A record read from the log at its coordinates; `timestamp_ms` is milliseconds since 1970, UTC."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()

    @property
    def moment(self) -> datetime:
        """Its timestamp as a time; one before 1970 or after 9999 becomes the nearest that can be told."""
        return _EPOCH + timedelta(milliseconds=min(max(self.timestamp_ms, 0), _LAST_MS))

    def header(self, name: str) -> bytes | None:
        """The last value of the header `name`, as Kafka's `lastHeader` answers."""
        for key, value in reversed(self.headers):
            if key == name:
                return value
        return None
