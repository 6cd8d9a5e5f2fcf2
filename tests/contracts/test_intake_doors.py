"""One suite over both doors of the intake, and both answers compared: status, body, headers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from eventplatform.broker.base import LogUnavailableError
from eventplatform.core.gate import Gate, Request
from eventplatform.core.records import NewRecord
from tests.contracts.intake_doors import ERRORS_URL, GOOD, Platform, Reply, codes, deep, dump, event, platform, to, with_number

HEADERS = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": (
        "accept, authorization, content-encoding, content-type, prefer, x-debug-id, x-producer-key, x-request-id, "
        "x-requested-with"
    ),
    "access-control-expose-headers": "etag, retry-after",
    "access-control-allow-methods": "post",
    "x-xss-protection": "1; mode=block",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "content-security-policy": (
        "default-src 'self'; object-src 'none'; media-src 'none'; img-src 'none'; style-src 'none'; base-uri 'self'; "
        "frame-ancestors 'self'"
    ),
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


@pytest.fixture(params=["lane", "drf"])
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    yield from platform(request.param, monkeypatch)


def test_post__one_event__stored_and_answered_201(door: Platform) -> None:
    reply = door.post(dump(event()), x_request_id="req-1")

    [record] = door.records()
    stored = orjson.loads(record.value or b"")
    assert (reply.status, reply.body) == (201, b"")
    assert reply.headers == {**HEADERS, "content-length": "0"}
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", stored["meta"]["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", stored["meta"]["dt"])
    assert stored["meta"]["request_id"] == "req-1"
    assert record.header("request-id") == b"req-1"
    assert record.header("service") == b"main"
    assert record.header("received-at") == stored["meta"]["dt"].encode()
    assert record.key is None


def test_post__batch__stored_in_order(door: Platform) -> None:
    reply = door.post(dump([event(test=str(number)) for number in range(10)]))

    stored = [orjson.loads(record.value or b"") for record in door.records()]
    assert reply.status == 201
    assert [found["test"] for found in stored] == [str(number) for number in range(10)]
    ids = [found["meta"]["id"] for found in stored]
    assert ids == sorted(set(ids))


def test_post__client_sets_id_and_dt__id_kept_dt_replaced(door: Platform) -> None:
    door.post(dump(event(meta={"stream": "test.event", "id": "mine", "dt": "2001-01-01T00:00:00Z", "request_id": "theirs"})))

    meta = orjson.loads(door.records()[0].value or b"")["meta"]
    assert (meta["id"], meta["request_id"]) == ("mine", "theirs")
    assert not meta["dt"].startswith("2001")


def test_post__keyed_stream__key_is_a_json_object(door: Platform) -> None:
    door.post(dump(to("keyed.event")))

    assert door.records("keyed.event")[0].key == b'{"what":"hello"}'


@pytest.mark.parametrize("request_id", ["", "a b", "x" * 129, "a\x7fb"])
def test_post__bad_request_id__one_of_ours_instead(door: Platform, request_id: str) -> None:
    door.post(dump(event()), x_request_id=request_id)

    assert re.fullmatch(rb"[0-9a-f-]{36}", door.records()[0].header("request-id") or b"")


@pytest.mark.parametrize("query", ["?hasty=true", "?hasty=1", "?x=1&hasty=yes"])
def test_post__hasty__answered_202_and_stored(door: Platform, query: str) -> None:
    reply = door.post(dump([event(), to("nowhere")]), query)

    assert (reply.status, reply.body, reply.headers) == (202, b"", {**HEADERS, "content-length": "0"})
    assert len(door.records()) == 1


def test_post__hasty__not_waiting_for_the_log(door: Platform) -> None:
    door.producer.is_silent = True

    assert door.post(dump(event()), "?hasty=true").status == 202
    door.producer.release()
    assert len(door.records()) == 1


@pytest.mark.parametrize("query", ["?hasty=false", "?hasty=0", "?hasty=", "?hast=1", "?xhasty=1"])
def test_post__not_really_hasty__answered_201(door: Platform, query: str) -> None:
    assert door.post(dump(event()), query).status == 201


@pytest.mark.parametrize("prefer", ["return=representation", "respond-async, return=representation"])
def test_post__prefers_a_representation__201_with_the_fate_of_every_event(door: Platform, prefer: str) -> None:
    reply = door.post(dump([event(meta={"stream": "test.event", "id": "mine"}), event()]), prefer=prefer)

    first, second = reply.json["results"]
    assert (reply.status, reply.headers["preference-applied"]) == (201, "return=representation")
    assert reply.headers["content-type"] == "application/json"
    assert first == {"index": 0, "id": "mine", "stream": "test.event", "result": "accepted"}
    assert re.fullmatch("[0-9a-f-]{36}", second["id"])


def test_post__mixed__207_names_each_failure(door: Platform) -> None:
    reply = door.post(dump([event(), event(test=5), to("nowhere"), event(), "text"]))

    assert reply.status == 207
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json["detail"] == "2 out of 5 events were accepted, but 3 failed (2 invalid and 1 errored)."
    assert codes(reply) == [
        (1, "event.invalid", "/test"),
        (2, "stream.unknown", "/meta/stream"),
        (4, "event.not_an_object", ""),
    ]
    assert len(door.records()) == 2


def test_post__invalid__400_with_place_and_reason(door: Platform) -> None:
    reply = door.post(dump(event(test=5, meta={"stream": "test.event", "id": 7})))

    [failure] = reply.json["results"]
    assert reply.status == 400
    assert reply.json["detail"] == "1 out of 1 events were invalid and not accepted."
    assert (failure["result"], failure["index"], failure["id"], failure["stream"]) == ("invalid", 0, None, "test.event")
    assert {found["pointer"] for found in failure["violations"]} == {"/test", "/meta/id"}
    assert "event" not in failure
    assert door.records() == []


def test_post__required_field_missing__pointer_names_it(door: Platform) -> None:
    reply = door.post(dump({"$schema": "/sample/test_event/1.0.0", "meta": {"stream": "test.event"}}))

    assert codes(reply) == [(0, "event.invalid", "/test")]


def test_post__log_away__503_with_retry_after(door: Platform) -> None:
    door.producer.error = LogUnavailableError(reason="no broker")

    reply = door.post(dump([event(), event()]))

    assert (reply.status, reply.headers["retry-after"]) == (503, "2")
    assert [code for _, code, _ in codes(reply)] == ["log.unavailable"] * 2
    assert {one["result"] for one in reply.json["results"]} == {"failed"}
    assert door.intake.log_trouble == "The event log does not answer: no broker."


def test_post__log_silent__503_once_the_time_is_up(door: Platform) -> None:
    door.producer.is_silent = True

    reply = door.post(dump([event(), event(test=5)]))

    assert (reply.status, reply.headers["retry-after"]) == (503, "2")
    assert codes(reply) == [(0, "log.unavailable", ""), (1, "event.invalid", "/test")]
    door.producer.release()  # a late acknowledgement changes nothing any more
    door.producer.is_silent = False
    assert door.post(dump(event())).status == 201
    assert door.intake.log_trouble == ""


def test_post__log_lacks_the_topic__500_since_it_is_ours(door: Platform) -> None:
    reply = door.post(dump(to("topicless.event")))

    assert reply.status == 500
    assert codes(reply) == [(0, "log.topic_unknown", "")]


def test_post__gate_breaks_on_one_event__others_accepted(door: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    admit = Gate.admit

    def break_on_one(self: Gate, given: Any, request: Request) -> NewRecord:
        if given["test"] == "breaks":
            raise ZeroDivisionError
        return admit(self, given, request)

    monkeypatch.setattr(Gate, "admit", break_on_one)

    reply = door.post(dump([event(), event(test="breaks")]))

    assert reply.status == 207
    assert codes(reply) == [(1, "platform.error", "")]


def test_options__says_post(door: Platform) -> None:
    reply = door.door.send("OPTIONS", "/v1/events", b"", {"origin": "https://example.org"})

    assert (reply.status, reply.body) == (200, b"POST")
    own = {"allow": "POST", "access-control-max-age": "600", "content-type": "text/plain; charset=utf-8", "content-length": "4"}
    assert reply.headers == HEADERS | own


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods__405_as_a_problem(door: Platform, method: str) -> None:
    reply = door.door.send(method, "/v1/events", b"", {"accept": "text/html", "content-type": "application/json"})

    assert (reply.status, reply.headers["allow"]) == (405, "POST")
    assert (reply.json["code"], reply.json["doc"]) == ("method.not_allowed", f"{ERRORS_URL}method.not_allowed")


def test_post__service_unknown__404_with_its_page(door: Platform) -> None:
    reply = door.door.send("POST", "/nobody/v1/events", dump(GOOD), {"content-type": "application/json"})

    assert (reply.status, reply.json["doc"]) == (404, f"{ERRORS_URL}service.unknown")


def test_post__trailing_slash_and_odd_accept__like_any(door: Platform) -> None:
    reply = door.door.send("POST", "/v1/events/", dump(GOOD), {"content-type": "application/json", "accept": "image/png"})

    assert reply.status == 201


CASES: list[tuple[str, str, bytes, dict[str, str]]] = [
    ("POST", "", dump(GOOD), {}),
    ("POST", "?hasty=1", dump(GOOD), {}),
    ("POST", "", dump([GOOD, event(test=5), to("nowhere")]), {}),
    ("POST", "", dump([event(test=5)]), {}),
    ("POST", "", dump(to("stopped.event")), {}),
    ("POST", "", dump(to("topicless.event")), {}),
    ("POST", "", dump(event(test="x" * 5000)), {}),
    ("POST", "", b"", {}),
    ("POST", "", b"nonsense", {}),
    ("POST", "", deep(65), {}),
    ("POST", "", with_number(b"18446744073709551616"), {}),
    ("POST", "", b"x" * 30_000, {}),
    ("POST", "", b"x" * 300_000, {}),
    ("POST", "", dump(GOOD), {"content-type": "text/html"}),
    ("POST", "", dump(GOOD), {"content-encoding": "br"}),
    ("GET", "", b"", {}),
    ("PUT", "", dump(GOOD), {"accept": "text/html", "cookie": "sessionid=x; csrftoken=y", "origin": "null"}),
    ("OPTIONS", "", b"", {"access-control-request-method": "POST"}),
    ("HEAD", "", b"", {}),
]


@pytest.mark.parametrize(("method", "query", "body", "headers"), CASES)
def test_doors__same_request__same_answer(
    monkeypatch: pytest.MonkeyPatch, method: str, query: str, body: bytes, headers: dict[str, str]
) -> None:
    given = {"content-type": "application/json", "x-request-id": "same", **headers}

    replies = []
    for name in ("lane", "drf"):
        with monkeypatch.context() as patch:
            found = next(platform(name, patch))
            replies.append(found.door.send(method, f"/v1/events{query}", body, given))

    lane, drf = (_without_given(reply) for reply in replies)
    assert lane[0] == drf[0]
    assert lane[1] == drf[1]
    assert lane[2] == drf[2]


def _without_given(reply: Reply) -> tuple[int, dict[str, str], bytes]:
    """What the platform gives anew each time (ids, moments) doesn't count."""
    body = re.sub(rb'"(id|dt)":"[^"]*"', b'"\\1":"?"', reply.body)
    return reply.status, {name: value for name, value in reply.headers.items() if name != "content-length"}, body
