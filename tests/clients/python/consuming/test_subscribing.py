"""The loops: when an event counts as done, and what ends them; asynchronous handlers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any, Self

import pytest

from eventclient.consuming.consumer import Consumer
from eventclient.consuming.dead_letters import MemoryDeadLetters
from eventclient.consuming.deliveries import Lane
from eventclient.consuming.sources import MemorySource
from eventclient.consuming.subscribing import subscribe
from tests.clients.python.consuming.events import event, wait_until


class Page:
    def __init__(self, n: int) -> None:
        self.n = n

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Self:
        return cls(found["n"])


def test_loop__left_at_an_event__leaves_it_undone() -> None:
    source = MemorySource([event(n) for n in range(5)])

    for one in subscribe("pages", source=source):
        if one["n"] == 2:
            break

    assert source.committed == 2


def test_loop__done_is_said_before_it_is_left__it_is_done() -> None:
    source = MemorySource([event(n) for n in range(5)])
    subscription = subscribe("pages", source=source)

    for one in subscription:
        if one["n"] == 2:
            subscription.done()
            break

    assert source.committed == 3
    assert subscription.stats()["handled"] == 3


def test_loop__raises__event_comes_again() -> None:
    source = MemorySource([event(1), event(2)])

    def consume() -> None:
        for one in subscribe("pages", source=source):
            _ = 1 / (one["n"] - 2)

    with pytest.raises(ZeroDivisionError):
        consume()

    assert source.committed == 1


def test_loop__typed__what_is_none_of_the_class_is_parked() -> None:
    source, letters = MemorySource([{"meta": {}}, event(7)]), MemoryDeadLetters()
    subscription = subscribe("pages", source=source, as_=Page, dead_letters=letters)

    for page in subscription:
        assert isinstance(page, Page)
        assert page.n == 7
        subscription.stop()

    assert [one.code for one in letters.letters] == ["consumer.not_typed"]
    assert source.committed == 2


def test_async_loop__cancelled__ends_and_keeps_what_is_done() -> None:
    source = MemorySource([event(1), event(2)])
    found: list[int] = []

    async def read() -> None:
        async for one in subscribe("pages", source=source):
            found.append(one["n"])  # noqa: PERF401  # it never ends by itself

    async def main() -> None:
        task = asyncio.create_task(read())
        await asyncio.to_thread(wait_until, lambda: len(found) == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert source.committed == 2


class SlowToCommit(MemorySource):
    def __init__(self) -> None:
        super().__init__([event(1)])
        self.begun, self.go_on, self.done = threading.Event(), threading.Event(), list[str]()

    def commit(self, done: Mapping[Lane, Any]) -> bool:
        self.begun.set()
        assert self.go_on.wait(10)
        self.done.append("committed")
        return super().commit(done)

    def close(self) -> None:
        self.done.append("closed")


def test_async_loop__cancelled_while_its_place_is_kept__closed_after_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventclient.consuming.feed.Feed.is_due", True)
    source = SlowToCommit()

    async def read() -> None:
        async for _ in subscribe("pages", source=source):
            pass

    async def main() -> None:
        task = asyncio.create_task(read())
        assert await asyncio.to_thread(source.begun.wait, 10)
        task.cancel()
        await asyncio.sleep(0.05)
        source.go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert source.done == ["committed", "closed"]


def test_async_handlers__with_workers__run_side_by_side() -> None:
    source, together = MemorySource([event(n) for n in range(3)]), 0
    most = 0

    async def main() -> None:
        all_there = asyncio.Event()

        async def handle(_: object) -> None:
            nonlocal together, most
            together += 1
            most = max(most, together)
            if together == 3:
                all_there.set()
            await asyncio.wait_for(all_there.wait(), 10)

        consumer = Consumer("pages", handle, source=source, workers=3, order_by=lambda one: one["n"], commit_seconds=0)
        task = asyncio.create_task(consumer.run_async())
        await asyncio.to_thread(wait_until, lambda: source.committed == 3)
        consumer.stop()
        await task

    asyncio.run(main())
    assert most == 3


def test_async__handler_on_the_loop__handled_there() -> None:
    source, found = MemorySource([event(n) for n in range(5)]), []

    async def main() -> None:
        async def handle(one: dict[str, Any]) -> None:
            await asyncio.sleep(0)
            found.append((one["n"], threading.current_thread() is threading.main_thread()))

        consumer = Consumer("pages", handle, source=source, commit_seconds=0)
        task = asyncio.create_task(consumer.run_async())
        await asyncio.to_thread(wait_until, lambda: source.committed == 5)
        consumer.stop()
        await task

    asyncio.run(main())
    assert found == [(n, True) for n in range(5)]


def test_async__cancelled__stops_and_keeps_what_is_done() -> None:
    source = MemorySource([event(1)])

    async def main() -> None:
        async def handle(_: object) -> None:
            return

        consumer = Consumer("pages", handle, source=source)
        task = asyncio.create_task(consumer.run_async())
        await asyncio.to_thread(wait_until, lambda: consumer.stats()["handled"])
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert source.committed == 1
