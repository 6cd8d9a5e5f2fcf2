"""Readers of the log with a bound: not beyond an offset, not faster than a rate."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from eventplatform.broker.base import Batch, Reader
from eventplatform.core.records import TopicPartition

_LONGEST_WAIT_SECONDS = 30.0


class ReaderUntil(Reader):
    """Reads to an offset, as if the log ended there."""

    def __init__(self, reader: Reader, end: int) -> None:
        self._reader = reader
        self._end = end

    def read(
        self,
        where: TopicPartition,
        offset: int,
        *,
        max_records: int = 500,
        max_bytes: int = 4 * 1024 * 1024,
        timeout_seconds: float = 0.0,
    ) -> Batch:
        if offset >= self._end:
            return Batch((), offset)
        found = self._reader.read(where, offset, max_records=max_records, max_bytes=max_bytes, timeout_seconds=timeout_seconds)
        if found.next_offset <= self._end:
            return found
        return Batch([record for record in found.records if record.offset < self._end], self._end)

    def close(self) -> None:
        self._reader.close()


class SteadyReader(Reader):
    """Reads so many records a second at most; a second's worth may come at once. `stop` ends a wait."""

    def __init__(self, reader: Reader, records_per_second: float, stop: threading.Event) -> None:
        self._reader = reader
        self._rate = records_per_second
        self._stop = stop
        self._tokens = 0.0
        self._filled_at = time.monotonic()

    def read(
        self,
        where: TopicPartition,
        offset: int,
        *,
        max_records: int = 500,
        max_bytes: int = 4 * 1024 * 1024,
        timeout_seconds: float = 0.0,
    ) -> Batch:
        self._fill()
        if self._tokens < 1:
            self._stop.wait(min((1 - self._tokens) / self._rate, _LONGEST_WAIT_SECONDS))
            self._fill()
        most = max(1, min(max_records, int(self._tokens)))
        found = self._reader.read(where, offset, max_records=most, max_bytes=max_bytes, timeout_seconds=timeout_seconds)
        if len(found.records) > most:  # a log may answer with more than was asked for
            kept = found.records[:most]
            found = replace(found, records=kept, next_offset=kept[-1].offset + 1)
        self._tokens -= len(found.records)
        return found

    def close(self) -> None:
        self._reader.close()

    def _fill(self) -> None:
        now = time.monotonic()
        self._tokens = min(self._tokens + (now - self._filled_at) * self._rate, max(1.0, self._rate))
        self._filled_at = now
