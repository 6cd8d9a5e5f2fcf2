"""What the door says: status, headers and body of every answer, the same for both adapters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any

import orjson

from eventplatform.core.errors import PlatformError, RetriableError
from eventplatform.core.results import Summary, problem

Header = tuple[str, str]

_PROBLEM = "application/problem+json"
_JSON = "application/json"
_TEXT = "text/plain; charset=utf-8"

_POLICY = (
    "default-src 'self'; object-src 'none'; media-src 'none'; img-src 'none'; style-src 'none'; base-uri 'self'; "
    "frame-ancestors 'self'"
)
# The reference's own set, and what Django's security middleware would add at the other door.
COMMON_HEADERS: tuple[Header, ...] = (
    ("access-control-allow-origin", "*"),
    ("access-control-allow-headers", "accept, x-requested-with, content-type"),
    ("access-control-expose-headers", "etag"),
    ("access-control-allow-methods", "post"),
    ("x-xss-protection", "1; mode=block"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "SAMEORIGIN"),
    ("content-security-policy", _POLICY),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
)
_COMMON_BYTES = [(name.encode(), value.encode()) for name, value in COMMON_HEADERS]


@dataclass(frozen=True)
class Answer:
    """An HTTP answer without its transport."""

    status: int
    body: bytes = b""
    content_type: str = ""
    extra: tuple[Header, ...] = ()

    @property
    def headers(self) -> tuple[Header, ...]:
        """All headers but the length."""
        kind = (("content-type", self.content_type),) if self.content_type else ()
        return (*COMMON_HEADERS, *kind, *self.extra)

    @cached_property
    def asgi_headers(self) -> list[tuple[bytes, bytes]]:
        """All headers as ASGI wants them, with the length."""
        own = [(name.encode(), value.encode()) for name, value in self.headers[len(COMMON_HEADERS) :]]
        return [*_COMMON_BYTES, *own, (b"content-length", b"%d" % len(self.body))]


ACCEPTED = Answer(HTTPStatus.CREATED)
HASTILY_RECEIVED = Answer(HTTPStatus.ACCEPTED)
OPTIONS = Answer(HTTPStatus.OK, b"POST", _TEXT, (("allow", "POST"),))
ROBOTS = Answer(HTTPStatus.OK, b"User-agent: *\nDisallow: /\n", _TEXT)


def of_summary(summary: Summary) -> Answer:
    """The answer about a request's events."""
    if summary.body is None:
        return ACCEPTED
    return Answer(summary.status, orjson.dumps(summary.body), _PROBLEM, _retry_after(summary.retry_after_seconds))


def of_error(error: PlatformError) -> Answer:
    """The answer to a request that is refused as a whole."""
    document = problem(error.http_status, str(error), code=error.code, remedy=error.hint)
    if error.pointer:
        document["pointer"] = error.pointer
    retry_after = error.retry_after_seconds if isinstance(error, RetriableError) else None
    return Answer(error.http_status, orjson.dumps(document), _PROBLEM, _retry_after(retry_after))


def not_found() -> Answer:
    """There is nothing at this address."""
    status = HTTPStatus.NOT_FOUND
    document = problem(status, "There is nothing at this address.", code="path.unknown", remedy="POST events to /v1/events.")
    return Answer(status, orjson.dumps(document), _PROBLEM)


def method_not_allowed(allowed: str) -> Answer:
    """The address takes other methods."""
    status = HTTPStatus.METHOD_NOT_ALLOWED
    detail = f"This address takes {allowed} only."
    document = problem(status, detail, code="method.not_allowed", remedy=f"Use {allowed}.")
    return Answer(status, orjson.dumps(document), _PROBLEM, (("allow", allowed),))


def json_document(document: Any, status: int = HTTPStatus.OK) -> Answer:
    """A plain JSON answer."""
    return Answer(status, orjson.dumps(document), _JSON)


def _retry_after(seconds: int | None) -> tuple[Header, ...]:
    return () if seconds is None else (("retry-after", str(seconds)),)
