"""The parts of a consumer alone: progress, ids that were seen, blocks of server-sent events, pauses, positions."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sql

from eventclient.consuming.deliveries import Lane
from eventclient.consuming.positions import CallablePositions, FilePositions, MemoryPositions, PositionStore
from eventclient.consuming.positions_sql import SqlPositions
from eventclient.consuming.progress import Progress
from eventclient.consuming.retries import Retries
from eventclient.consuming.seen import MemorySeen, RedisSeen
from eventclient.consuming.sse_parsing import Block, Blocks


def test_progress__done_out_of_order__moves_to_the_first_that_is_not() -> None:
    progress, lane = Progress(), Lane("a")
    first, second, third = (progress.begin(lane, token) for token in (1, 2, 3))

    progress.done(lane, second)
    assert progress.take() == {}
    progress.done(lane, first)
    assert progress.take() == {lane: 2}
    progress.mark(lane, 4)
    assert progress.take() == {}
    progress.done(lane, third)
    assert progress.take() == {lane: 4}


def test_progress__lane_forgotten__keeps_nothing_of_it() -> None:
    progress, lane, other = Progress(), Lane("a"), Lane("b")
    ticket, kept = progress.begin(lane, 1), progress.begin(other, 7)

    progress.forget(lane)
    progress.done(lane, ticket)
    progress.done(other, kept)

    assert progress.take() == {other: 7}


def test_seen__more_than_it_holds__forgets_the_oldest_and_stays_bounded() -> None:
    seen = MemorySeen(most=10)
    for n in range(100):
        seen.add(str(n))

    assert all(seen.has(str(n)) for n in range(95, 100))
    assert not seen.has("1")
    assert len(seen._young) + len(seen._old) <= 10


@pytest.mark.slow
def test_seen__in_redis__shared_by_all(redis_url: str) -> None:
    import redis

    with redis.Redis.from_url(redis_url) as client:
        one, other = RedisSeen(client, prefix="test:"), RedisSeen(client, prefix="test:")
        assert not one.has("id")
        one.add("id")

        assert other.has("id")
        assert 0 < client.ttl("test:id") <= 86_400


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_blocks__cut_anywhere__the_same(size: int) -> None:
    text = (
        b':ok\n\nretry: 3000\n\nevent: message\nid: [1]\ndata: {"a":"\xc3"}\n\n: heartbeat\nid: [2]\n\nevent: end\ndata: {}\n\n'
    )
    blocks = Blocks()

    found = [block for begin in range(0, len(text), size) for block in blocks.feed(text[begin : begin + size])]

    assert found == [
        Block(),
        Block(retry=b"3000"),
        Block(name=b"message", id=b"[1]", data=b'{"a":"\xc3"}'),
        Block(id=b"[2]"),
        Block(name=b"end", data=b"{}"),
    ]


def test_pause__of_each_try__doubles_up_to_the_most() -> None:
    retries = Retries(first_seconds=1, most_seconds=60)

    for tried, seconds in [(1, 1), (2, 2), (3, 4), (7, 60), (1000, 60)]:
        assert 0.8 * seconds <= retries.pause(ValueError(), tried) <= 1.2 * seconds


def stores(folder: Path) -> dict[str, PositionStore]:
    kept: dict[str, str] = {}
    return {
        "memory": MemoryPositions(),
        "file": FilePositions(folder / "position"),
        "sql": SqlPositions(sql.create_engine(f"sqlite:///{folder / 'p.db'}")),
        "callable": CallablePositions(lambda name: kept.get(name, ""), kept.__setitem__),
    }


@pytest.mark.parametrize("kind", ["memory", "file", "sql", "callable"])
def test_positions__saved__loaded_again(tmp_path: Path, kind: str) -> None:
    store = stores(tmp_path)[kind]

    assert store.load("c") == ""
    store.save("c", "[1]")
    store.save("c", "[2]")

    assert store.load("c") == "[2]"
