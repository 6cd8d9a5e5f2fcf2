"""`/v1/_debug/{id}/…`: what a client's test asks about the events that it marked: good, bad, all; and the reset."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

import orjson

from eventplatform.core.errors import RejectedError, RetriableError
from eventplatform.guard.permit_errors import CHALLENGE
from eventplatform.guard.request_head import RequestHead, parameter
from intake.answers import JSON, Answer
from intake.trying.boards import MOST_NOTES
from intake.trying.notes import Note, is_debug_id, of_id

if TYPE_CHECKING:
    from intake.trying.noting import Noting  # it knows visits, as this does

PATH = "/v1/_debug/"
_READS = ("good", "bad", "all")
_DEFAULT_SECONDS = 5.0
_MOST_SECONDS = 30.0
_LOOKS_EVERY_SECONDS = 0.1
_MOST_WAITING = 20  # of one process


class DebugIdError(RejectedError):
    """The id of a debug request is none."""

    code = "debug.bad_id"
    message = "A debug id is made of 1 to 64 letters, digits, - and _."
    remedy = "Choose one that nobody guesses, and mark events with it by the header X-Debug-Id."


class DebugOffError(RejectedError):
    """Debug ids are not heeded here."""

    code = "debug.off"
    http_status = 404
    message = "This intake heeds no debug ids."
    remedy = "Set INTAKE_DEBUG to keys or on, or test against an intake where it is."


class DebugNeedsKeyError(RejectedError):
    """Debug ids are heeded of producers with a key only."""

    code = "debug.needs_key"
    http_status = 401
    challenge = CHALLENGE
    message = "This intake heeds debug ids of requests that show a producer key."
    remedy = "Send the key with the events and with the questions about them."


class DebugBusyError(RetriableError):
    """Too many tests wait at once."""

    code = "debug.busy"
    message = "Too many questions wait for events at this moment."
    remedy = "Send it again, with a shorter time."


class Inquiry:
    """One question, or the wish to forget. `wait` events are waited for, but not longer than `seconds`."""

    _waiting: ClassVar[int] = 0

    def __init__(self, noting: Noting, debug_id: str, kind: str, *, wait: int, seconds: float) -> None:
        self._noting = noting
        self._debug_id = debug_id
        self._kind = kind
        self._wait = wait
        self._seconds = seconds

    async def answered(self) -> Answer:
        """The answer, when it is time. Redis is asked in a thread, the waiting costs none.

        Raises:
            DebugBusyError: too many wait.
        """
        if self._kind == "reset":
            await asyncio.to_thread(self._noting.clear, of_id(self._debug_id))
            return self._answer([])
        if not self._wait:
            return self._answer(await self._look())
        if Inquiry._waiting >= _MOST_WAITING:
            raise DebugBusyError
        Inquiry._waiting += 1
        try:
            return self._answer(await self._waited())
        finally:
            Inquiry._waiting -= 1

    async def _waited(self) -> list[Note]:
        deadline = time.monotonic() + self._seconds
        while True:
            notes = await self._look()
            if sum(map(self._is_asked, notes)) >= self._wait or time.monotonic() >= deadline:
                return notes
            await asyncio.sleep(_LOOKS_EVERY_SECONDS)

    async def _look(self) -> list[Note]:
        return await asyncio.to_thread(self._noting.notes, of_id(self._debug_id))

    def _is_asked(self, note: Note) -> bool:
        return self._kind == "all" or note.is_good == (self._kind == "good")

    def _answer(self, notes: Sequence[Note]) -> Answer:
        good = sum(note.is_good for note in notes)
        counts = {"total": len(notes), "good": good, "bad": len(notes) - good, "skipped": sum(note.skipped for note in notes)}
        asked = [note.as_json() for note in reversed(notes) if self._is_asked(note)]
        document: dict[str, Any] = {"id": self._debug_id, **counts, "events": asked}
        return Answer(HTTPStatus.OK, orjson.dumps(document), JSON, (("cache-control", "no-store"),))


def find(method: str, path: str, head: RequestHead, noting: Noting, *, key_prefix: str) -> Inquiry | None:
    """The inquiry that a request makes; None where the address is none of these.

    Raises:
        RejectedError: debug ids are not heeded, or not this one.
    """
    debug_id, _, kind = path.removeprefix(PATH).partition("/")
    is_right = method == "POST" if kind == "reset" else method == "GET" and kind in _READS
    if not path.startswith(PATH) or not is_right:
        return None
    if noting.openness == "off":
        raise DebugOffError
    if not is_debug_id(debug_id):
        raise DebugIdError
    debug_id = noting.own_id(debug_id, key_prefix)
    if not debug_id:
        raise DebugNeedsKeyError
    wait = min(_number(head, "wait", 0), MOST_NOTES)
    seconds = min(_number(head, "seconds", _DEFAULT_SECONDS), _MOST_SECONDS)
    return Inquiry(noting, debug_id, kind, wait=int(wait), seconds=seconds)


def _number(head: RequestHead, name: str, otherwise: float) -> float:
    text = parameter(head.query, name)
    return float(text) if text.isascii() and text.isdecimal() and len(text) <= 4 else otherwise  # noqa: PLR2004  # digits
