"""The embedded Redis keeps what Celery was told."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from eventplatform.embedded.redis import Redis

pytestmark = pytest.mark.slow


@pytest.fixture
def own_redis() -> Iterator[Redis]:
    with tempfile.TemporaryDirectory(prefix="ep-") as folder:
        server = Redis(Path(folder))
        yield server
        server.stop()


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_start__after_its_end__keeps_what_was_written(own_redis: Redis, end: str) -> None:
    own_redis.start()
    client = redis.from_url(own_redis.url)
    client.set("task", "1")

    getattr(own_redis, end)()
    own_redis.start()

    assert client.get("task") == b"1"


def test_start__twice__is_one_server(own_redis: Redis) -> None:
    own_redis.start()
    pid = own_redis.pid

    own_redis.start()

    assert own_redis.pid == pid
