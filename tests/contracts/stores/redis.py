"""Redis as the contract suite sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
import redis as driver

from connectors.sinks import redis
from connectors.sinks.base import Sink

MARKS: list[Any] = []
COMMIT = "connectors.stores.redis_script:Script.run"


def make(request: pytest.FixtureRequest, _folder: Path) -> RedisStore:
    return RedisStore(request.getfixturevalue("redis_server").fresh_url())


class RedisStore:
    def __init__(self, url: str, **options: Any) -> None:
        self.url = url
        self.options = options

    def sink(self, connector: str = "c1") -> Sink:
        return redis.RedisSink(connector, redis.Target(self.url), redis.Options(**self.options))

    def texts(self, stream: str) -> list[str]:
        entries: Any = self.client().xrange(stream)
        return [orjson.loads(fields[b"event"])["test"] for _, fields in entries]

    def canaries(self) -> list[tuple[str, str]]:
        found: Any = self.client().hkeys("{c1}:_canaries")
        pairs = [name.decode().split(" ", 1) for name in found]
        return [(stream, event_id) for stream, event_id in pairs]

    def client(self) -> driver.Redis:
        return driver.Redis.from_url(self.url)
