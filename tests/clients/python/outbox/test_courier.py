"""The courier: where events go, what is asked of the platform, and what it makes of answers that never come."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from eventclient.outbox import Entry, HttpCourier

WRITTEN = datetime(2026, 11, 26, 12, 0, 0, 1500, tzinfo=UTC)
DT = "2026-11-26T12:00:00.001Z"
CONFIGURATION = {
    "contract": 1,
    "intakes": {"main": "http://main.test/v1/events", "other": "http://other.test/v1/events"},
    "streams": {
        "a": {"schema": "/a/1.0.0", "service": "main", "fields": ["meta.id", "dt", "sample.rate"]},
        "b": {"schema": "/b/2.0.0", "service": "other"},
    },
}


def entry(row: int, stream: str = "a", **event: Any) -> Entry:
    return Entry(row, f"id-{row}", stream, json.dumps({"n": row, **event}), WRITTEN, 1)


def courier(answer: Callable[[httpx.Request], httpx.Response], **options: Any) -> HttpCourier:
    return HttpCourier(
        **{"platform": "http://platform.test", **options}, http=httpx.Client(transport=httpx.MockTransport(answer))
    )


def taking(seen: list[httpx.Request], document: Any = CONFIGURATION) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201) if request.method == "POST" else httpx.Response(200, json=document, headers={"etag": '"1"'})

    return answer


def test_deliver__two_services__each_gets_its_own_with_the_schema() -> None:
    seen: list[httpx.Request] = []

    fates = courier(taking(seen)).deliver([entry(1), entry(2, "b"), entry(3, **{"$schema": "/a/0.9.0"})])

    assert [fate.kind for fate in fates] == ["sent"] * 3
    posts = {str(request.url): json.loads(request.content) for request in seen if request.method == "POST"}
    assert posts == {
        "http://main.test/v1/events": [
            {"n": 1, "$schema": "/a/1.0.0", "meta": {"stream": "a", "id": "id-1"}, "dt": DT, "sample": {"rate": 1}},
            {"n": 3, "$schema": "/a/0.9.0", "meta": {"stream": "a", "id": "id-3"}, "dt": DT, "sample": {"rate": 1}},
        ],
        "http://other.test/v1/events": [{"n": 2, "$schema": "/b/2.0.0", "meta": {"stream": "b"}}],
    }


def test_deliver__one_intake_for_all__stream_id_and_moment_are_set() -> None:
    seen: list[httpx.Request] = []

    courier(taking(seen), platform="", intake="http://main.test/v1/events").deliver([entry(1, dt="2020-01-01T00:00:00Z")])

    assert json.loads(seen[0].content) == [{"n": 1, "dt": "2020-01-01T00:00:00Z", "meta": {"stream": "a", "id": "id-1"}}]


def test_deliver__twice_within_a_minute__configuration_asked_once() -> None:
    seen: list[httpx.Request] = []
    one = courier(taking(seen))

    one.deliver([entry(1)])
    one.deliver([entry(2)])

    assert [request.method for request in seen] == ["GET", "POST", "POST"]


def test_deliver__stream_that_is_not_configured__refused_with_the_remedy() -> None:
    [fate] = courier(taking([])).deliver([entry(1, "nobody")])

    assert (fate.kind, fate.code) == ("refused", "unconfigured")
    assert "requeue" in fate.remedy


@pytest.mark.parametrize("document", [{}, [], {"contract": 2, "streams": {}}, {"contract": 1}])
def test_deliver__platform_says_nothing_of_use__again_and_logged(document: Any, caplog: pytest.LogCaptureFixture) -> None:
    [fate] = courier(taking([], document)).deliver([entry(1)])

    assert fate.kind == "again"
    assert "outbox.configuration_away status=200 error=none" in caplog.messages


def test_deliver__address_is_none__again_and_never_raised() -> None:
    [fate] = courier(taking([]), platform="", intake="http://main.test:port/").deliver([entry(1)])

    assert (fate.kind, fate.code, fate.message) == ("again", "no_answer", "InvalidURL")


def test_deliver__nobody_answers__again_and_never_raised() -> None:
    def away(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    [fate] = courier(away, platform="", intake="http://main.test/v1/events").deliver([entry(1)])

    assert (fate.kind, fate.code, fate.message) == ("again", "no_answer", "ConnectError")


def test_deliver__too_large_together__halved_until_it_fits() -> None:
    sizes: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        events = json.loads(request.content)
        sizes.append(len(events))
        return httpx.Response(413 if len(events) > 2 or events[-1]["n"] == 5 else 201)

    fates = courier(answer, platform="", intake="http://main.test/").deliver([entry(row) for row in range(1, 6)])

    assert [fate.kind for fate in fates] == ["sent"] * 4 + ["refused"]
    assert fates[-1].code == "too_large"
    assert max(sizes) == 5


def test_deliver__one_spoils_the_body_for_all__refused_alone() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        is_spoiled = any(event["n"] == 3 for event in json.loads(request.content))
        return httpx.Response(400, json={"code": "json.null_character"}) if is_spoiled else httpx.Response(201)

    fates = courier(answer, platform="", intake="http://main.test/").deliver([entry(row) for row in range(1, 6)])

    assert [fate.kind for fate in fates] == ["sent", "sent", "refused", "sent", "sent"]
    assert fates[2].code == "json.null_character"


def test_deliver__key_given__is_shown() -> None:
    seen: list[httpx.Request] = []

    courier(taking(seen), key="secret").deliver([entry(1)])

    assert seen[-1].headers["x-producer-key"] == "secret"
    assert "x-producer-key" not in seen[0].headers


def test_courier__no_address__said_at_once() -> None:
    with pytest.raises(ValueError, match="Name the platform's address"):
        HttpCourier()
