"""Carries the log's acknowledgements from its threads into the event loop, many at one wake-up."""

from __future__ import annotations

import asyncio
from collections import deque


class Wakeups:
    """Futures set from other threads. Waking a loop writes to a socket, so one wake-up serves all that came meanwhile.

    Nor has each future a timer of its own: all wait equally long, so the first of them is the first whose time is up.
    """

    def __init__(self) -> None:
        self._woken: deque[asyncio.Future[bool]] = deque()
        self._is_scheduled = False
        self._waiting: deque[tuple[float, asyncio.Future[bool]]] = deque()
        self._sweep: asyncio.TimerHandle | None = None

    def expect(self, timeout_seconds: float) -> asyncio.Future[bool]:
        """A future of the running loop: True once woken, False when the time is up, which must be the same for all."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        waiting = self._waiting
        while waiting and waiting[0][1].done():
            waiting.popleft()
        waiting.append((loop.time() + timeout_seconds, future))
        if self._sweep is None:
            self._sweep = loop.call_later(timeout_seconds, self._end_the_late, loop)
        return future

    def wake(self, future: asyncio.Future[bool]) -> None:
        """Resolve `future`; from any thread."""
        self._woken.append(future)
        # Cleared before the deque is emptied: at worst a wake-up finds nothing to do.
        if not self._is_scheduled:
            self._is_scheduled = True
            future.get_loop().call_soon_threadsafe(self._resolve_all)

    def _resolve_all(self) -> None:
        self._is_scheduled = False
        while self._woken:
            _resolve(self._woken.popleft(), True)

    def _end_the_late(self, loop: asyncio.AbstractEventLoop) -> None:
        waiting, now = self._waiting, loop.time()
        while waiting and (waiting[0][1].done() or waiting[0][0] <= now):
            _resolve(waiting.popleft()[1], False)
        self._sweep = loop.call_at(waiting[0][0], self._end_the_late, loop) if waiting else None


def _resolve(future: asyncio.Future[bool], is_settled: bool) -> None:  # noqa: FBT001  # the future's result
    if not future.done():
        future.set_result(is_settled)
