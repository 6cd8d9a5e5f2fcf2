"""The client for threads: `submit` returns at once, daemon threads send."""

from __future__ import annotations

import atexit
import os
import time
import weakref
from types import TracebackType
from typing import Any, Self

from eventclient.producing.calls import Call
from eventclient.producing.options import Options
from eventclient.producing.pipeline import Pipeline
from eventclient.producing.producer import Producer
from eventclient.producing.threads import Threads
from eventclient.stats import log


def connect(platform_url: str, **options: Any) -> Client:
    """A client of the platform at that address; `eventclient.producing.options.Options` lists what it can be told.

    Nothing is asked or sent before the first call; what waits is flushed when the process ends.
    """
    return Client(platform_url, Options.of(options))


class Client(Producer[bool]):
    """Safe for threads, and for processes that fork: a child has its own threads, and sends only what it submits itself."""

    def __init__(self, platform_url: str, options: Options) -> None:
        super().__init__(platform_url, options)
        self._begin(self._pipeline)
        _clients.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def send(self, call: Call) -> bool:
        return self._pipeline.submit(call)

    def refuse(self, call: Call, reason: str) -> bool:
        self._pipeline.refuse(reason, call.target)
        return False

    def flush(self, timeout: float = 10.0) -> bool:
        """Send what was submitted until now, and wait; whether all of it is settled: sent, or dropped with its reason."""
        pipeline = self._pipeline
        deadline = time.monotonic() + timeout
        with pipeline.lock:
            target = pipeline.flush_target()
            while not pipeline.is_flushed(target):
                if (left := deadline - time.monotonic()) <= 0:
                    return False
                pipeline.lock.wait(left)
        return True

    def close(self, timeout: float | None = None) -> bool:
        """Flush, give up what is left, and end the threads; whether nothing was given up."""
        seconds = self._options.exit_seconds if timeout is None else timeout
        is_flushed = self._pipeline.is_closed or self.flush(seconds)
        self._pipeline.give_up()
        self._threads.close()
        _clients.discard(self)
        return is_flushed

    def wait_until_ready(self, timeout: float = 10.0) -> bool:
        """Whether the configuration is there; calls before it are kept, so nobody has to wait."""
        with self._pipeline.lock:
            self._pipeline.wake()
            return self._pipeline.lock.wait_for(lambda: self._pipeline.configuration is not None, timeout)

    def _begin(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._threads = Threads(pipeline, self._url, owner=self)
        if self._options.when_full == "block":
            pipeline.make_room = self._wait_for_room

    def _wait_for_room(self, size: int) -> None:
        """With the pipeline's lock held, which waiting gives away."""
        pipeline = self._pipeline
        pipeline.lock.wait_for(lambda: pipeline.is_closed or pipeline.has_room(size), self._options.block_seconds)

    def _begin_in_child(self) -> None:
        """After a fork: the parent's threads, connections and events stay the parent's; a lock may be held for ever."""
        self._judge = self._judge.renewed()
        self._begin(self._pipeline.renewed(self._judge))


_clients: weakref.WeakSet[Client] = weakref.WeakSet()


def _flush_at_exit() -> None:
    for client in list(_clients):
        stats = client.stats()
        if stats.waiting + stats.in_flight and not client.close():
            log.warning("exit.gave_up events=%d", client.stats().dropped["gave_up"])


def _after_fork() -> None:
    for client in list(_clients):
        client._begin_in_child()  # noqa: SLF001  # the module's own


atexit.register(_flush_at_exit)
os.register_at_fork(after_in_child=_after_fork)
