"""The lane's other addresses, its life, and what it says before it is ready."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import orjson
import pytest

from eventplatform.broker.memory import MemoryLog
from intake.lane import Lane, _head
from intake.service import Intake
from tests.contracts.intake_doors import HandMade


class Runtime:
    """Counts starts and stops; ready or not as told."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.is_ready = True

    def start(self) -> Intake:
        self.calls.append("start")
        configuration = HandMade()
        return Intake(configuration=lambda: configuration, producer=MemoryLog().producer())

    def stop(self) -> None:
        self.calls.append("stop")

    def readiness(self) -> tuple[bool, dict[str, Any]]:
        return self.is_ready, {"status": "ok" if self.is_ready else "unavailable", "log": "stumbles"}

    def metrics(self) -> tuple[bytes, str]:
        return b"a_metric 1\n", "text/plain; version=1.0.0"


def asked(lane: Lane, method: str, path: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(lane), base_url="http://intake") as client:
            return await client.request(method, path)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("/healthz", "application/json", b'{"status":"ok"}'),
        ("/readyz", "application/json", b'{"status":"ok","log":"stumbles"}'),
        ("/metrics", "text/plain; version=1.0.0", b"a_metric 1\n"),
        ("/robots.txt", "text/plain; charset=utf-8", b"User-agent: *\nDisallow: /\n"),
    ],
)
def test_get__address__answers(path: str, kind: str, body: bytes) -> None:
    lane = Lane(Runtime())

    answer = asked(lane, "GET", path)
    head = asked(lane, "HEAD", path)

    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, kind, body)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(body)), b"")


def test_readyz__no_configuration__503() -> None:
    runtime = Runtime()
    runtime.is_ready = False

    assert asked(Lane(runtime), "GET", "/readyz").status_code == 503


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/events/x", "/v1//events", "/V1/events", "/admin/"])
def test_unknown_address__404_as_a_problem(path: str) -> None:
    answer = asked(Lane(Runtime()), "GET", path)

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "path.unknown"


def test_post__to_a_read_only_address__405() -> None:
    answer = asked(Lane(Runtime()), "POST", "/healthz")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_post__before_the_start__503_with_retry_after() -> None:
    answer = asked(Lane(Runtime()), "POST", "/v1/events")

    assert (answer.status_code, answer.headers["retry-after"], answer.json()["code"]) == (503, "2", "intake.starting")


def test_lifespan__start_and_shutdown__runtime_follows() -> None:
    runtime = Runtime()
    said: list[str] = []
    given = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> dict[str, Any]:
        return next(given)

    async def send(message: Any) -> None:
        said.append(message["type"])

    asyncio.run(Lane(runtime)({"type": "lifespan"}, receive, send))

    assert runtime.calls == ["start", "stop"]
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_head__request_id_twice__joined_as_at_the_other_door() -> None:
    headers = [(b"x-request-id", b"a"), (b"content-type", b"text/plain"), (b"x-request-id", b"b")]

    assert _head({"headers": headers, "query_string": b""}, "").request_id == "a,b"  # which is no request id


@pytest.mark.parametrize(("length", "code"), [([], "body.broken"), ([(b"content-length", b"9")], "body.truncated")])
def test_post__body_breaks_off__refused_for_who_still_reads(length: list[tuple[bytes, bytes]], code: str) -> None:
    lane = Lane(Runtime())
    said: list[Any] = []
    headers = [(b"content-type", b"application/json"), *length]
    scope = {"type": "http", "method": "POST", "path": "/v1/events", "query_string": b"", "headers": headers}
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": b"[]", "more_body": True}, {"type": "http.disconnect"}]
    given = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(given)

    async def send(message: Any) -> None:
        said.append(message)

    async def run() -> None:
        await lane.start()
        await lane(scope, receive, send)

    asyncio.run(run())

    assert said[0]["status"] == 400
    assert orjson.loads(said[1]["body"])["code"] == code
