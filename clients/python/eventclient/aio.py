"""The client for asyncio: the same options, counts and promises, with tasks of the loop in place of threads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Generator
from types import TracebackType
from typing import Any, Self

import httpx

from eventclient.producing import posting
from eventclient.producing.calls import Call
from eventclient.producing.early import EarlyCalls
from eventclient.producing.jobs import Fetch, Idle, Send
from eventclient.producing.options import Options
from eventclient.producing.posting import Heard, Request
from eventclient.producing.producer import Producer
from eventclient.producing.threads import http_options, take


def connect(platform_url: str, **options: Any) -> AsyncClient:
    """Make a client of the platform at that address, for the loop that it is first used in; leaving `async with` flushes."""
    return AsyncClient(platform_url, Options.of(options))


class Settled(Awaitable[bool]):
    """What a call came to, known already: to await it takes no turn, and an event is not lost where nobody does."""

    __slots__ = ("_is_taken",)

    def __init__(self, is_taken: bool) -> None:  # noqa: FBT001  # its only value
        self._is_taken = is_taken

    def __bool__(self) -> bool:
        return self._is_taken

    def __await__(self) -> Generator[Any, None, bool]:
        yield from ()
        return self._is_taken


class AsyncClient(Producer[Awaitable[bool]]):
    """For one loop. Leaving `async with`, or `close()`, flushes; there is no flush at exit: the loop is gone by then."""

    def __init__(self, platform_url: str, options: Options) -> None:
        super().__init__(platform_url, options)
        self._pipeline.wake = self._wake
        self._tasks: list[asyncio.Task[None]] = []
        self._idle = 0
        self._called = asyncio.Event()
        self._settled = asyncio.Event()
        self._http: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def send(self, call: Call) -> Awaitable[bool]:
        if self._options.when_full == "block" and (frozen := EarlyCalls.frozen(call)) is not None:
            return asyncio.ensure_future(self._send_when_there_is_room(frozen))
        return Settled(self._pipeline.submit(call))

    def refuse(self, call: Call, reason: str) -> Awaitable[bool]:
        self._pipeline.refuse(reason, call.target)
        return Settled(False)

    async def flush(self, timeout: float = 10.0) -> bool:  # noqa: ASYNC109  # as the client for threads: an answer, no exception
        """Send what was submitted until now, and wait; whether all of it is settled: sent, or dropped with its reason."""
        with self._pipeline.lock:
            target = self._pipeline.flush_target()
        return await self._until(lambda: self._pipeline.is_flushed(target), timeout)

    async def close(self, timeout: float | None = None) -> bool:  # noqa: ASYNC109  # likewise
        """Flush, give up what is left, and end the tasks; whether nothing was given up."""
        seconds = self._options.exit_seconds if timeout is None else timeout
        is_flushed = self._pipeline.is_closed or await self.flush(seconds)
        self._pipeline.give_up()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self._http is not None:
            await self._http.aclose()
        return is_flushed

    async def wait_until_ready(self, timeout: float = 10.0) -> bool:  # noqa: ASYNC109  # likewise
        """Whether the configuration is there; calls before it are kept, so nobody has to wait."""
        self._wake()
        return await self._until(lambda: self._pipeline.configuration is not None, timeout)

    async def _send_when_there_is_room(self, call: Call) -> bool:
        pipeline = self._pipeline
        await self._until(lambda: pipeline.has_room(len(call.event)) or pipeline.is_closed, self._options.block_seconds)
        return pipeline.submit(call)

    async def _until(self, holds: Any, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                while not holds():
                    self._settled.clear()
                    await self._settled.wait()
        except TimeoutError:
            return bool(holds())
        return True

    def _wake(self) -> None:
        """Workers look again, and one more is started where all wait for answers."""
        self._called.set()
        self._settled.set()
        if not self._idle and len(self._tasks) <= self._options.in_flight and not self._pipeline.is_closed:
            self._tasks.append(asyncio.get_running_loop().create_task(self._run(), name="eventclient"))

    async def _run(self) -> None:
        while True:
            with self._pipeline.lock:
                job = self._pipeline.next()
            if isinstance(job, Idle):
                await self._rest(job.seconds)
            else:
                await self._do(job)

    async def _rest(self, seconds: float) -> None:
        self._called.clear()
        self._idle += 1
        try:
            async with asyncio.timeout(seconds):
                await self._called.wait()
        except TimeoutError:
            pass
        finally:
            self._idle -= 1

    async def _do(self, job: Fetch | Send) -> None:
        if isinstance(job, Send):
            heard = await self._heard(posting.post(job, self._options))
            self._pipeline.answered(job, posting.fates(job, heard))
        else:
            take(self._pipeline, await self._heard(posting.question(self._url, job, self._options)), self._url)

    async def _heard(self, request: Request) -> Heard:
        """The whole answer within `timeout_seconds`, however slowly it comes."""
        if self._http is None:
            self._http = httpx.AsyncClient(**http_options(self._pipeline))
        try:
            async with (
                asyncio.timeout(self._options.timeout_seconds),
                self._http.stream(request.method, request.url, headers=request.headers, content=request.body) as answer,
            ):
                body = b""
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > posting.MOST_ANSWER_BYTES:
                        return Heard()
                return Heard(answer.status_code, answer.headers, body)
        except Exception as error:  # noqa: BLE001  # whatever the wire does: there was no answer
            return posting.unheard(request, error)
