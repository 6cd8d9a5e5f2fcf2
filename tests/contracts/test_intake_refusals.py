"""What both doors refuse: events by the gate, bodies by the guard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts.intake_doors import ERRORS_URL, GOOD, Platform, codes, deep, dump, event, platform, to, wide, with_number


@pytest.fixture(params=["lane", "drf"])
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    yield from platform(request.param, monkeypatch)


@pytest.mark.parametrize(
    ("wrong", "code", "pointer"),
    [
        ({"$schema": "/sample/test_event/1.0.0", "test": ""}, "stream.missing", "/meta"),
        (event(meta={}), "stream.missing", "/meta/stream"),
        (event(meta={"stream": 5}), "stream.missing", "/meta/stream"),
        (event(meta=[]), "stream.missing", "/meta/stream"),
        (to("nowhere"), "stream.unknown", "/meta/stream"),
        (to("elsewhere.event"), "stream.of_another_service", "/meta/stream"),
        (to("__consumer_offsets"), "stream.unknown", "/meta/stream"),
        (to("../x"), "stream.unknown", "/meta/stream"),
        (to("x" * 300), "stream.unknown", "/meta/stream"),
        (to("stopped.event"), "stream.disabled", "/meta/stream"),
        (to("closed.event"), "stream.window_closed", "/meta/stream"),
        (to("steered.event", instrument_name="stopped"), "instrument.disabled", "/instrument_name"),
        ({"meta": {"stream": "test.event"}}, "schema.missing", "/$schema"),
        ({"$schema": 5, "meta": {"stream": "test.event"}}, "schema.bad_id", "/$schema"),
        ({"$schema": "/sample/test_event/9.9.9", "meta": {"stream": "test.event"}}, "schema.unknown", "/$schema"),
        (event(**{"$schema": "/other/event/1.0.0"}), "schema.not_allowed", "/$schema"),
        (to("keyed.event") | {"test": None}, "event.invalid", "/test"),
    ],
)
def test_post__refused_by_the_gate__400_with_code_and_place(door: Platform, wrong: Any, code: str, pointer: str) -> None:
    reply = door.post(dump(wrong))

    assert reply.status == 400
    assert codes(reply) == [(0, code, pointer)]
    assert all(one["remedy"] and one["doc"] == ERRORS_URL + one["code"] for one in reply.json["results"])


HOSTILE_IDS = [
    "http://127.0.0.1:9/x/1.0.0",
    "https://example.org/sample/test_event/1.0.0",
    "//example.org/sample/test_event/1.0.0",
    "/../package.json",
    "/test/../event/1.0.0",
    "/test/./event/1.0.0",
    "/sample/test_event/..",
    "/%2e%2e/etc/passwd",
    "/sample/test_event%2f1.0.0",
    "/sample/test_event/1.0.0?x=1",
    "/sample/test_event/1.0.0#x",
    "/sample/test_event/1.0.0/",
    "file:///etc/passwd",
    "\\\\host\\share",
    "/test\\event/1.0.0",
    "sample/test_event/1.0.0",
    "/test//event/1.0.0",
    "/sample/test_event/1.0.0\n",
    "/sample/test_event/1.0.0\r\nX: y",
    "/tést/event/1.0.0",
    "/" + "a/" * 200 + "1.0.0",
    "",
    " /sample/test_event/1.0.0",
    "data:application/json,{}",
    "ftp://example.org/x",
]


@pytest.mark.parametrize("schema_id", HOSTILE_IDS)
def test_post__schema_that_is_no_relative_id__refused_unread(door: Platform, schema_id: str) -> None:
    reply = door.post(dump(event(**{"$schema": schema_id})))

    assert reply.status == 400
    assert codes(reply) == [(0, "schema.bad_id", "/$schema")]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "body.empty"),
        (b" \n ", "body.empty"),
        (b"[]", "body.empty"),
        (b"{}", "body.empty"),
        (b"{", "json.invalid"),
        (b"{'a': 1}", "json.invalid"),
        (b'{"a": NaN}', "json.invalid"),
        (b'{"a": -Infinity}', "json.invalid"),
        (b'{"a": 1e400}', "json.invalid"),
        (b'{"a": "\\ud800"}', "json.invalid"),
        (b'{"a": "\xff"}', "json.invalid"),
        (b"\xef\xbb\xbf{}", "json.invalid"),
        ('{"a": 1}'.encode("utf-16"), "json.invalid"),
        (b"5", "body.not_events"),
        (b'"text"', "body.not_events"),
        (b"null", "body.not_events"),
        (b"true", "body.not_events"),
        (b"[" * 2000, "json.too_deep"),
        (deep(65), "json.too_deep"),
        (deep(900), "json.too_deep"),
        (deep(5000), "json.too_deep"),
        (with_number(b"18446744073709551616"), "json.number_out_of_range"),
        (with_number(b"-9223372036854775809"), "json.number_out_of_range"),
        (with_number(b"1" * 5000), "json.invalid"),
        (dump(GOOD | {"test": "a\0b"}), "json.null_character"),
    ],
)
def test_post__body_that_is_no_events__400_with_code(door: Platform, body: bytes, code: str) -> None:
    reply = door.post(body)

    assert (reply.status, reply.json["code"]) == (400, code)
    assert reply.json["remedy"]
    assert reply.headers["content-type"] == "application/problem+json"
    assert door.records() == []


@pytest.mark.parametrize(
    ("wrong", "code", "pointer"),
    [
        (dump(GOOD | {"test": "a\0b"}), "json.null_character", "/test"),
        (with_number(b"100000000000000000000"), "json.number_out_of_range", "/number"),
        (deep(65), "json.too_deep", ""),
        (deep(900), "json.too_deep", ""),
        (wide(b'"d":1'), "json.too_many_keys", ""),
        (wide(b'"d":' + b"[" * 260 + b"]" * 260), "json.too_many_keys", ""),
        (wide(b'"d":18446744073709551616'), "json.too_many_keys", ""),
    ],
)
@pytest.mark.parametrize("query", ["", "?hasty=true"])
def test_post__one_of_a_batch_may_be_no_event__that_one_alone_is_refused(
    door: Platform, wrong: bytes, code: str, pointer: str, query: str
) -> None:
    reply = door.post(b"[%s,%s,%s]" % (dump(GOOD), wrong, dump(GOOD)), query, content_type="text/plain;charset=UTF-8")

    assert len(door.records()) == 2
    assert reply.status == (202 if query else 207)
    assert query or codes(reply) == [(1, code, pointer)]


def test_post__empty__says_eventgates_sentence_also_when_hasty(door: Platform) -> None:
    assert door.post(b"").json["detail"] == "Request body was empty. Must provide JSON encoded events."
    assert door.post(b"[]", "?hasty=true").status == 400


@pytest.mark.parametrize(
    "body",
    [deep(64), with_number(b"18446744073709551615"), with_number(b"-9223372036854775808"), with_number(b"0." + b"1" * 30)],
)
def test_post__just_inside_the_limits__accepted_unchanged(door: Platform, body: bytes) -> None:
    assert door.post(body).status == 201

    sent, stored = json.loads(body), json.loads(door.records()[0].value or b"")
    assert {key: stored[key] for key in sent if key != "meta"} == {key: sent[key] for key in sent if key != "meta"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'"' + b"x" * 20_000 + b'"', "body.too_large"),
        (b'"' + b"x" * 100_000 + b'"', "body.too_large"),
        (dump([GOOD] * 21), "body.too_many_events"),
    ],
)
def test_post__too_much__413(door: Platform, body: bytes, code: str) -> None:
    reply = door.post(body)

    assert (reply.status, reply.json["code"]) == (413, code)


def test_post__one_event_too_large__413_with_its_code(door: Platform) -> None:
    reply = door.post(dump(event(test="x" * 5000)))

    assert reply.status == 413
    assert codes(reply) == [(0, "event.too_large", "")]


@pytest.mark.parametrize("kind", ["", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html"])
def test_post__other_content_type__415(door: Platform, kind: str) -> None:
    reply = door.door.send("POST", "/v1/events", dump(GOOD), {"content-type": kind} if kind else {})

    assert (reply.status, reply.json["code"]) == (415, "body.content_type")


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/json;charset=UTF-8",
        'Application/JSON; charset="utf-8"',
        "text/plain",
        "text/plain;charset=UTF-8",
        "application/reports+json",
    ],
)
def test_post__json_by_its_other_names__accepted(door: Platform, kind: str) -> None:
    assert door.door.send("POST", "/v1/events", dump(GOOD), {"content-type": kind}).status == 201


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"content-type": "application/json; charset=latin-1"}, "body.charset"),
        ({"content-type": "application/json", "content-encoding": "compress"}, "body.content_encoding"),
        ({"content-type": "application/json", "content-encoding": "gzip, gzip"}, "body.content_encoding"),
    ],
)
def test_post__encoded_otherwise__415(door: Platform, headers: dict[str, str], code: str) -> None:
    reply = door.door.send("POST", "/v1/events", dump(GOOD), headers)

    assert (reply.status, reply.json["code"]) == (415, code)


def test_post__late_event_of_a_stream_that_flags__taken_with_the_header(door: Platform) -> None:
    reply = door.post(dump(to("flagged.event")))

    [record] = door.records("flagged.event")
    assert (reply.status, dict(record.headers)["late-window"]) == (201, b"true")


def test_post__late_among_others__each_told_for_itself(door: Platform) -> None:
    reply = door.post(dump([GOOD, to("closed.event"), to("steered.event", instrument_name="other")]))

    assert reply.status == 207
    assert [one["result"] for one in reply.json["results"]] == ["accepted", "late", "accepted"]
    assert codes(reply) == [(1, "stream.window_closed", "/meta/stream")]
