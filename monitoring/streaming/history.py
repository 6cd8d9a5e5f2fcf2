"""Reads the past for clients that begin in it: a few threads by turns, at a bounded rate, each client at its own speed."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from eventplatform.broker.base import Log, OffsetOutOfRangeError, Reader, TopicUnknownError
from eventplatform.core.errors import PlatformError
from eventplatform.core.records import TopicPartition
from monitoring.streaming.channels import Piece, Positions, Reading
from monitoring.streaming.client import Client
from monitoring.streaming.entries import Entries
from monitoring.streaming.feeds import Feed
from monitoring.streaming.hub import Hub
from monitoring.streaming.tail import OnLoop

log = logging.getLogger(__name__)

_SLICE_RECORDS = 200
_SLICE_BYTES = 512 * 1024
_AGAIN_SECONDS = 1.0
_SOON_SECONDS = 0.05


@dataclass(eq=False, slots=True)
class Job:
    """A client on its way to the present; `positions` is its reader's until it joins."""

    client: Client
    positions: Positions


class History:
    """Its threads read; all else is done on the event loop. A client that takes nothing is not read for."""

    def __init__(
        self,
        event_log: Callable[[], Log],
        hub: Hub,
        entries: Entries,
        on_loop: OnLoop,
        later: Callable[[float, Callable[[], None]], object],
        *,
        threads: int = 2,
        most: int = 50,
        records_per_second: float = 5000,
    ) -> None:
        self._open_log = event_log
        self._hub = hub
        self._entries = entries
        self._on_loop = on_loop
        self._later = later
        self._most = most
        self._seconds_per_record = threads / records_per_second
        self._jobs: dict[Client, Job] = {}
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._run, name=f"stream-history-{n}", daemon=True) for n in range(threads)]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End them."""
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(timeout=10)

    @property
    def is_full(self) -> bool:
        """As many clients read the past as may."""
        return len(self._jobs) >= self._most

    def add(self, client: Client, positions: Positions) -> None:
        """Bring a client from these positions to the present."""
        job = self._jobs[client] = Job(client, positions)
        self._go_on(job)

    def forget(self, client: Client) -> None:
        """The client is gone."""
        self._jobs.pop(client, None)

    # --- on the event loop ---

    def _go_on(self, job: Job) -> None:
        """Join if it can, else read on as soon as the client has taken what it was sent."""
        client = job.client
        if not client.is_gone and not client.is_idle:
            client.on_drained = lambda: self._go_on(job)
        elif client.is_gone or self._hub.join(client, job.positions):
            self.forget(client)
        elif self._behind(job) is None:
            self._later(_SOON_SECONDS, lambda: self._go_on(job))  # it is ahead of the live ones
        else:
            self._queue.put(job)

    def _deliver(self, job: Job, pieces: list[Piece]) -> None:
        job.client.reached = job.positions.id
        job.client.take_all(pieces)
        self._go_on(job)

    def _fall_back(self, job: Job, where: TopicPartition) -> None:
        job.client.end("log")
        log.info("stream_history.place_gone", extra={"topic": where.topic, "partition": where.partition})

    # --- in a thread ---

    def _run(self) -> None:
        reader: Reader | None = None
        while (job := self._queue.get()) is not None:
            try:
                reader = reader or self._open_log().reader()
                self._slice(reader, job)
            except PlatformError as error:
                log.warning("stream_history.log_away", extra={"reason": str(error)})
                reader = self._again(reader, job)
            except Exception:
                log.exception("stream_history.failed")
                reader = self._again(reader, job)
        if reader is not None:
            reader.close()

    def _again(self, reader: Reader | None, job: Job) -> Reader | None:
        """Later, with another reader: a broken connection is not used again."""
        if reader is not None:
            reader.close()
        self._on_loop(lambda: self._later(_AGAIN_SECONDS, lambda: self._go_on(job)))
        return None

    def _behind(self, job: Job) -> Feed | None:
        """The partition to read next: of those that don't reach what is kept, the one that is furthest behind in time."""
        wanted = self._hub.wanted()
        behind = [
            (at.timestamp_ms, feed)
            for where, at in tuple(job.positions.items())
            if (feed := wanted.get(where)) is not None and at.offset < feed.kept_from
        ]
        return min(behind, key=lambda one: one[0])[1] if behind else None

    def _slice(self, reader: Reader, job: Job) -> None:
        started = time.monotonic()
        feed = None if job.client.is_gone else self._behind(job)
        if feed is None:
            self._on_loop(lambda: self._go_on(job))
            return
        where, offset = feed.where, job.positions[feed.where].offset
        try:
            batch = reader.read(where, offset, max_records=_SLICE_RECORDS, max_bytes=_SLICE_BYTES)
        except (OffsetOutOfRangeError, TopicUnknownError):
            self._on_loop(lambda: self._fall_back(job, where))
            return
        found = [self._entries.entry(record) for record in batch.records]
        at = batch.records[-1].timestamp_ms if batch.records else job.positions[where].timestamp_ms
        reading = Reading(where, offset, [entry for entry in found if entry is not None], batch.next_offset, at)
        pieces = job.client.writer.write([reading], job.positions)
        self._on_loop(lambda: self._deliver(job, pieces))
        time.sleep(max(0.0, len(batch.records) * self._seconds_per_record - (time.monotonic() - started)))
