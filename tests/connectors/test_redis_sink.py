"""Redis: each type of keys, what it forgets, keys that others use, rows by key."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import redis as driver

from connectors.options import OptionMissingError
from connectors.sinks import redis
from connectors.sinks.base import (
    Canary,
    FencedError,
    Position,
    Row,
    RowsRefusedError,
    UpsertUnsupportedError,
    WriteBatch,
)
from connectors.steering import NO_STEERING, Steering
from connectors.stores import redis_script
from connectors.stores.redis_client import ModuleMissingError
from eventplatform.core.records import Record, TopicPartition
from tests.servers.stores import RedisServer

pytestmark = pytest.mark.slow

STREAM = "page.change"
WHERE = TopicPartition("eqiad.page.change", 0)
DAY_MS = 86_400_000
UPSERT = Steering(is_upsert=True, key=("/page_id",))


@pytest.fixture
def url(redis_server: RedisServer) -> str:
    return redis_server.fresh_url()


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    with driver.Redis.from_url(url, decode_responses=True) as made:
        yield made


@contextmanager
def opened(url: str, **options: Any) -> Iterator[redis.RedisSink]:
    with redis.RedisSink("c1", redis.Target(url), redis.Options(**options)) as sink:
        assert isinstance(sink, redis.RedisSink)
        yield sink


def now_ms() -> int:
    """Asked anew by each test: much of a run may lie between a module's import and its last test."""
    return time.time_ns() // 1_000_000


def row(offset: int, timestamp_ms: int | None = None, key: bytes | None = None, **fields: Any) -> Row:
    event = {"page_id": offset, **fields}
    return Row(Record(*WHERE, offset, now_ms() if timestamp_ms is None else timestamp_ms, key, orjson.dumps(event)), event)


def tombstone(offset: int, key: bytes) -> Record:
    return Record(*WHERE, offset, now_ms(), key, None)


def batch(start: int, end: int, *rows: Row, steering: Steering = NO_STEERING, **more: Any) -> WriteBatch:
    expected = Position(start, "i1", "c") if start else None
    return WriteBatch(STREAM, WHERE, expected, Position(end, "i1", "c"), rows, steering=steering, **more)


def test_string__an_event__its_json_under_its_coordinates(url: str, client: Any) -> None:
    with opened(url, type="string") as sink:
        sink.write(batch(0, 2, row(0, title="a"), row(1, title="b")))

    assert orjson.loads(client.get("page.change:eqiad.page.change:0:1")) == {"page_id": 1, "title": "b"}


def test_hash__an_event__its_top_fields_and_no_nulls(url: str, client: Any) -> None:
    with opened(url, type="hash", key="page:{/page_id}") as sink:
        sink.write(batch(0, 1, row(0, title="a", ok=True, tags=["x"], nothing=None)))

    assert client.hgetall("page:0") == {"page_id": "0", "title": "a", "ok": "true", "tags": '["x"]'}


def test_hash__many_fields__all_there(url: str, client: Any) -> None:
    with opened(url, type="hash", key="wide") as sink:
        wide: dict[str, Any] = {f"f{n}": n for n in range(5000)}
        sink.write(batch(0, 1, row(0, **wide)))

    assert client.hlen("wide") == 5001


def test_list__events__elements_in_order_the_newest_kept(url: str, client: Any) -> None:
    with opened(url, type="list", max_len=2, fields=("/title", "/deep/er")) as sink:
        sink.write(batch(0, 3, row(0, title="a"), row(1, title="b", deep={"er": 1}), row(2, title="c")))

    assert [orjson.loads(one) for one in client.lrange(STREAM, 0, -1)] == [{"title": "b", "deep/er": 1}, {"title": "c"}]


def test_zset__number_or_time__is_the_score(url: str, client: Any) -> None:
    with opened(url, type="zset", number="/score") as sink:
        sink.write(batch(0, 2, row(0, score=2.5), row(1, score="1970-01-01T00:00:01Z")))

    assert [score for _, score in client.zrange(STREAM, 0, -1, withscores=True)] == [2.5, 1000.0]


