from __future__ import annotations

import json
from collections.abc import Callable

import httpx

from monitoring.posting import NOT_TRIED, SILENT, UNREACHABLE, Answer, Intake


def intake(answer: Callable[[httpx.Request], httpx.Response], waits: list[float] | None = None) -> Intake:
    waits = [] if waits is None else waits
    return Intake("http://intake", transport=httpx.MockTransport(answer), wait=waits.append)


def test_post__created__accepted_in_one_try() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201)

    with intake(answer) as door:
        found = door.post({"a": 1})

    assert found == Answer(201)
    assert found.is_accepted
    assert [(r.method, r.url.path, r.content) for r in seen] == [("POST", "/v1/events", b'{"a":1}')]


def test_post__refused__says_the_first_reason_and_tries_once() -> None:
    body = {"detail": "1 out of 1 events were invalid", "results": [{"result": "invalid", "message": "/test must be string"}]}
    tries: list[int] = []

    def answer(_: httpx.Request) -> httpx.Response:
        tries.append(1)
        return httpx.Response(400, json=body)

    with intake(answer) as door:
        found = door.post({})

    assert found == Answer(400, "/test must be string")
    assert not found.is_accepted
    assert len(tries) == 1


def test_post__busy_then_well__waits_and_sends_the_same_event_again() -> None:
    bodies: list[bytes] = []
    waits: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(503 if len(bodies) < 3 else 201)

    with intake(answer, waits) as door:
        found = door.post({"meta": {"id": "x"}})

    assert found.is_accepted
    assert bodies == [b'{"meta":{"id":"x"}}'] * 3
    assert len(waits) == 2


def test_post__nobody_listens__an_answer_without_status_not_an_error() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        message = "connection refused"
        raise httpx.ConnectError(message, request=request)

    with intake(answer) as door:
        found = door.post({})

    assert found.status is None
    assert "connection refused" in found.error


def test_post__proxy_answers_html__reason_is_its_text() -> None:
    with intake(lambda _: httpx.Response(404, text="<h1>Not here</h1>")) as door:
        assert door.post({}) == Answer(404, "<h1>Not here</h1>")


def test_text__not_ok__is_nothing() -> None:
    with intake(lambda _: httpx.Response(500, text="x")) as door:
        assert door.text("/metrics") is None


def test_post__207__is_a_failure_with_the_events_own_reason() -> None:
    body = {"results": [{"status": "invalid", "message": "test must be text", "code": "event.invalid"}]}

    with intake(lambda _: httpx.Response(207, json=body)) as door:
        found = door.post({})

    assert (found.is_accepted, found.error, found.code) == (False, "test must be text", "event.invalid")


def test_post__three_events_without_answer__those_behind_are_not_tried() -> None:
    asked: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(1)
        message = "timed out"
        raise httpx.ReadTimeout(message, request=request)

    with intake(answer) as door:
        found = [door.post({}) for _ in range(5)]

    assert [one.code for one in found] == [SILENT, SILENT, SILENT, NOT_TRIED, NOT_TRIED]
    assert len(asked) == 9
    assert found[3].answered_at is None


def test_post__an_answer_of_any_kind__counts_as_alive() -> None:
    answers = [None, None, 400, None, None, 201]

    def answer(request: httpx.Request) -> httpx.Response:
        status = answers[json.loads(request.content)]
        if status is None:
            message = "refused"
            raise httpx.ConnectError(message, request=request)
        return httpx.Response(status)

    with intake(answer) as door:
        found = [door.post(number) for number in range(len(answers))]  # type: ignore[arg-type]  # any JSON will do

    assert [one.status for one in found] == answers
    assert found[0].code == UNREACHABLE
