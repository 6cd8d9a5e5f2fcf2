"""A service with EventGate's profile: what its clients rely on, at both doors."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from eventplatform.broker.base import LogUnavailableError
from eventplatform.core.services import EventGateRules, Service
from tests.contracts.intake_doors import GOOD, Platform, Reply, deep, dump, event, platform, to, wide

SERVICE = Service("main", profile="eventgate")
CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "accept, x-requested-with, content-type",
    "access-control-expose-headers": "etag",
    "access-control-allow-methods": "post",
}
PROTECTION = {
    "x-xss-protection": "1; mode=block",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "content-security-policy": (
        "default-src 'self'; object-src 'none'; media-src 'none'; img-src 'none'; style-src 'none'; base-uri 'self'; "
        "frame-ancestors 'self'"
    ),
}
JSON = {"content-type": "application/json; charset=utf-8", "vary": "Accept-Encoding"}
OF_DJANGO = {"referrer-policy", "cross-origin-opener-policy"}  # the web role's middleware adds them to any answer


def at(name: str, monkeypatch: pytest.MonkeyPatch, **rules: Any) -> Iterator[Platform]:
    yield from platform(name, monkeypatch, replace(SERVICE, eventgate=EventGateRules(**rules)))


@pytest.fixture(params=["lane", "drf"])
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    yield from at(request.param, monkeypatch)


@pytest.fixture(params=["lane", "drf"])
def anywhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    yield from at(request.param, monkeypatch, needs_streams=False, allows_slashless=True, cors="")


def headers(reply: Reply) -> dict[str, str]:
    return {name: value for name, value in reply.headers.items() if name not in {*OF_DJANGO, "content-length"}}


def messages(reply: Reply) -> list[str]:
    return [one["context"]["message"] for one in reply.json["error"]]


def test_post__accepted__201_without_body_type_or_length(door: Platform) -> None:
    reply = door.post(dump([GOOD, GOOD]))

    assert (reply.status, reply.body, headers(reply)) == (201, b"", CORS | PROTECTION)
    assert len(door.records()) == 2


@pytest.mark.parametrize("query", ["?hasty=true", "?hasty=false", "?hasty=0", "?hasty=&hasty="])
def test_post__hasty_by_any_word__202_whatever_follows(door: Platform, query: str) -> None:
    reply = door.post(dump([event(), to("nowhere"), 5]), query)

    assert (reply.status, reply.body, headers(reply)) == (202, b"", CORS | PROTECTION)
    assert len(door.records()) == 1


@pytest.mark.parametrize("query", ["", "?hasty=", "?hasty", "?nasty=1"])
def test_post__not_hasty__201(door: Platform, query: str) -> None:
    assert door.post(dump(GOOD), query).status == 201


@pytest.mark.parametrize("query", ["", "?hasty=true"])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b"{}", "text/plain"),
        (dump(GOOD), "application/xml"),
        (dump(GOOD), ""),
    ],
)
def test_post__empty_or_unread__400_without_body(door: Platform, body: bytes, kind: str, query: str) -> None:
    reply = door.post(body, query, content_type=kind)

    assert (reply.status, reply.body, headers(reply)) == (400, b"", CORS | PROTECTION)
    assert door.records() == []


def test_post__all_invalid__400_as_ajv_tells_it(door: Platform) -> None:
    reply = door.post(dump({"$schema": "/sample/test_event/1.0.0", "meta": {"stream": "test.event", "id": "mine"}, "test": 5}))

    sent = {"$schema": "/sample/test_event/1.0.0", "meta": {"stream": "test.event", "id": "mine"}, "test": 5}
    [entry] = reply.json["invalid"]
    assert (reply.status, headers(reply), list(reply.json)) == (400, CORS | PROTECTION | JSON, ["invalid"])
    assert list(entry) == ["status", "event", "context"]
    assert entry["status"] == "invalid"
    assert entry["event"] | {"meta": sent["meta"]} == sent
    assert set(entry["event"]["meta"]) == {"stream", "id", "dt", "request_id"}  # filled before it was judged
    assert entry["context"] == {
        "errors": [
            {
                "keyword": "type",
                "dataPath": ".test",
                "schemaPath": "#/properties/test/type",
                "params": {"type": "string"},
                "message": "should be string",
            }
        ],
        "errorsText": "'.test' should be string",
    }


def test_post__mixed__207_with_both_lists(door: Platform) -> None:
    reply = door.post(dump([GOOD, event(test=5), to("nowhere")]))

    assert (reply.status, list(reply.json)) == (207, ["invalid", "error"])
    assert [len(reply.json[name]) for name in ("invalid", "error")] == [1, 1]
    assert door.post(dump([GOOD, event(test=5)])).json["error"] == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("text", "Field(s) $schema were missing from event and could not be extracted."),
        ({"meta": {"stream": "test.event"}}, "Field(s) $schema were missing from event and could not be extracted."),
        (event(**{"$schema": 5}), "id.replace is not a function"),
        (event(**{"$schema": None}), "Cannot read properties of null (reading 'match')"),
        (event(**{"$schema": "/nope/1.0.0"}), "Failed loading schema at /nope/1.0.0"),
        (event(**{"$schema": "/sample/test_event/2.0.0"}), "Failed loading schema at /sample/test_event/2.0.0"),  # unbounded
        (event(**{"$schema": ""}), "Failed loading schema at "),
        (event(**{"$schema": "sample/test_event/1.0.0"}), "Failed loading schema at sample/test_event/1.0.0"),
        (event(**{"$schema": "/../package.json"}), "Failed loading schema at /../package.json"),
        (
            event(**{"$schema": "http://127.0.0.1:9/x"}),
            "Absolute schema URIs are not allowed but event schema_uri is http://127.0.0.1:9/x",
        ),
        ({"$schema": "/sample/test_event/1.0.0"}, "Field(s) meta.stream were missing from event and could not be extracted."),
        (
            event(meta={"stream": "nowhere", "id": "mine"}),
            (
                "event mine of schema at /sample/test_event/1.0.0 destined to stream nowhere is not allowed in stream; "
                "nowhere is not configured."
            ),
        ),
        (
            event(meta={"stream": 5, "id": "mine"}, test=7),
            (
                "event mine of schema at /sample/test_event/1.0.0 destined to stream 5 is not allowed in stream; "
                "5 is not configured."
            ),
        ),
        (
            event(meta={"stream": "test.event", "id": "mine"}, **{"$schema": "/other/event/1.0.0"}),
            (
                "event mine of schema at /other/event/1.0.0 destined to stream test.event is not allowed in stream; "
                "schema title must be sample/test_event."
            ),
        ),
    ],
)
def test_post__errored__500_in_eventgates_words(door: Platform, wrong: Any, message: str) -> None:
    reply = door.post(dump([wrong]))

    assert (reply.status, list(reply.json), reply.json["invalid"]) == (500, ["invalid", "error"], [])
    assert messages(reply) == [message]
    assert list(reply.json["error"][0]) == ["status", "event", "context"]
    assert reply.json["error"][0]["status"] == "error"


def test_post__stream_unknown_and_event_invalid__the_stream_is_said_with_the_id_it_was_given(door: Platform) -> None:
    reply = door.post(dump(to("nowhere", test=5)))

    given = reply.json["error"][0]["event"]["meta"]["id"]
    assert messages(reply)[0].startswith(f"event {given} of schema at /sample/test_event/1.0.0 destined to stream nowhere ")


def test_post__log_away__500_that_says_when_to_try_again(door: Platform) -> None:
    door.producer.error = LogUnavailableError(reason="no broker")

    reply = door.post(dump(GOOD))

    assert (reply.status, reply.headers["retry-after"]) == (500, "2")


@pytest.mark.parametrize(
    ("body", "kind", "title", "detail"),
    [
        (b'{"a": NaN}', "application/json", "SyntaxError", 'Unexpected token \'N\', "{"a": NaN}" is not valid JSON'),
        (b"5", "application/json", "SyntaxError", "Unexpected token '5', \"5\" is not valid JSON"),
        (b" ", "application/json", "SyntaxError", "Unexpected end of JSON input"),
        (b'"' + b"x" * 20_000 + b'"', "application/json", "PayloadTooLargeError", "request entity too large"),
        (dump(GOOD), "application/json; charset=latin1", "UnsupportedMediaTypeError", 'unsupported charset "LATIN1"'),
    ],
)
def test_post__unreadable__500_as_a_problem_object(door: Platform, body: bytes, kind: str, title: str, detail: str) -> None:
    reply = door.post(body, "?a=%20b", content_type=kind)

    assert (reply.status, headers(reply)) == (500, CORS | PROTECTION | JSON)
    told = {"status": 500, "type": "internal_error", "title": title, "detail": detail}
    assert reply.body == orjson.dumps(told | {"method": "POST", "uri": "/v1/events?a=%20b"})


def test_post__number_that_eventgate_would_change__refused_as_a_problem_object(door: Platform) -> None:
    reply = door.post(dump(GOOD)[:-1] + b',"number":18446744073709551616}')

    assert (reply.status, reply.json["type"]) == (400, "json.number_out_of_range")
    assert list(reply.json) == ["status", "type", "title", "detail", "method", "uri"]


@pytest.mark.parametrize(
    "wrong",
    [
        dump(event(test="a\0b")),
        deep(65),
        deep(900),
        wide(b'"d":1'),
        wide(b'"d":' + b"[" * 260 + b"]" * 260),
        wide(b'"d":18446744073709551616'),
    ],
)
def test_post__one_of_a_batch_may_be_no_event__listed_alone_as_invalid(door: Platform, wrong: bytes) -> None:
    reply = door.post(b"[%s,%s]" % (dump(GOOD), wrong))

    assert (reply.status, len(door.records())) == (207, 1)
    assert ([one["status"] for one in reply.json["invalid"]], reply.json["error"]) == (["invalid"], [])


def test_post__all_of_a_batch_may_be_no_events__400_since_a_retry_mends_nothing(door: Platform) -> None:
    reply = door.post(b"[%s]" % dump(event(test="a\0b")))

    assert (reply.status, [one["status"] for one in reply.json["invalid"]], "error" in reply.json) == (400, ["invalid"], False)


def test_post__large_failure_and_gzip_accepted__packed(door: Platform) -> None:
    reply = door.post(dump(event(test=5, anything="x" * 2000)), accept_encoding="gzip, deflate")

    packed = reply.body if reply.body.startswith(b"\x1f\x8b") else gzip.compress(reply.body)  # the lane's client unpacks
    assert reply.headers["content-encoding"] == "gzip"
    assert orjson.loads(gzip.decompress(packed))["invalid"][0]["event"]["anything"] == "x" * 2000


def test_post__event_with_fractions__echoed_as_json_stringify_writes_it(door: Platform) -> None:
    reply = door.post(b'{"$schema":"/nope/1.0.0","a":1.0,"b":1e21,"7":"e"}')

    assert reply.body.decode().startswith(
        '{"invalid":[],"error":[{"status":"error","event":{"7":"e","$schema":"/nope/1.0.0","a":1,"b":1e+21}'
    )


def test_options__says_post(door: Platform) -> None:
    reply = door.door.send("OPTIONS", "/v1/events", b"", {"origin": "https://example.org"})

    assert (reply.status, reply.body) == (200, b"POST")
    html = {"content-type": "text/html; charset=utf-8", "vary": "Accept-Encoding"}
    assert headers(reply) == CORS | PROTECTION | html | {"allow": "POST"}


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_other_methods__404_as_express_says_it(door: Platform, method: str) -> None:
    reply = door.door.send(method, "/v1/events", b"", {})

    assert reply.status == 404
    assert f"<pre>Cannot {method} /v1/events</pre>" in reply.body.decode()
    assert (reply.headers["content-security-policy"], len(reply.body)) == ("default-src 'none'", 148)


def test_post__no_stream_configuration__any_schema_in_any_stream(anywhere: Platform) -> None:
    anywhere.log.create_topic("anything.goes")

    reply = anywhere.post(dump([to("anything.goes"), to("anything.goes", **{"$schema": "sample/test_event/1.0.0"})]))

    assert (reply.status, headers(reply)) == (201, PROTECTION)
    assert len(anywhere.records("anything.goes")) == 2


def test_post__no_stream_configuration_and_no_stream__the_schemas_uri_is_the_topic(anywhere: Platform) -> None:
    anywhere.log.create_topic("free_form_1.0.0")

    reply = anywhere.post(dump({"$schema": "/free/form/1.0.0", "text": "hello"}))

    assert reply.status == 201
    assert orjson.loads(anywhere.records("free_form_1.0.0")[0].value or b"") == {"$schema": "/free/form/1.0.0", "text": "hello"}


@pytest.mark.parametrize("name", ["../x", "a b", "x" * 300])
def test_post__no_stream_configuration__names_that_are_no_topics_refused(anywhere: Platform, name: str) -> None:
    assert anywhere.post(dump(to(name))).status == 500
