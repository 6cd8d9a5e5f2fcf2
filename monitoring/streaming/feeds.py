"""A partition as the live clients have it: where it is read, and the last records, over which newcomers join."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from eventplatform.broker.base import size_of
from eventplatform.core.records import Record, TopicPartition
from monitoring.streaming.channels import Channel

_KEPT_RECORDS = 1000


class Feed:
    """Belongs to the event loop; other threads may look at `position` and `kept_from`, which only grow."""

    def __init__(self, where: TopicPartition, position: int, log: str, now_ms: int) -> None:
        self.where = where
        self.log = log
        self.position = position  # the next record that live clients get
        self.kept_from = position
        self.timestamp_ms = now_ms  # of the last record
        self.channels: set[Channel] = set()
        self.readers = 0  # clients that read its past, and will join
        self._kept: deque[Record] = deque()
        self._kept_bytes = 0

    @property
    def is_wanted(self) -> bool:
        """Whether anybody still follows it."""
        return bool(self.channels or self.readers)

    def advance(self, records: Sequence[Record], next_offset: int, *, keep_bytes: int) -> None:
        """Go on behind these records; the newest are kept, so far as there is room."""
        self._kept.extend(records)
        self._kept_bytes += sum(map(size_of, records))
        while self._kept and (self._kept_bytes > keep_bytes or len(self._kept) > _KEPT_RECORDS):
            gone = self._kept.popleft()
            self._kept_bytes -= size_of(gone)
            self.kept_from = gone.offset + 1
        self.position = next_offset
        if records:
            self.timestamp_ms = records[-1].timestamp_ms

    def covers(self, offset: int) -> bool:
        """Whether everything from there on is kept."""
        return self.kept_from <= offset <= self.position

    def since(self, offset: int) -> list[Record]:
        """The kept records from there on."""
        return [record for record in self._kept if record.offset >= offset]
