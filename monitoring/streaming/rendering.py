"""Events, notices and signs of life as bytes: server-sent events, or one JSON document a line."""

from __future__ import annotations

from typing import Any, Literal

import orjson

Format = Literal["sse", "lines"]

RETRY_MS = 3000  # until a client whose connection ended connects again
CONTENT_TYPES: dict[Format, bytes] = {
    "sse": b"text/event-stream; charset=utf-8",
    "lines": b"application/json; charset=utf-8",
}
OPENINGS: dict[Format, bytes] = {"sse": b":ok\n\nretry: %d\n\n" % RETRY_MS, "lines": b"\n"}


def format_of(accept: str) -> Format:
    """JSON lines for who accepts application/json first, as EventStreams reads the header; else server-sent events."""
    return "lines" if accept.lstrip().lower().startswith("application/json") else "sse"


def event(kind: Format, data: bytes, event_id: bytes) -> bytes:
    """One event; JSON has no line breaks of its own."""
    if kind == "lines":
        return data + b"\n"
    return b"event: message\nid: " + event_id + b"\ndata: " + data + b"\n\n"


def heartbeat(kind: Format, event_id: bytes) -> bytes:
    """A sign of life. It carries the id, which browsers remember without an event: what was looked at isn't looked at again."""
    return b"\n" if kind == "lines" else b": heartbeat\nid: " + event_id + b"\n\n"


def notice(kind: Format, name: str, facts: dict[str, Any], event_id: bytes) -> bytes:
    """An event about the stream itself: `dropped` or `end`. `resume` in it is the id to go on from."""
    said = orjson.dumps({**facts, "resume": orjson.Fragment(event_id)})
    if kind == "lines":
        return b'{"stream_notice":' + orjson.dumps(name) + b"," + said[1:] + b"\n"
    return b"event: " + name.encode() + b"\ndata: " + said + b"\n\n"


def chunk(body: bytes) -> bytes:
    """A piece of an answer whose length nobody knows, as HTTP/1.1 frames it."""
    return b"%x\r\n%b\r\n" % (len(body), body)


LAST_CHUNK = b"0\r\n\r\n"
