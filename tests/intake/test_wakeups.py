"""Acknowledgements reach the event loop from other threads, each once, or their time is up."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from intake.wakeups import Wakeups


def test_wakeups__from_many_threads__all_arrive() -> None:
    async def wait() -> list[bool]:
        wakeups = Wakeups()
        futures = [wakeups.expect(30) for _ in range(2000)]
        with ThreadPoolExecutor(8) as threads:
            done = threads.map(wakeups.wake, futures)
            results = await asyncio.gather(*futures)
        list(done)
        return results

    assert asyncio.run(wait()) == [True] * 2000


def test_wakeups__nobody_wakes__false_after_the_time() -> None:
    async def wait() -> bool:
        return await Wakeups().expect(0.01)

    assert asyncio.run(wait()) is False


def test_wakeups__woken_after_the_time__ignored() -> None:
    async def wait() -> bool:
        wakeups = Wakeups()
        future = wakeups.expect(0.001)
        result = await future
        thread = threading.Thread(target=wakeups.wake, args=(future,))
        thread.start()
        thread.join()
        await asyncio.sleep(0)
        return result

    assert asyncio.run(wait()) is False


def test_wakeups__some_woken_some_not__each_has_its_own_time() -> None:
    async def wait() -> list[bool]:
        wakeups = Wakeups()
        first, second = wakeups.expect(0.05), wakeups.expect(0.05)
        wakeups.wake(first)
        await first
        await second
        third = wakeups.expect(30)
        wakeups.wake(third)
        return [first.result(), second.result(), await third]

    assert asyncio.run(wait()) == [True, False, True]
