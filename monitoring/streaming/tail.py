"""Reads what comes, once for all live clients: asks all ends in one question, and reads only where one has moved."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from eventplatform.broker.base import Log, OffsetOutOfRangeError, Reader, TopicUnknownError
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import Record, TopicPartition
from monitoring.streaming.channels import Reading
from monitoring.streaming.entries import Entries
from monitoring.streaming.feeds import Feed
from monitoring.streaming.hub import Hub
from monitoring.streaming.positions import log_mark

log = logging.getLogger(__name__)

POLL_SECONDS = 0.1
_AGAIN_SECONDS = 1.0  # after a failure
_CHECK_SECONDS = 5.0  # between two looks at the topics themselves
_MOST_RECORDS = 500  # of a partition in a round
_MOST_BYTES = 1024 * 1024  # likewise
_ROUND_BYTES = 4 * 1024 * 1024
_MOST_READERS = 8  # each is a connection; the partitions read last keep theirs

OnLoop = Callable[[Callable[[], object]], bool]  # runs a function on the event loop and waits; False where the loop is gone


class Tail:
    """A thread with its readers. While the log is away it tries again; clients keep their connections meanwhile."""

    def __init__(self, event_log: Callable[[], Log], hub: Hub, entries: Entries, on_loop: OnLoop) -> None:
        self.trouble = ""  # why it can't read, in words
        self._open_log = event_log
        self._hub = hub
        self._entries = entries
        self._on_loop = on_loop
        self._readers: OrderedDict[TopicPartition, Reader] = OrderedDict()
        self._stopping = threading.Event()
        self._checked_at = 0.0
        self._followed: Mapping[TopicPartition, Feed] = {}  # the last that anybody did
        self._thread = threading.Thread(target=self._run, name="stream-tail", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._stopping.set()
        self._hub.has_news.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
            except PlatformError as error:
                self._fail(str(error))
            except Exception:
                log.exception("stream_tail.failed")
                self._fail("it failed in a way that nobody foresaw; the log of the role has the trace")
        self._close_readers()

    def _turn(self) -> None:
        wanted = self._hub.wanted()
        if not wanted:
            self._close_readers()
            if self.trouble:  # nobody is left whose reading would show that it is over
                self._open_log().end_offsets(self._followed)
                self.trouble = ""
            self._hub.has_news.wait(_AGAIN_SECONDS)
            self._hub.has_news.clear()
            return
        self._followed = wanted
        event_log = self._open_log()
        if time.monotonic() - self._checked_at > _CHECK_SECONDS:
            self._check(event_log, wanted)
        ends = event_log.end_offsets(wanted)
        moved = [feed for where, feed in wanted.items() if ends.get(where, -1) > feed.position]
        is_behind = self._round(event_log, moved, ends)
        self.trouble = ""
        if not is_behind:
            self._hub.has_news.wait(POLL_SECONDS)
            self._hub.has_news.clear()

    def _round(self, event_log: Log, moved: Sequence[Feed], ends: Mapping[TopicPartition, int]) -> bool:
        """Read what has come and hand it on; True where more is there."""
        readings: list[Reading] = []
        records: dict[TopicPartition, Sequence[Record]] = {}
        size = 0
        for feed in sorted(moved, key=lambda one: one.timestamp_ms):
            if size >= _ROUND_BYTES:
                break
            found = self._read(event_log, feed)
            if found is not None:
                reading, records[feed.where] = found
                readings.append(reading)
                size += sum(len(record.value or b"") for record in records[feed.where])
        if readings:
            self._on_loop(lambda: self._hub.dispatch(readings, records))
        has_moved = any(reading.next_offset > reading.offset for reading in readings)
        return has_moved and any(ends[feed.where] > feed.position for feed in moved)

    def _read(self, event_log: Log, feed: Feed) -> tuple[Reading, Sequence[Record]] | None:
        where, offset = feed.where, feed.position
        try:
            batch = self._reader(event_log, where).read(where, offset, max_records=_MOST_RECORDS, max_bytes=_MOST_BYTES)
        except (OffsetOutOfRangeError, TopicUnknownError):
            self._on_loop(lambda: self._hub.lose([where]))
            return None
        found = [self._entries.entry(record) for record in batch.records]
        at = batch.records[-1].timestamp_ms if batch.records else feed.timestamp_ms
        entries = [entry for entry in found if entry is not None]
        return Reading(where, offset, entries, batch.next_offset, at), batch.records

    def _reader(self, event_log: Log, where: TopicPartition) -> Reader:
        reader = self._readers.pop(where, None)
        if reader is None and len(self._readers) >= _MOST_READERS:
            _, reader = self._readers.popitem(last=False)
        self._readers[where] = reader = reader or event_log.reader()
        return reader

    def _check(self, event_log: Log, wanted: Mapping[TopicPartition, Feed]) -> None:
        """Notice topics that were made anew or have got more partitions."""
        self._checked_at = time.monotonic()
        known = event_log.topics({where.topic for where in wanted})
        cluster = event_log.cluster_id()
        counts: dict[str, int] = {}
        for where in wanted:
            counts[where.topic] = counts.get(where.topic, 0) + 1
        changed = {name for name, count in counts.items() if name not in known or known[name].partitions != count}
        lost = [
            where
            for where, feed in wanted.items()
            if where.topic in changed or log_mark(cluster, known[where.topic].incarnation) != feed.log
        ]
        if lost:
            log.info("stream_tail.topics_changed", extra={"topics": sorted({where.topic for where in lost})})
            self._on_loop(lambda: self._hub.lose(lost))

    def _fail(self, reason: str) -> None:
        if not self.trouble:
            log.warning("stream_tail.log_away", extra={"reason": reason})
        self.trouble = reason
        self._close_readers()  # a broken connection is not used again
        self._stopping.wait(_AGAIN_SECONDS)

    def _close_readers(self) -> None:
        while self._readers:
            self._readers.popitem()[1].close()
