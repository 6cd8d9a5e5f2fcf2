"""`for event in subscribe(…)`: the simplest consumer; an event is done when the loop asks for the next."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeVar

from eventclient.consuming.dead_letters import DeadLetters
from eventclient.consuming.deliveries import Plan, Source
from eventclient.consuming.errors import Park
from eventclient.consuming.feed import Feed, OnNotice, Taken
from eventclient.consuming.handlers import Handlers, typed
from eventclient.consuming.handling import Handling, Prepared, Rules
from eventclient.consuming.letters_file import FileDeadLetters
from eventclient.consuming.retries import Retries
from eventclient.consuming.seen import MemorySeen, Seen
from eventclient.consuming.sources import source_for
from eventclient.consuming.stats import Stats

T = TypeVar("T")
_POLL_SECONDS = 0.5


class Subscription:
    """Events, in a `for` or an `async for`. Who leaves the loop leaves its event undone: it comes again, but after `done`."""

    def __init__(
        self, streams: tuple[str, ...], source: Source, rules: Rules, *, platform: str, as_: Any, on_notice: OnNotice | None
    ) -> None:
        self._counts = Stats()
        self._feed = Feed(source, self._counts, commit_seconds=1.0, on_notice=on_notice)
        self._plan = Plan(streams, rules.group, platform, rules.handler_seconds, rules.with_canaries, self._feed.revoked)
        self._handling = Handling(rules, Handlers(), self._counts)
        self._as = getattr(as_, "from_dict", as_)
        self._stopping = threading.Event()
        self._given: tuple[Taken, Prepared] | None = None

    def __iter__(self) -> Iterator[Any]:
        self._feed.open(self._plan)
        try:
            while not self._stopping.is_set():
                for event in self._events(self._feed.poll(_POLL_SECONDS)):
                    yield event
                    self.done()
                    self._tick_if_due()
                self._tick_if_due()
        finally:
            self._feed.close()

    async def __aiter__(self) -> AsyncIterator[Any]:
        calling: asyncio.Future[Any] | None = None

        def threaded(call: Callable[[], T]) -> asyncio.Future[T]:
            nonlocal calling
            calling = made = asyncio.ensure_future(asyncio.to_thread(call))
            return asyncio.shield(made)

        await asyncio.to_thread(self._feed.open, self._plan)
        try:
            while not self._stopping.is_set():
                for event in self._events(await threaded(lambda: self._feed.poll(_POLL_SECONDS))):
                    yield event
                    self.done()
                    if self._feed.is_due:
                        await threaded(self._feed.tick)
                await threaded(self._tick_if_due)
        finally:
            if calling is not None and not calling.done():
                await asyncio.wait([calling])  # a thread can't be ended
            await asyncio.to_thread(self._feed.close)

    def done(self) -> None:
        """The event that the loop has now is done, should the loop end with it."""
        if self._given is not None:
            (taken, prepared), self._given = self._given, None
            self._counts.add("handled")
            self._handling.remember(prepared)
            self._feed.done(taken)

    def stop(self) -> None:
        """End the loop at its next event; from any thread."""
        self._stopping.set()

    def stats(self) -> dict[str, Any]:
        """What came and what became of it."""
        return {**self._counts.as_dict(), "lag": dict(self._feed.lag())}

    def _events(self, found: list[Taken]) -> Iterator[Any]:
        for taken in found:
            if self._stopping.is_set() or taken.delivery.lane.is_leaving:
                self._feed.give_back()
                continue
            prepared = self._handling.prepare(taken.delivery)
            if prepared is None or self._handling.is_duplicate(prepared):
                self._feed.done(taken)
                continue
            try:
                event = prepared.event if self._as is None else typed(self._as, prepared.event)
            except Park as error:
                self._handling.park(taken.delivery, error, stream=prepared.stream)
                self._feed.done(taken)
                continue
            self._given = (taken, prepared)
            yield event

    def _tick_if_due(self) -> None:
        if self._feed.is_due:
            self._feed.tick()


def subscribe(
    *streams: str,
    platform: str = "",
    source: Source | None = None,
    group: str = "",
    as_: Any = None,
    canaries: bool = False,
    seen: Seen | None = None,
    dead_letters: DeadLetters | None = None,
    on_notice: OnNotice | None = None,
) -> Subscription:
    """Events of the streams as they come: over the platform's stream server, or the source that is given.

    `group` is the name that the position is kept by; `as_` the class that events are wanted as.
    """
    letters = dead_letters or FileDeadLetters(f"dead-letters-{group or 'consumer'}.jsonl")
    rules = Rules(group, seen or MemorySeen(), letters, Retries(), canaries)
    return Subscription(streams, source or source_for(platform), rules, platform=platform, as_=as_, on_notice=on_notice)
