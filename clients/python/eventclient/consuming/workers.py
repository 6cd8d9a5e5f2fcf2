"""Threads that handle events side by side; those with the same key always in one, so they stay in their order."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Workers(Generic[T]):
    """`work` is called for each; the first error that it raises is raised again by `check`."""

    def __init__(self, count: int, work: Callable[[T], None], *, most: int) -> None:
        self._work = work
        self._room = threading.Semaphore(most)
        self._queues: list[queue.SimpleQueue[T | None]] = [queue.SimpleQueue() for _ in range(count)]
        self._began: dict[int, tuple[float, T]] = {}
        self._error: BaseException | None = None
        self._threads = [threading.Thread(target=self._run, args=(n,), name=f"consumer-{n}", daemon=True) for n in range(count)]
        for thread in self._threads:
            thread.start()

    def has_room(self, seconds: float) -> bool:
        """Waits until one more may be submitted; True means: now do."""
        return self._room.acquire(timeout=seconds)

    def submit(self, key: Hashable, one: T) -> None:
        """Have it handled, behind all others with this key."""
        self._queues[hash(key) % len(self._queues)].put(one)

    def check(self) -> None:
        """Raise what a worker raised."""
        if self._error is not None:
            raise self._error

    def longest_seconds(self) -> float:
        """How long the oldest call lasts already."""
        began = [since for since, _ in list(self._began.values())]
        return time.monotonic() - min(began) if began else 0.0

    def under_way(self) -> list[T]:
        """What is being handled."""
        return [one for _, one in list(self._began.values())]

    def close(self, seconds: float) -> bool:
        """What is under way ends first; False where it did not within so long, and is left alone."""
        for one in self._queues:
            one.put(None)
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self, number: int) -> None:
        while (one := self._queues[number].get()) is not None:
            self._began[number] = time.monotonic(), one
            try:
                self._work(one)
            except BaseException as error:  # noqa: BLE001  # the consumer's thread raises it
                self._error = self._error or error
            finally:
                del self._began[number]
                self._room.release()
