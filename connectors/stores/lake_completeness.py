"""When a moment of a stream is past for a store: by offsets alone, so that it needs no traffic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eventplatform.core.records import TopicPartition

Offsets = Mapping[TopicPartition, int]


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a store is, against the log. `first` and `ends` are of every partition, read after `stored`."""

    stored: Mapping[TopicPartition, int | None]
    first: Offsets
    ends: Offsets

    def is_beyond(self, needed: Mapping[TopicPartition, int | None]) -> bool:
        """True where all records from before a moment are stored.

        `needed` is the offset of the first record of each partition at or after that moment, which lies in the past; None
        where there is no such record: then all that the log has must be stored.
        """
        return all(self._stands(where) >= self._wanted(where, needed.get(where)) for where in self.ends)

    def _stands(self, where: TopicPartition) -> int:
        """Who stored nothing yet begins at the log's first record."""
        stored = self.stored.get(where)
        return self.first.get(where, 0) if stored is None else stored

    def _wanted(self, where: TopicPartition, needed: int | None) -> int:
        return self.ends[where] if needed is None else needed
