"""Answers of the role `stream` that are no streams, and the head of those that are."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

import orjson

from eventplatform.core.errors import PlatformError
from eventplatform.core.results import title_of
from monitoring.streaming.errors import problem_body

Headers = tuple[tuple[str, str], ...]

JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_COMMON: Headers = (
    # Whoever asks from another site's page is a stranger: browsers send no cookie where any origin may read the answer.
    ("access-control-allow-origin", "*"),
    ("access-control-allow-headers", "accept, authorization, cache-control, last-event-id, x-requested-with"),
    ("access-control-allow-methods", "GET, HEAD, OPTIONS"),
    ("access-control-expose-headers", "etag, retry-after"),
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("vary", "Accept, Authorization, Cookie"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; the connection ends with it."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: Headers = ()

    def rendered(self, *, with_body: bool = True) -> bytes:
        """As it goes over the wire."""
        own = (("content-type", self.content_type), ("content-length", str(len(self.body))), ("connection", "close"))
        return head(self.status, (*own, *self.headers)) + (self.body if with_body else b"")


def head(status: int, headers: Iterable[tuple[str, str]]) -> bytes:
    """Status line and headers, with those that every answer has."""
    given = dict([*_COMMON, ("cache-control", "no-cache"), *headers])
    lines = [f"HTTP/1.1 {status} {title_of(status)}", f"date: {formatdate(time.time(), usegmt=True)}"]
    lines += [f"{name}: {value}" for name, value in given.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def document(content: Any, status: int = 200, headers: Headers = ()) -> Answer:
    """A JSON document."""
    return Answer(status, orjson.dumps(content), JSON, headers)


def of_error(error: PlatformError, *, method: str, uri: str) -> Answer:
    """What a refused request is told."""
    headers: list[tuple[str, str]] = []
    if error.retry_after_seconds is not None:
        headers.append(("retry-after", str(error.retry_after_seconds)))
    if error.http_status == 401:  # noqa: PLR2004  # RFC 9110 wants the challenge
        headers.append(("www-authenticate", 'Bearer realm="streams"'))
    if error.http_status == 405:  # noqa: PLR2004  # likewise the methods
        headers.append(("allow", "GET, HEAD, OPTIONS"))
    return document(problem_body(error, method=method, uri=uri), int(error.http_status), tuple(headers))