def test_zset__no_number__that_record_refused_and_nothing_written(url: str, client: Any) -> None:
    with opened(url, type="zset", number="/score") as sink, pytest.raises(RowsRefusedError) as caught:
        sink.write(batch(0, 2, row(0, score=1), row(1, score=True)))

    assert {offset: error.code for offset, error in caught.value.refused.items()} == {1: "sink.number_missing"}
    assert client.exists(STREAM) == 0


def test_stream__chosen_fields__are_fields_of_the_entry(url: str, client: Any) -> None:
    with opened(url, fields=("/title", "/tags")) as sink:
        sink.write(batch(0, 1, row(0, title="a", tags=[1])))

    assert [fields for _, fields in client.xrange(STREAM)] == [{"title": "a", "tags": "[1]"}]


def test_stream__record_older_than_the_last_or_of_the_future__right_behind_it(url: str, client: Any) -> None:
    with opened(url) as sink:
        sink.write(batch(0, 3, row(0, 5_000), row(1, 4_000), row(2, 5_000)))
        sink.write(batch(3, 5, row(3, 6_000), row(4, now_ms() + DAY_MS)))

    ids = [entry for entry, _ in client.xrange(STREAM)]
    assert ids[:4] == ["5000-0", "5000-1", "5000-2", "6000-0"]
    assert int(ids[4].split("-")[0]) < now_ms() + DAY_MS


def test_stream__emptied_by_a_person__goes_on_behind_its_last_id(url: str, client: Any) -> None:
    with opened(url) as sink:
        sink.write(batch(0, 1, row(0, 5_000)))
        client.xtrim(STREAM, maxlen=0, approximate=False)
        sink.write(batch(1, 2, row(1, 4_000)))

    assert [entry for entry, _ in client.xrange(STREAM)] == ["5000-1"]


@pytest.mark.parametrize("kind", ["string", "hash"])
def test_ttl__key_of_one_event__forgotten_after_it_or_after_the_retention(url: str, client: Any, kind: str) -> None:
    steering = Steering(ttl_seconds=100, retention_days=1)

    with opened(url, type=kind, key="{/page_id}") as sink:
        sink.write(batch(0, 2, row(0), row(1, now_ms() - DAY_MS + 20_000), steering=steering))

    assert 90 < client.ttl("0") <= 100
    assert 0 < client.ttl("1") <= 20


@pytest.mark.parametrize(("kind", "left"), [("stream", 1), ("zset", 1), ("list", 2)])
def test_ttl__key_of_many__the_old_go_where_the_type_knows_and_an_idle_key_as_a_whole(
    url: str, client: Any, kind: str, left: int
) -> None:
    with opened(url, type=kind) as sink:
        sink.write(batch(0, 2, row(0, now_ms() - 200_000), row(1), steering=Steering(ttl_seconds=100)))

    length = {"stream": client.xlen, "zset": client.zcard, "list": client.llen}[kind](STREAM)
    assert length == left
    assert 90 < client.ttl(STREAM) <= 100


@pytest.mark.parametrize(("kind", "gone"), [("stream", 1), ("zset", 1), ("list", 0), ("string", 0)])
def test_expire__by_type__what_it_can(url: str, kind: str, gone: int) -> None:
    with opened(url, type=kind, key="{stream}:{/page_id}") as sink:
        sink.write(batch(0, 2, row(0, now_ms() - 2 * DAY_MS), row(1)))

        assert sink.expire(STREAM, before=datetime.fromtimestamp(now_ms() / 1000 - 86_400, UTC)) == gone


