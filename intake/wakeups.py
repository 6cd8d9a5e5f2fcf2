"""Carries the log's acknowledgements from its threads into the event loop, many at one wake-up."""

from __future__ import annotations

import asyncio
from collections import deque


class Wakeups:
    """Futures set from other threads. Waking a loop writes to a socket, so one wake-up serves all that came meanwhile."""

    def __init__(self) -> None:
        self._woken: deque[asyncio.Future[bool]] = deque()
        self._is_scheduled = False

    def expect(self, timeout_seconds: float) -> asyncio.Future[bool]:
        """A future of the running loop: True once woken, False when the time is up."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        timer = loop.call_later(timeout_seconds, _resolve, future, False)
        future.add_done_callback(lambda _: timer.cancel())
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


def _resolve(future: asyncio.Future[bool], is_settled: bool) -> None:  # noqa: FBT001  # the future's result
    if not future.done():
        future.set_result(is_settled)
