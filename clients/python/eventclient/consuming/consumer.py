"""The consumer: handlers by stream, one event after another or several side by side, until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeVar

from eventclient.consuming.dead_letters import DeadLetters
from eventclient.consuming.decoding import Event, place_of
from eventclient.consuming.deliveries import Lane, Plan, Source
from eventclient.consuming.errors import ConsumerError
from eventclient.consuming.feed import Feed, OnNotice, Taken
from eventclient.consuming.handlers import Handler, Handlers, route
from eventclient.consuming.handling import Handling, Prepared, Rules
from eventclient.consuming.letters_file import FileDeadLetters
from eventclient.consuming.retries import Retries
from eventclient.consuming.seen import MemorySeen, Seen
from eventclient.consuming.signals import stopped_by_signals
from eventclient.consuming.sources import source_for
from eventclient.consuming.stats import Stats
from eventclient.consuming.workers import Workers

_log = logging.getLogger("eventclient.consuming")

F = TypeVar("F", bound=Handler)
_POLL_SECONDS = 0.5
_MOST_WAITING = 64  # events for each worker, so that few come again after a kill
_LOOK_SECONDS = 0.02
_REVOKE_SECONDS = 30.0  # that a rebalance waits for what is under way


class Consumer:
    """Handles every event of the streams at least once; what can't be handled goes into the dead letters.

    With `workers=1` events are handled in the thread that calls `run`. With more, events with the same key stay in
    their order: the record's key, or its partition, or what `order_by` says of an event.
    """

    def __init__(  # the how-to explains each
        self,
        streams: str | Iterable[str] = (),
        handler: Handler | None = None,
        *,
        platform: str = "",
        source: Source | None = None,
        group: str = "",
        as_: Any = None,
        dead_letters: DeadLetters | None = None,
        retries: Retries | None = None,
        seen: Seen | None = None,
        canaries: bool = False,
        workers: int = 1,
        order_by: Callable[[Event], Hashable] | None = None,
        handler_seconds: float = 300.0,
        commit_seconds: float = 1.0,
        on_notice: OnNotice | None = None,
    ) -> None:
        self._streams = (streams,) if isinstance(streams, str) else tuple(streams)
        self._handlers = Handlers()
        self._handlers.otherwise = route(handler, as_) if handler else None
        self._platform, self._group = platform, group
        self._source = source or source_for(platform)
        self._order_by, self._handler_seconds, self._canaries = order_by, handler_seconds, canaries
        self._counts = Stats()
        self._feed = Feed(self._source, self._counts, commit_seconds=commit_seconds, on_notice=on_notice)
        letters = dead_letters or FileDeadLetters(f"dead-letters-{group or 'consumer'}.jsonl")
        rules = Rules(group, seen or MemorySeen(), letters, retries or Retries(), canaries, handler_seconds)
        self._handling = Handling(rules, self._handlers, self._counts)
        self._stopping = threading.Event()
        self._count_of_workers = workers
        self._workers: Workers[tuple[Taken, Prepared]] | None = None

    def on(self, *streams: str, as_: Any = None) -> Callable[[F], F]:
        """Decorates the handler of these streams; `as_` is the class that it wants its events as."""

        def registered(handler: F) -> F:
            self._handlers.by_stream |= dict.fromkeys(streams, route(handler, as_))
            return handler

        return registered

    def run(self, *, signals: bool = True) -> None:
        """Consume until `stop`, or SIGTERM or SIGINT: the event under way is finished, and positions are kept.

        Raises:
            ConsumerError: going on would lose events, or is no use.
        """
        if self._handlers.wants_loop and self._handlers.loop is None:
            raise ConsumerError("A handler is asynchronous.", remedy="Start the consumer with `await consumer.run_async()`.")
        with stopped_by_signals(self.stop, wanted=signals):
            self._consume()

    async def run_async(self) -> None:
        """The same for asynchronous handlers, which run on this loop; cancelling it stops the consumer."""
        self._handlers.loop = asyncio.get_running_loop()
        running = asyncio.ensure_future(asyncio.to_thread(self._consume))
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            self.stop()
            await running
            raise

    def stop(self) -> None:
        """End after the event under way; from any thread or a signal's handler."""
        self._stopping.set()

    def stats(self) -> dict[str, Any]:
        """What came and what became of it; `lag` by partition where it is known."""
        return {**self._counts.as_dict(), "lag": dict(self._feed.lag())}

    def _consume(self) -> None:
        plan = Plan(self._wanted(), self._group, self._platform, self._handler_seconds, self._canaries, self._revoked)
        if self._count_of_workers > 1:
            self._workers = Workers(self._count_of_workers, self._work, most=self._count_of_workers * _MOST_WAITING)
        try:
            self._feed.open(plan)
            while not self._stopping.is_set():
                for taken in self._feed.poll(_POLL_SECONDS):
                    self._take(taken)
                if self._feed.is_due:
                    self._feed.commit()
                if self._workers:
                    self._workers.check()
        finally:
            self._end()

    def _wanted(self) -> tuple[str, ...]:
        streams = tuple(dict.fromkeys((*self._streams, *self._handlers.streams)))
        if not streams:
            raise ConsumerError("No stream is named.", remedy="Name streams, or handlers with @consumer.on.")
        return streams

    def _take(self, taken: Taken) -> None:
        if self._stopping.is_set() or taken.delivery.lane.is_leaving:
            self._feed.give_back()
            return
        prepared = self._handling.prepare(taken.delivery)
        if prepared is None:
            self._feed.done(taken)
        elif self._workers is None:
            self._settle(taken, self._handling.handle(prepared, self._wait))
        else:
            self._hand_out(self._workers, taken, prepared)
        if self._feed.is_due:
            self._feed.tick()

    def _hand_out(self, workers: Workers[tuple[Taken, Prepared]], taken: Taken, prepared: Prepared) -> None:
        try:
            key = hash(self._key(prepared))
        except Exception as error:  # noqa: BLE001  # what `order_by` raises for this event alone
            self._handling.park(taken.delivery, error, stream=prepared.stream)
            self._feed.done(taken)
            return
        while not workers.has_room(_POLL_SECONDS):
            workers.check()
            if self._stopping.is_set() or taken.delivery.lane.is_leaving:
                self._feed.give_back()
                return
            if workers.longest_seconds() < self._handler_seconds:  # else whoever assigns partitions may give them to others
                self._feed.keep_alive()
        workers.submit(key, (taken, prepared))

    def _work(self, one: tuple[Taken, Prepared]) -> None:
        taken, prepared = one
        is_late = self._stopping.is_set() or taken.delivery.lane.is_leaving
        self._settle(taken, not is_late and self._handling.handle(prepared, self._stopping.wait))

    def _settle(self, taken: Taken, is_done: bool) -> None:  # noqa: FBT001  # what `handle` answered
        if is_done:
            self._feed.done(taken)
        else:
            self._feed.give_back()

    def _key(self, one: Prepared) -> Hashable:
        if self._order_by is not None:
            return self._order_by(one.event)
        return one.delivery.key or place_of(one.event)

    def _wait(self, seconds: float) -> bool:
        """The pause before a next try, in the thread that also keeps the source alive."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._stopping.wait(min(left, _POLL_SECONDS)):
                return True
            self._feed.keep_alive()
        return self._stopping.is_set()

    def _revoked(self, lanes: Sequence[Lane]) -> None:
        """A rebalance waits for what its lanes have under way; without workers that is the caller itself."""
        for lane in lanes:
            lane.is_leaving = True
        until = time.monotonic() + _REVOKE_SECONDS
        while self._workers and time.monotonic() < until:
            if not any(taken.delivery.lane.is_leaving for taken, _ in self._workers.under_way()):
                break
            time.sleep(_LOOK_SECONDS)
        self._feed.revoked(lanes)

    def _end(self) -> None:
        self._stopping.set()
        if self._workers and not self._workers.close(self._handler_seconds):
            _log.warning("consumer.left_behind a handler did not end; its event comes again")
        self._feed.close()
