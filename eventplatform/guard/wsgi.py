"""Reads a request's head and body from a WSGI environment, chunked bodies too; no more than a door takes."""

from __future__ import annotations

from functools import partial
from typing import Any

from eventplatform.guard.body import BodyReader
from eventplatform.guard.request_head import RequestHead, is_hasty

_CHUNK_BYTES = 64 * 1024


def head_of(environ: dict[str, Any], service: str = "") -> RequestHead:
    """The headers that matter."""
    query = environ.get("QUERY_STRING", "")
    return RequestHead(
        content_type=environ.get("CONTENT_TYPE") or "",
        content_length=environ.get("CONTENT_LENGTH") or "",
        content_encoding=environ.get("HTTP_CONTENT_ENCODING", ""),
        request_id=environ.get("HTTP_X_REQUEST_ID", ""),
        is_hasty=is_hasty(query),
        query=query,
        service=service,
        peer=environ.get("REMOTE_ADDR", ""),
        header=partial(_header, environ),
    )


def _header(environ: dict[str, Any], name: str) -> str:
    value: str = environ.get("HTTP_" + name.upper().replace("-", "_"), "")
    return value


def read_body(environ: dict[str, Any], body: BodyReader, head: RequestHead) -> BodyReader:
    """Read the server's own stream: Django's stops at Content-Length, which a chunked body doesn't have."""
    is_open_ended = "HTTP_TRANSFER_ENCODING" in environ or environ.get("wsgi.input_terminated")
    left = int(head.content_length) if head.content_length.isdecimal() else None if is_open_ended else 0
    while body.wants_more and left != 0:
        # A read waits for all it asks for: never ask beyond the body, nor beyond what would be refused anyway.
        chunk = environ["wsgi.input"].read(min(_CHUNK_BYTES, body.room if left is None else left))
        if not chunk:
            break
        body.feed(chunk)
        left = None if left is None else left - len(chunk)
    return body
