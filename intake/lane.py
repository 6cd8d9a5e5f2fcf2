"""The lane: a bare ASGI application in front of the intake, the fast one of the two doors."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from functools import partial
from typing import Any, Protocol

from eventplatform.core.errors import PlatformError
from eventplatform.guard.request_head import RequestHead, is_hasty
from eventplatform.guard.waiting_room import WaitingRoom
from intake import answers
from intake.answers import Answer
from intake.counting import count_request
from intake.service import Intake, StartingError
from intake.submission import Submission
from intake.visits import Visit
from intake.wakeups import Wakeups

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_EVENTS = "/v1/events"


class Runtime(Protocol):
    """What the lane stands on; each call may block and is made in a thread."""

    def start(self) -> Intake:
        """Make the process ready to take events."""
        ...

    def stop(self) -> None:
        """Settle what is queued, and let go."""
        ...

    def readiness(self) -> tuple[bool, dict[str, Any]]:
        """Whether events can be judged, and what to say about it."""
        ...

    def metrics(self) -> tuple[bytes, str]:
        """All metrics of the role, and their content type."""
        ...


class Lane:
    """The ASGI application."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._intake: Intake | None = None
        self._wakeups = Wakeups()
        self._room = WaitingRoom(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)

    async def start(self) -> None:
        """Make ready; called by the server's lifespan."""
        self._intake = await asyncio.to_thread(self._runtime.start)
        self._room = WaitingRoom(self._intake.limits.max_waiting_bytes)

    async def stop(self) -> None:
        """Settle and let go."""
        await asyncio.to_thread(self._runtime.stop)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        service = "" if path == _EVENTS else _service_of(path)
        if service is None:
            answer = await self._other(scope)
        else:
            answer = await self._events(scope, service, receive)
        await send(_start(answer))
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.body})

    async def _events(self, scope: Scope, service: str, receive: Receive) -> Answer:
        intake = self._intake
        if intake is None:
            return answers.of_error(StartingError())
        head = _head(scope, service)
        try:
            if scope["method"] != "POST":
                return intake.answer_other(scope["method"], scope["path"], head)
            visit = intake.open(head)
        except PlatformError as error:
            return answers.of_error(error, errors_url=intake.errors_url)
        await _read(visit, receive, self._room)
        return await self._taken(intake, visit)

    async def _taken(self, intake: Intake, visit: Visit) -> Answer:
        started = time.perf_counter()
        outcome = intake.submit(visit)
        answer = outcome if isinstance(outcome, Answer) else await self._settled(intake, outcome, visit)
        count_request("lane", answer.status, time.perf_counter() - started)
        return answer

    async def _settled(self, intake: Intake, submission: Submission, visit: Visit) -> Answer:
        """Wait for the log, but not longer than a client should."""
        settled = self._wakeups.expect(intake.limits.ack_timeout_seconds)
        submission.when_settled(lambda: self._wakeups.wake(settled))
        return intake.answer(submission, visit) if await settled else intake.give_up(submission, visit)

    async def _other(self, scope: Scope) -> Answer:
        path, method = scope["path"], scope["method"]
        route = _ROUTES.get(path)
        if route is None:
            return await self._elsewhere(scope)
        if method not in {"GET", "HEAD"}:
            return answers.method_not_allowed("GET, HEAD")
        return await route(self)

    async def _elsewhere(self, scope: Scope) -> Answer:
        intake = self._intake
        if intake is None:
            return answers.ROBOTS if scope["path"] == "/robots.txt" else answers.not_found()
        asked = scope["method"], scope["path"], _head(scope, "")
        try:
            inquiry = intake.inquiry(*asked)
            if inquiry is not None:
                return await inquiry.answered()
            visit = intake.test_visit(*asked)
            return intake.answer_elsewhere(*asked) if visit is None else await self._taken(intake, visit)
        except PlatformError as error:
            return answers.of_error(error, errors_url=intake.errors_url)

    async def _healthz(self) -> Answer:
        return answers.json_document({"status": "ok"})

    async def _readyz(self) -> Answer:
        is_ready, document = await asyncio.to_thread(self._runtime.readiness)
        return answers.json_document(document, 200 if is_ready else 503)

    async def _metrics(self) -> Answer:
        body, content_type = await asyncio.to_thread(self._runtime.metrics)
        return Answer(200, body, content_type)


_ROUTES: dict[str, Callable[[Lane], Awaitable[Answer]]] = {
    "/healthz": Lane._healthz,  # noqa: SLF001  # the class's own table
    "/readyz": Lane._readyz,  # noqa: SLF001  # likewise
    "/metrics": Lane._metrics,  # noqa: SLF001  # likewise
}


def _start(answer: Answer) -> Message:
    start = {"type": "http.response.start", "status": int(answer.status), "headers": answer.asgi_headers}
    return {**start, "reason": answer.reason.encode("latin-1", "replace")} if answer.reason else start


async def _read(visit: Visit, receive: Receive, room: WaitingRoom) -> None:
    body, counted, has_more = visit.body, 0, True
    try:
        while has_more and body.wants_more:
            message = await receive()
            if message["type"] == "http.disconnect":
                # Also what a server says of a malformed chunk or a half-closed connection, whose client still reads.
                body.break_off()
                return
            body.feed(message.get("body", b""))
            while body.is_behind:
                counted = room.hold(body, counted)
                await asyncio.sleep(0)  # others' turn: decompressing megabytes takes a while
                body.work()
            has_more = message.get("more_body", False)
            if has_more:  # most bodies come in one piece, and hold nothing while others are waited for
                counted = room.hold(body, counted)
    finally:
        room.leave(counted)


def _service_of(path: str) -> str | None:
    """The service that the path of an intake names, empty for none; None where it is no path of an intake."""
    path = path.removesuffix("/")
    if path == _EVENTS:
        return ""
    name = path.removesuffix(_EVENTS).removeprefix("/")
    return name if path.endswith(_EVENTS) and name and "/" not in name else None


def _head(scope: Scope, service: str) -> RequestHead:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    if len(headers) != len(scope["headers"]):
        headers = _joined(scope["headers"])
    query = scope["query_string"].decode("latin-1")
    client = scope.get("client")
    return RequestHead(
        content_type=headers.get(b"content-type", b"").decode("latin-1"),
        content_length=headers.get(b"content-length", b"").decode("latin-1"),
        content_encoding=headers.get(b"content-encoding", b"").decode("latin-1"),
        request_id=headers.get(b"x-request-id", b"").decode("latin-1"),
        is_hasty=bool(query) and is_hasty(query),
        query=query,
        service=service,
        peer=client[0] if client else "",
        header=partial(_header, headers),
    )


def _header(headers: Mapping[bytes, bytes], name: str) -> str:
    return headers.get(name.encode("latin-1"), b"").decode("latin-1")


def _joined(pairs: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Headers of which one was sent twice, as the other door's server gives them: joined, but the first content type."""
    found: dict[bytes, bytes] = {}
    for name, value in pairs:
        if name not in found:
            found[name] = value
        elif name != b"content-type":
            found[name] += b"," + value
    return found
