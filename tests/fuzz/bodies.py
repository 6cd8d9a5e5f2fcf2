"""The body reader and every way in, fuzzed: one input is a request's head and the bytes of its body as they come.

The first line names content type, encoding, announced length and size of chunks, separated by bars; the rest is the body.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from eventplatform.core.services import EventGateRules, Service
from eventplatform.guard.body import BodyReader
from eventplatform.guard.content_types import WAYS
from eventplatform.guard.json_body import JsonLimits
from eventplatform.guard.request_head import RequestHead
from eventplatform.guard.unfit import Unfit
from eventplatform.guard.ways_in import events_of, open_body
from tests.guard.packed import ENCODERS, WIDE_WINDOW, encoding

LIMIT = 64 * 1024
_MOST_KEPT = 4 * LIMIT  # bytes that a reader may hold: what it decoded, and what waits to be decoded
_LIMITS = JsonLimits(max_events=20, max_depth=10, max_keys=50, max_values=2000)
_SERVICE = Service(
    "fuzz",
    sources=(("/fuzz", "fuzz.0 /sample/test_event/1.0.0"), ("reports:x", "fuzz.1")),
    eventgate=EventGateRules(stream_parameter="stream", schema_uri_parameter="schema_uri"),
)
_BINARY = {"ce-specversion": "1.0", "ce-id": "1%20", "ce-type": "x", "ce-source": "/fuzz"}
_QUERY = "stream=fuzz.2&schema_uri=%2Fsample%2Ftest_event%2F1.0.0"
_TYPES = (*WAYS, "application/json; charset=utf-8", "application/x+json", "text/html", "", "application/json;charset=utf-16")


def events(data: bytes) -> list[Any]:
    """The events of an input, or what is told of those that can't be any.

    Raises:
        RejectedError: the request is refused.
        AssertionError: the reader holds more than it may.
    """
    line, _, body = data.partition(b"\n")
    kind, content_encoding, length, size, mode = (line.decode("latin-1").split("|") + [""] * 5)[:5]
    header: Mapping[str, str] = _BINARY if mode == "binary" else {}
    head = RequestHead(
        content_type=kind,
        content_encoding=content_encoding,
        content_length=str(len(body)) if length == "right" else length,
        query=_QUERY if mode == "query" else "",
        header=lambda name: header.get(name, ""),
    )
    whole = _received(open_body(head, LIMIT, _SERVICE), body, int(size) if size.isascii() and size.isdigit() else 4096)
    found = events_of(whole, head, _SERVICE, _LIMITS, schema_hosts={"localhost"})
    return [(one.event, one.error.code) if isinstance(one, Unfit) else one for one in found]


def _received(reader: BodyReader, body: bytes, size: int) -> bytes:
    size = max(1, size, len(body) // 2000)
    for start in range(0, len(body), size):
        if not reader.wants_more:
            break
        reader.feed(body[start : start + size])
        while reader.is_behind:
            reader.work()
            _check_kept(reader)
        _check_kept(reader)
    whole = reader.finish()
    if len(whole) > LIMIT:
        raise AssertionError("more than the limit came through")
    return whole


def _check_kept(reader: BodyReader) -> None:
    pieces = [*reader._chunks, *getattr(reader, "_pieces", ())]
    if sum(map(len, pieces)) > _MOST_KEPT:
        raise AssertionError("the reader keeps more than it may")


def made(random: Random, changed: Callable[[Random, bytes], bytes]) -> bytes:
    """A request: an honest body, perhaps changed, packed, perhaps damaged."""
    body = _body(random)
    if random.random() < 0.4:
        body = changed(random, body)
    name = random.choice(["", "", *ENCODERS])
    packed = ENCODERS[name](body) if name else body
    if name and random.random() < 0.5:
        packed = _damaged(random, packed, changed)
    length = random.choice(["", "", "right", "right", "right", str(random.randrange(10)), str(10**6), "x"])
    kind, mode = random.choice(_TYPES), random.choice(["", "", "query", "binary"])
    line = "|".join([kind, encoding(name), length, str(random.choice([1, 7, 100, 65536])), mode])
    return line.encode("latin-1") + b"\n" + packed


def _damaged(random: Random, packed: bytes, changed: Callable[[Random, bytes], bytes]) -> bytes:
    kind = random.randrange(5)
    if kind == 0:
        return packed[: random.randrange(len(packed) + 1)]
    if kind == 1:
        return packed * random.choice((2, 3, 1200))
    if kind == 2:
        return packed + random.choice((b"\0", b"{}", WIDE_WINDOW, zlib.compress(b"{}")))
    return changed(random, packed)


def _body(random: Random) -> bytes:
    event: dict[str, Any] = {
        "$schema": "/sample/test_event/1.0.0",
        "meta": {"stream": "fuzz.0"},
        "test": "x" * random.choice((1, 500)),
    }
    cloud = {"specversion": "1.0", "id": "1", "source": "/fuzz", "type": "x", "dataschema": event["$schema"], "data": event}
    one: Any = random.choice((event, cloud, {"type": "x", "body": {}}, {}, [], 5))
    many = [one] * random.choice((1, 2, 19, 25))
    kind = random.randrange(6)
    if kind == 0:
        return random.choice((b" ", b"[", b'{"a":', b'""', b"\n", b"0,")) * random.choice((1, 100, 30_000, 200_000))
    if kind == 1:
        return b"\n".join(json.dumps(each).encode() for each in many)
    if kind == 2:
        return b"".join(b"\x1e" + json.dumps(each).encode() + b"\n" for each in many)
    return json.dumps(many if kind == 3 else one).encode()
