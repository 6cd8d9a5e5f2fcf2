"""An intake that notes events, behind its lane."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import orjson

from eventplatform.broker.memory import MemoryLog
from eventplatform.core.pii_values import Hashing
from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from eventplatform.guard.permits import Permit
from eventplatform.guard.request_head import RequestHead
from intake.lane import Lane
from intake.service import Intake
from intake.trying.noting import Noting, Openness
from tests.contracts.intake_doors import GOOD, STREAMS, HandMade, ObedientProducer, ReadyMade


class KeyHolder:
    """A permit of somebody who showed a key, or did not."""

    def __init__(self, key_prefix: str = "") -> None:
        self.key_name, self.key_prefix = "Web", key_prefix  # two may be called the same

    def allow(self, stream: Stream) -> None:
        """Anywhere."""


class TakesKeys:
    """A guard that knows two keys."""

    def permit(self, head: RequestHead, _service: Service) -> Permit:
        shown = head.header("x-producer-key")
        return KeyHolder(shown if shown in {"ours", "theirs"} else "")


class Trial:
    """One process's intake; ask it as a client's test does."""

    def __init__(self, *, openness: Openness = "on", redis_url: str = "", guard: Any = None) -> None:
        self.log = MemoryLog()
        for stream in STREAMS:
            self.log.create_topic(stream.name)
        self.producer = ObedientProducer(self.log)
        self.noting = Noting(
            openness=openness, hashing=Hashing(b"k"), redis_url=redis_url, errors_url="https://p.example/errors/"
        )
        self.noting.start()
        configuration = HandMade(services={"main": Service("main")})
        self.intake = Intake(configuration=lambda: configuration, producer=self.producer, noting=self.noting, guard=guard)

    def post(self, *events: Any, path: str = "/v1/events", debug_id: str = "me", **headers: str) -> httpx.Response:
        if debug_id:
            headers["x-debug-id"] = debug_id
        return self.ask("POST", path, orjson.dumps(events), **headers)

    def ask(self, method: str, path: str, body: bytes = b"", /, **headers: str) -> httpx.Response:
        return asyncio.run(self._ask(method, path, body, headers))

    async def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        lane = Lane(ReadyMade(self.intake))
        await lane.start()
        named = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(lane), base_url="http://intake") as client:
            return await client.request(method, path, content=body, headers=named)

    def told(self, kind: str = "all", debug_id: str = "me", query: str = "", **headers: str) -> dict[str, Any]:
        answer = self.ask("GET", f"/v1/_debug/{debug_id}/{kind}{query}", **headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def close(self) -> None:
        self.noting.close()


def event(**more: Any) -> dict[str, Any]:
    """A fresh copy: the gate fills events in place."""
    return {**GOOD, "meta": {**GOOD["meta"]}, **more}  # type: ignore[dict-item]  # GOOD's values are of several types


def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
