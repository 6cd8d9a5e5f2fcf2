"""A server of streams in this process, over any log, and clients that read it byte by byte."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType
from typing import Any

import orjson

from eventplatform.broker.base import Log
from eventplatform.core.pii_values import Hashing
from eventplatform.core.records import NewRecord
from eventplatform.core.services import Service
from eventplatform.core.streams import Stream
from eventplatform.guard.client_addresses import Proxies
from monitoring.streaming.client import Limits
from monitoring.streaming.errors import TokenUnknownError
from monitoring.streaming.offers import STRANGER, Caller, Offers, offers
from monitoring.streaming.places import Caps
from monitoring.streaming.server import StreamServer
from monitoring.streaming.service import Bounds
from registry.schema.compiled import Schema

SCHEMA_ID = "/sample/page/1.0.0"
DOCUMENT: Mapping[str, Any] = {
    "$id": SCHEMA_ID,
    "title": "sample/page",
    "type": "object",
    "properties": {
        "$schema": {"type": "string"},
        "meta": {"type": "object"},
        "n": {"type": "integer"},
        "ip": {"type": "string", "x-pii": "ip"},
        "user": {"type": "string", "x-pii": "name", "x-pii-action": "hash"},
    },
}
WAIT_SECONDS = 20.0


def stream(name: str, **settings: Any) -> Stream:
    topics = settings.pop("topics", (name,))
    title = settings.pop("title", "sample/page")
    return Stream(name=name, schema_title=title, service="", topics=topics, settings=MappingProxyType(settings))


def event(n: int, *, stream_name: str = "pages", domain: str = "en.wikipedia.org", **more: Any) -> bytes:
    meta = {"stream": stream_name, "id": f"id-{n}", "domain": domain}
    return orjson.dumps({"$schema": SCHEMA_ID, "meta": meta, "n": n, **more})


def produce(log: Log, topic: str, values: Sequence[bytes | None], **more: Any) -> None:
    producer = log.producer()
    failed: list[Any] = []
    producer.produce(
        [NewRecord(topic, value, **more) for value in values], lambda done: failed.extend(one for one in done if one.error)
    )
    assert producer.flush(20) == 0
    assert not failed
    producer.close()


class Footing:
    """Everything that the service stands on, made up."""

    def __init__(self, log: Log, streams: Sequence[Stream], default: str = "public") -> None:
        self.hashing = Hashing(b"key")
        self.proxies = Proxies()
        self.home = "http://127.0.0.1:1"
        self.schema = Schema(DOCUMENT)
        self.callers: dict[str, Caller] = {}
        self.is_ready = True
        self.told: tuple[str, bool] | None = None
        self._log = log
        self._default = default
        self.configure(streams)

    def configure(self, streams: Sequence[Stream]) -> None:
        services = [Service("main", error_stream="main.errors")]
        self._offers = offers(streams, services, default=self._default, closed=frozenset({"eventplatform.rejected"}))

    def offers(self) -> Offers:
        return self._offers

    def find_schema(self, schema_id: str) -> Schema | None:
        return self.schema if schema_id == SCHEMA_ID else None

    def caller(self, authorization: str, cookie: str) -> Caller:
        if not authorization:
            return self.callers.get(cookie, STRANGER)
        if authorization not in self.callers:
            raise TokenUnknownError
        return self.callers[authorization]

    def log(self) -> Log:
        return self._log

    def asked_log(self) -> Log:
        return self._log

    def tell(self, words: str, *, is_well: bool) -> None:
        self.told = words, is_well

    def readiness(self) -> tuple[bool, dict[str, Any]]:
        return self.is_ready, {"status": "ok" if self.is_ready else "unavailable"}

    def metrics(self) -> bytes:
        return b"metrics\n"


class Rig:
    """A running server."""

    def __init__(self, footing: Footing, bounds: Bounds) -> None:
        self.footing = footing
        self._bounds = bounds
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.setblocking(False)
        self.port: int = self._listening.getsockname()[1]
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(WAIT_SECONDS)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(WAIT_SECONDS)
        assert not self._thread.is_alive()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self.server = StreamServer(self.footing, self._bounds)
        await self.server.start(self._listening)
        self._ready.set()
        await self._stopping.wait()
        await self.server.stop()

    def on_loop(self, function: Callable[[], Any]) -> Any:
        """Call something where it belongs."""

        async def called() -> Any:
            return function()

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result(WAIT_SECONDS)

    def beat(self) -> None:
        self.on_loop(self.server.service.beat)

    def clients(self) -> int:
        return int(self.on_loop(lambda: len(self.server.service.hub.clients)))

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        return self.request("GET", path, **headers)

    def request(self, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS)
        connection.request(method, path, headers=_named(headers))
        answer = connection.getresponse()
        found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        connection.close()
        return found

    @contextmanager
    def follow(self, path: str, **headers: str) -> Iterator[Follower]:
        follower = Follower(self.port, path, **headers)
        try:
            yield follower
        finally:
            follower.close()


@dataclass
class Message:
    """One server-sent event, or a comment."""

    name: str = ""
    id: Any = None
    data: Any = None
    comment: str = ""
    raw_id: str = field(default="", repr=False)


class Follower:
    """A client of a stream."""

    def __init__(self, port: int, path: str, **headers: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS)
        self._connection.request("GET", path, headers=_named(headers))
        self.answer = self._connection.getresponse()
        self.last_id = ""
        self.socket = self._connection.sock
        assert self.answer.status == 200, self.answer.read()

    def messages(self) -> Iterator[Message]:
        """Everything, until the stream ends."""
        block: list[str] = []
        while line := self.answer.readline():
            text = line.decode().rstrip("\n")
            if text:
                block.append(text)
            elif block:
                yield self._message(block)
                block = []

    def _message(self, lines: list[str]) -> Message:
        made = Message()
        for line in lines:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "":
                made.comment = value
            elif name == "event":
                made.name = value
            elif name == "data":
                made.data = orjson.loads(value)
            elif name == "id":
                self.last_id = made.raw_id = value
                made.id = orjson.loads(value)
        return made

    def named(self, count: int) -> list[Message]:
        """The next messages that are no comments."""
        return list(islice((one for one in self.messages() if one.name), count))

    def events(self, count: int) -> list[Any]:
        """The next events' data; comments and notices left out."""
        found: list[Any] = []
        for message in self.messages():
            if message.name == "message":
                found.append(message.data)
            if len(found) == count:
                break
        return found

    def numbers(self, count: int) -> list[int]:
        return [one["n"] for one in self.events(count)]

    def lines(self, count: int) -> list[Any]:
        """The next documents of JSON lines."""
        found: list[Any] = []
        while len(found) < count:
            line = self.answer.readline()
            assert line
            if line.strip():
                found.append(orjson.loads(line))
        return found

    def close(self) -> None:
        self.answer.close()
        self._connection.close()


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@contextmanager
def served(
    log: Log,
    *streams: Stream,
    default: str = "public",
    caps: Caps | None = None,
    limits: Limits | None = None,
    **bounds: Any,
) -> Iterator[Rig]:
    footing = Footing(log, streams or (stream("pages"),), default)
    rig = Rig(footing, Bounds(caps=caps or Caps(address=1000), limits=limits or Limits(), **bounds))
    rig.start()
    try:
        yield rig
    finally:
        rig.stop()


def wait_until(is_so: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
