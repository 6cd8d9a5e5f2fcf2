"""Keeps a WSGI server answering while bodies drip in: each is read in a thread, and they may hold some threads, never all."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

import orjson

from eventplatform.core.errors import RetriableError
from eventplatform.core.results import problem

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]
_WAIT_SECONDS = 0.02  # longer than honest bodies take to be read, shorter than anybody minds


class SlowBodiesError(RetriableError):
    """As many bodies are being read as may be at once; most of them, or all of this address, arrive very slowly."""

    code = "body.slots"
    message = "Too many bodies are arriving slowly; this one was not read."
    remedy = "Send it again after the time that Retry-After names. Events go to the intake's own port, which has room for more."


class BodySlots:
    """A WSGI application in front of another. `per_address` keeps one slow address from holding every slot."""

    def __init__(self, application: Application, *, slots: int, per_address: int) -> None:
        self._application = application
        self._slots = slots
        self._per_address = per_address
        self._readers: Counter[str] = Counter()
        self._changed = threading.Condition()

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Answer; a request with a body waits for a slot, and holds it until its body is read."""
        length = environ.get("CONTENT_LENGTH") or ""
        if length in {"", "0"} and "HTTP_TRANSFER_ENCODING" not in environ:
            return self._application(environ, start_response)
        address = environ.get("REMOTE_ADDR", "")
        if not self._enter(address):
            return _refused(start_response)
        body = _Body(environ["wsgi.input"], int(length) if length.isdecimal() else None, lambda: self._leave(address))
        environ["wsgi.input"] = body
        try:
            return self._application(environ, start_response)
        finally:
            body.release()

    def _enter(self, address: str) -> bool:
        with self._changed:
            may = self._changed.wait_for(lambda: self._has_room(address), _WAIT_SECONDS)
            if may:
                self._readers[address] += 1
            return may

    def _has_room(self, address: str) -> bool:
        return self._readers.total() < self._slots and self._readers[address] < self._per_address

    def _leave(self, address: str) -> None:
        with self._changed:
            self._readers[address] -= 1
            self._readers += Counter()  # drops those at zero
            self._changed.notify_all()


class _Body:
    """The server's stream; lets its slot go with the last byte."""

    def __init__(self, stream: Any, left: int | None, leave: Callable[[], None]) -> None:
        self._stream = stream
        self._left = left
        self._leave: Callable[[], None] | None = leave

    def read(self, size: int = -1) -> bytes:
        return self._taken(self._stream.read(size), is_end=size < 0)

    def readline(self, size: int = -1) -> bytes:
        return self._taken(self._stream.readline(size), is_end=False)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def _taken(self, data: bytes, *, is_end: bool) -> bytes:
        if self._left is not None:
            self._left -= len(data)
        if is_end or not data or (self._left is not None and self._left <= 0):
            self.release()
        return data

    def release(self) -> None:
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()


def _refused(start_response: Any) -> Iterable[bytes]:
    error = SlowBodiesError()
    status = HTTPStatus(error.http_status)
    body = orjson.dumps(problem(status, str(error), code=error.code, remedy=error.hint))
    headers = [
        ("content-type", "application/problem+json"),
        ("content-length", str(len(body))),
        ("retry-after", str(error.retry_after_seconds)),
        ("access-control-allow-origin", "*"),
        ("connection", "close"),
    ]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]
