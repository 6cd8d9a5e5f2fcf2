"""Every way in through both doors: compressed bodies, lines, CloudEvents, reports; what goes in is one record each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from eventplatform.core.services import EventGateRules, Service
from tests.contracts.intake_doors import GOOD, LIMITS, Platform, Reply, codes, dump, event, platform
from tests.guard.packed import ENCODERS, encoding, pack

SOURCE = "https://shop.example.org/orders"
SERVICE = Service(
    "main",
    sources=((SOURCE, "test.event"), ("reports:test", "test.event /sample/test_event/1.0.0")),
    eventgate=EventGateRules(stream_parameter="stream", schema_uri_parameter="schema_uri"),
)
CLOUD_EVENT = {
    "specversion": "1.0",
    "id": "a-1",
    "source": SOURCE,
    "type": "x",
    "dataschema": "/sample/test_event/1.0.0",
    "data": {"test": "hello"},
}
BINARY = {f"ce-{name}": value for name, value in CLOUD_EVENT.items() if isinstance(value, str)}
ONE, BATCH, LINES, REPORTS = (
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/x-ndjson",
    "application/reports+json",
)


@pytest.fixture(params=["lane", "drf"])
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    yield from platform(request.param, monkeypatch, SERVICE)


def post(door: Platform, body: bytes, content_type: str, query: str = "", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return door.door.send("POST", f"/v1/events{query}", body, {"content-type": content_type, **named})


def stored(door: Platform) -> list[dict[str, Any]]:
    return [json.loads(record.value or b"") for record in door.records()]


@pytest.mark.parametrize("name", ENCODERS)
def test_post__compressed__accepted(door: Platform, name: str) -> None:
    reply = door.post(pack(name, dump([GOOD, GOOD])), content_encoding=encoding(name))

    assert (reply.status, len(stored(door))) == (201, 2)


@pytest.mark.parametrize(
    ("content_encoding", "body", "status", "code"),
    [
        ("gzip, gzip", pack("gzip", pack("gzip", b"{}")), 415, "body.content_encoding"),
        ("gzip", pack("gzip", dump(GOOD))[:-3], 400, "body.undecodable"),
        ("gzip", dump(GOOD), 400, "body.undecodable"),
        ("br", pack("br", dump(GOOD)) + b"x", 400, "body.undecodable"),
        ("zstd", pack("zstd", b" " * (LIMITS.max_body_bytes + 1)), 413, "body.decoded_too_large"),
        ("deflate", pack("deflate", bytes(30_000_000)), 413, "body.too_large"),
    ],
)
def test_post__compressed_wrongly_or_too_much__refused_with_its_code(
    door: Platform, content_encoding: str, body: bytes, status: int, code: str
) -> None:
    reply = door.post(body, content_encoding=content_encoding)

    assert (reply.status, reply.json["code"]) == (status, code)


def test_post__lines__each_judged_alone_with_its_index(door: Platform) -> None:
    body = b"\n".join([dump(GOOD), b"{broken", b"", dump(event(test=5)), dump(GOOD), b"7"])

    reply = post(door, body, LINES)

    assert (reply.status, len(stored(door))) == (207, 2)
    assert codes(reply) == [(1, "json.invalid_line", ""), (2, "event.invalid", "/test"), (4, "event.not_an_object", "")]
    assert "Line 2" in reply.json["results"][1]["message"]


@pytest.mark.parametrize(
    ("content_type", "body", "headers"),
    [
        (ONE, dump(CLOUD_EVENT), {}),
        (BATCH, dump([CLOUD_EVENT]), {}),
        ("application/json", b'{"test":"hello"}', BINARY),
    ],
    ids=["structured", "batch", "binary"],
)
def test_post__cloudevent__the_same_record_in_every_mode(
    door: Platform, content_type: str, body: bytes, headers: dict[str, str]
) -> None:
    reply = post(door, body, content_type, **headers)

    assert reply.status == 201
    [record] = stored(door)
    assert (record["$schema"], record["test"]) == ("/sample/test_event/1.0.0", "hello")
    assert (record["meta"]["stream"], record["meta"]["id"]) == ("test.event", "a-1")


def test_post__cloudevent_of_an_unknown_source_among_others__denied_alone(door: Platform) -> None:
    reply = post(door, dump([CLOUD_EVENT, {**CLOUD_EVENT, "source": "/nobody"}]), BATCH)

    assert (reply.status, len(stored(door))) == (207, 1)
    assert codes(reply) == [(1, "cloudevent.source_unknown", "/source")]
    assert reply.json["results"][1]["result"] == "denied"


def test_post__cloudevent_alone_and_denied__403(door: Platform) -> None:
    assert post(door, dump({**CLOUD_EVENT, "source": "/nobody"}), ONE).status == 403


def test_post__reports__by_the_query_and_by_their_type(door: Platform) -> None:
    report = {"type": "test", "test": "hello"}

    by_query = post(door, dump([{**report, "type": "x"}]), REPORTS, "?stream=test.event&schema_uri=/sample/test_event/1.0.0")
    by_type = post(door, dump([report, report]), REPORTS)

    assert (by_query.status, by_type.status, len(stored(door))) == (201, 201, 3)


@pytest.mark.parametrize("value", ["x%0d%0aSet-Cookie:%20a=b", "%00", "%1b%5b31m", "%FC", "a%0aContent-Length:%200"])
@pytest.mark.parametrize("name", ["stream", "schema_uri", "hasty", "other"])
def test_post__crlf_and_control_bytes_in_the_query__never_in_the_answer(door: Platform, name: str, value: str) -> None:
    reply = door.post(dump({"test": "hello"}), f"?{name}={value}")

    seen = "\n".join([*reply.headers, *reply.headers.values()]).lower().encode("latin-1") + reply.body
    assert reply.status in {202, 400}
    assert "set-cookie" not in reply.headers
    assert not any(byte in seen.replace(b"\n", b"") for byte in (0, 10, 13, 27))
    assert b"Set-Cookie" not in reply.body


def test_post__crlf_in_the_body__escaped_in_the_answer(door: Platform) -> None:
    reply = door.post(dump({"$schema": "/a\r\nSet-Cookie: x", "meta": {"stream": "test.event\r\nX: y"}}))

    assert reply.status == 400
    assert b"\r" not in reply.body
    assert b"\n" not in reply.body
