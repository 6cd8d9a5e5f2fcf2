"""An answer without its transport, the same for both adapters; and the few that no profile changes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from http import HTTPStatus
from typing import Any

import orjson

from eventplatform.core.errors import PlatformError, RejectedError
from eventplatform.core.results import problem

Header = tuple[str, str]
Headers = tuple[Header, ...]

JSON = "application/json"
PROBLEM = "application/problem+json"
TEXT = "text/plain; charset=utf-8"

CORS: Headers = (
    ("access-control-allow-origin", "*"),
    ("access-control-allow-headers", "accept, x-requested-with, content-type"),
    ("access-control-expose-headers", "etag"),
    ("access-control-allow-methods", "post"),
)
_POLICY = (
    "default-src 'self'; object-src 'none'; media-src 'none'; img-src 'none'; style-src 'none'; base-uri 'self'; "
    "frame-ancestors 'self'"
)
PROTECTION: Headers = (
    ("x-xss-protection", "1; mode=block"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "SAMEORIGIN"),
    ("content-security-policy", _POLICY),
)
# What Django's security middleware would add at the other door.
OF_DJANGO: Headers = (("referrer-policy", "same-origin"), ("cross-origin-opener-policy", "same-origin"))
COMMON_HEADERS: Headers = (*CORS, *PROTECTION, *OF_DJANGO)


class PathUnknownError(RejectedError):
    """The address is none of the intake's."""

    code = "path.unknown"
    http_status = HTTPStatus.NOT_FOUND
    message = "There is nothing at this address."
    remedy = "POST events to /v1/events."


@dataclass(frozen=True)
class Answer:
    """An HTTP answer without its transport. `common` are the headers of every answer of its profile.

    A chunked answer names no length, as Node's `res.end()`; the server frames it.
    """

    status: int
    body: bytes = b""
    content_type: str = ""
    extra: Headers = ()
    reason: str = ""  # the reason phrase; empty for the status's own
    common: Headers = COMMON_HEADERS
    is_chunked: bool = False

    @property
    def headers(self) -> Headers:
        """All headers but the length."""
        return (*self.common, *self._own)

    @property
    def _own(self) -> Headers:
        kind = (("content-type", self.content_type),) if self.content_type else ()
        return (*kind, *self.extra)

    @cached_property
    def asgi_headers(self) -> list[tuple[bytes, bytes]]:
        """All headers as ASGI wants them, with the length."""
        made = [*_as_bytes(self.common), *((name.encode(), value.encode("latin-1", "replace")) for name, value in self._own)]
        if not self.is_chunked:
            made.append((b"content-length", b"%d" % len(self.body)))
        return made


@lru_cache(maxsize=256)
def _as_bytes(headers: Headers) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.encode(), value.encode("latin-1", "replace")) for name, value in headers)


ROBOTS = Answer(HTTPStatus.OK, b"User-agent: *\nDisallow: /\n", TEXT)


def of_error(error: PlatformError, *, errors_url: str = "", common: Headers = COMMON_HEADERS) -> Answer:
    """The answer to a request that is refused as a whole."""
    document = problem(error.http_status, str(error), code=error.code, remedy=error.hint)
    if errors_url:
        document["doc"] = errors_url + error.code
    if error.pointer:
        document["pointer"] = error.pointer
    return Answer(error.http_status, orjson.dumps(document), PROBLEM, what_to_heed(error), common=common)


def not_found(errors_url: str = "") -> Answer:
    """There is nothing at this address."""
    return of_error(PathUnknownError(), errors_url=errors_url)


def method_not_allowed(allowed: str, errors_url: str = "") -> Answer:
    """The address takes other methods."""
    status, code = HTTPStatus.METHOD_NOT_ALLOWED, "method.not_allowed"
    document = problem(status, f"This address takes {allowed} only.", code=code, remedy=f"Use {allowed}.")
    if errors_url:
        document["doc"] = errors_url + code
    return Answer(status, orjson.dumps(document), PROBLEM, (("allow", allowed),))


def json_document(document: Any, status: int = HTTPStatus.OK) -> Answer:
    """A plain JSON answer."""
    return Answer(status, orjson.dumps(document), JSON)


def what_to_heed(error: PlatformError) -> Headers:
    """The headers that an error brings: when to try again, and what to show at the door."""
    challenge = getattr(error, "challenge", "")
    return (*retry_after(error.retry_after_seconds), *((("www-authenticate", challenge),) if challenge else ()))


def retry_after(seconds: int | None) -> Headers:
    """When to try again, where that is known."""
    return () if seconds is None else (("retry-after", str(seconds)),)
