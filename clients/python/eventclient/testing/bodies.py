"""A request's body, taken apart into events as the intake does; or why it is refused as a whole."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

MAX_BYTES = 10 * 1024 * 1024
MAX_EVENTS = 1000
_JSON = frozenset({"application/json", "text/plain", "application/reports+json"})
_LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})


@dataclass(eq=False)
class BodyRefused(Exception):  # noqa: N818  # it is an answer
    """The whole request is refused."""

    status: int
    code: str
    detail: str
    remedy: str


def events_of(body: bytes, headers: Mapping[str, str]) -> list[Any]:
    """The events of a body. `headers` by their names in small letters.

    Raises:
        BodyRefused: it holds none, or nothing that is read.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _JSON | _LINES:
        remedy = "Send application/json, or text/plain as beacons do."
        raise BodyRefused(415, "body.content_type", "Events can't be read from this content type.", remedy)
    text = _plain(body, headers.get("content-encoding", "").strip().lower())
    if not text or text.isspace():
        raise _empty()
    found = [_loaded(line) for line in text.splitlines() if line.strip()] if kind in _LINES else _loaded(text)
    if not isinstance(found, list | dict):
        raise BodyRefused(400, "body.not_events", "The body must be one event or an array of events.", "Send a JSON object.")
    if not found:
        raise _empty()
    events = found if isinstance(found, list) else [found]
    if len(events) > MAX_EVENTS:
        detail = f"The request carries {len(events)} events, more than the {MAX_EVENTS} allowed."
        raise BodyRefused(413, "body.too_many_events", detail, "Send fewer events in one request.")
    return events


def too_large() -> BodyRefused:
    """More bytes than a request may have."""
    detail = f"The request body has more than the {MAX_BYTES} bytes allowed."
    return BodyRefused(413, "body.too_large", detail, "Send fewer events in one request.")


def _empty() -> BodyRefused:
    detail = "Request body was empty. Must provide JSON encoded events."
    return BodyRefused(400, "body.empty", detail, "Send one event as a JSON object, or an array of events.")


def _plain(body: bytes, encoding: str) -> bytes:
    if encoding in {"", "identity"}:
        return body
    if encoding not in {"gzip", "deflate"}:
        raise BodyRefused(415, "body.content_encoding", "The door reads gzip and deflate alone.", "Send it uncompressed.")
    try:
        # one byte more than allowed tells enough, however much there is
        inflater = zlib.decompressobj(16 + zlib.MAX_WBITS if encoding == "gzip" else zlib.MAX_WBITS)
        text = inflater.decompress(body, MAX_BYTES + 1)
    except zlib.error:
        raise _undecodable(encoding) from None
    if len(text) > MAX_BYTES:
        raise too_large()
    if not inflater.eof:
        raise _undecodable(encoding)
    return text


def _undecodable(encoding: str) -> BodyRefused:
    return BodyRefused(400, "body.undecodable", f"The body can't be decompressed as {encoding}.", "Compress it once.")


def _loaded(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        detail = f"The body is not valid JSON: {error.msg.partition(': line')[0]} at line {error.lineno}, column {error.colno}."
        raise BodyRefused(400, "json.invalid", detail, "Send UTF-8 encoded JSON.") from None