def test_write__key_of_another_type__only_its_records_refused_and_nothing_written(url: str, client: Any) -> None:
    client.set("page:1", "somebody's")

    with opened(url, type="hash", key="page:{/page_id}") as sink:
        with pytest.raises(RowsRefusedError) as caught:
            sink.write(batch(0, 3, row(0), row(1), row(2)))

        assert {offset: error.code for offset, error in caught.value.refused.items()} == {1: "sink.record_refused"}
        assert client.keys("page:*") == ["page:1"]
        assert sink.position(WHERE) is None
        sink.write(batch(0, 3, row(0), row(2)))
    assert sorted(client.keys("page:*")) == ["page:0", "page:1", "page:2"]


@pytest.mark.parametrize("kind", ["string", "hash"])
def test_upsert__newest_of_a_key__replaces_and_a_tombstone_deletes(url: str, client: Any, kind: str) -> None:
    with opened(url, type=kind) as sink:
        sink.write(batch(0, 3, row(0, page_id=1, old="x"), row(1, page_id=2), row(2, page_id=1, new="y"), steering=UPSERT))

        stored = client.hgetall("page.change:1") if kind == "hash" else orjson.loads(client.get("page.change:1"))
        assert {name: str(value) for name, value in stored.items()} == {"page_id": "1", "new": "y"}

        sink.write(batch(3, 6, row(4, page_id=3), steering=UPSERT, tombstones=[tombstone(3, b"1"), tombstone(5, b"3")]))

    assert client.keys("page.change:*") == ["page.change:2"]


def test_upsert__tombstone_that_names_no_row__refused(url: str) -> None:
    with opened(url, type="string") as sink, pytest.raises(RowsRefusedError) as caught:
        sink.write(batch(0, 2, row(0), steering=UPSERT, tombstones=[tombstone(1, b'{"other": 1}')]))

    assert {offset: error.code for offset, error in caught.value.refused.items()} == {1: "sink.tombstone_key"}


@pytest.mark.parametrize("options", [{"type": "stream"}, {"type": "string", "key": "{stream}"}])
def test_upsert__keys_that_gather_or_name_no_field__refused(url: str, options: dict[str, Any]) -> None:
    with opened(url, **options) as sink, pytest.raises(UpsertUnsupportedError):
        sink.write(batch(0, 1, row(0), steering=UPSERT))


def test_canaries__many__the_oldest_are_forgotten(url: str, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_script, "CANARIES_KEPT", 3)
    canaries = [Canary(offset, f"id {offset}", datetime.now(UTC)) for offset in range(5)]

    with opened(url) as sink:
        sink.write(batch(0, 5, canaries=canaries))

        assert [sink.canary_written(STREAM, f"id {offset}") is not None for offset in range(5)] == [False] * 2 + [True] * 3
    assert client.llen("{c1}:_canaries:order") == 3


@pytest.mark.parametrize("kind", ["json", "timeseries"])
def test_open__module_missing__said_plainly(url: str, kind: str) -> None:
    with pytest.raises(ModuleMissingError, match=kind), opened(url, type=kind, number="/n"):
        pass


def test_open__time_series_without_its_number__refused(url: str) -> None:
    with pytest.raises(OptionMissingError), opened(url, type="timeseries"):
        pass


def test_open__leaves_nothing_behind(url: str, client: Any) -> None:
    with opened(url):
        pass

    assert client.keys("*") == []


def test_write__without_asking_for_the_position_first__fenced_all_the_same(url: str) -> None:
    with opened(url) as first, opened(url) as second:
        first.write(batch(0, 1, row(0)))

        with pytest.raises(FencedError):
            second.write(batch(0, 1, row(0)))
        second.write(batch(1, 2, row(1)))


def test_preview__rows__keys_and_commands_without_a_server() -> None:
    sink = redis.RedisSink("c1", redis.Target("redis://127.0.0.1:1"), redis.Options(type="string"))

    shown = sink.preview(STREAM, {}, [row(3)], NO_STEERING)

    assert shown.place == "page.change:eqiad.page.change:0:3"
    assert shown.rows[0].values["value"] == 'SET {"page_id":3}'
