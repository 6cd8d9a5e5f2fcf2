"""A Redis that is full, read-only, gone, stuck, a cluster, or turns us away: nothing is lost, doubled or half written."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import pytest
import redis as driver

from connectors.sinks import redis
from connectors.sinks.base import Canary, Position, StoreDeniedError, StoreUnavailableError
from connectors.steering import Steering
from connectors.stores import redis_client
from connectors.stores.redis_client import ClusterError, EvictsError, TornError
from tests.connectors.test_redis_sink import STREAM, WHERE, batch, row
from tests.faults.connector_fleet import until
from tests.servers.base import running
from tests.servers.stores import RedisServer

pytestmark = pytest.mark.slow


@pytest.fixture
def own_server(service_missing: Callable[[str], NoReturn]) -> Iterator[Any]:
    """A server that the test may ill-treat."""
    yield from running(RedisServer(Path(tempfile.mkdtemp(prefix="ep-redis-"))), service_missing)


def connect(server: RedisServer) -> Any:
    return driver.Redis.from_url(server.url(), decode_responses=True)


def sink_of(server: RedisServer, *, cluster: bool = False, url: str = "", **options: Any) -> redis.RedisSink:
    return redis.RedisSink("c1", redis.Target(url or server.url(), cluster=cluster), redis.Options(**options))


def test_full__write__unavailable_nothing_written_and_goes_on_with_room(own_server: RedisServer) -> None:
    with sink_of(own_server) as sink, connect(own_server) as client:
        sink.write(batch(0, 1, row(0)))
        client.config_set("maxmemory", "1mb")

        with pytest.raises(StoreUnavailableError, match="used memory"):
            sink.write(batch(1, 2, row(1)))
        assert sink.position(WHERE) == Position(1, "i1", "c")
        assert client.xlen(STREAM) == 1

        client.config_set("maxmemory", "0")
        sink.write(batch(1, 2, row(1)))
        assert client.xlen(STREAM) == 2


def test_full__open__unavailable(own_server: RedisServer) -> None:
    with connect(own_server) as client:
        client.set("big", "x" * 100_000)
        client.config_set("maxmemory", "100kb")

    with pytest.raises(StoreUnavailableError, match="used memory"), sink_of(own_server):
        pass


def test_evicts_any_key__open__refused(own_server: RedisServer) -> None:
    with connect(own_server) as client:
        client.config_set("maxmemory", "100mb")
        client.config_set("maxmemory-policy", "allkeys-lru")

    with pytest.raises(EvictsError, match="allkeys-lru"), sink_of(own_server):
        pass


def test_replica__write__unavailable_and_nothing_written(own_server: RedisServer) -> None:
    with sink_of(own_server) as sink, connect(own_server) as client:
        client.replicaof("127.0.0.1", 1)

        with pytest.raises(StoreUnavailableError):
            sink.write(batch(0, 1, row(0)))

        client.replicaof("NO", "ONE")
        assert sink.position(WHERE) is None
        sink.write(batch(0, 1, row(0)))
        assert client.xlen(STREAM) == 1


def test_killed_and_started_again__goes_on_from_its_position_with_nothing_doubled(own_server: RedisServer) -> None:
    with sink_of(own_server, type="list") as sink:
        sink.write(batch(0, 2, row(0), row(1)))
        own_server.kill()

        with pytest.raises(StoreUnavailableError):
            sink.write(batch(2, 3, row(2)))
    with pytest.raises(StoreUnavailableError), sink_of(own_server):
        pass
    own_server.start()

    with sink_of(own_server, type="list") as sink, connect(own_server) as client:
        assert sink.position(WHERE) == Position(2, "i1", "c")
        sink.write(batch(2, 3, row(2)))
        assert client.llen(STREAM) == 3


def test_data_lost__position__none_for_the_caller_to_judge(own_server: RedisServer) -> None:
    with sink_of(own_server) as sink, connect(own_server) as client:
        sink.write(batch(0, 1, row(0)))

        client.flushall()

        assert sink.position(WHERE) is None


def test_script_forgotten__write__sent_again(own_server: RedisServer) -> None:
    with sink_of(own_server) as sink, connect(own_server) as client:
        client.script_flush()

        sink.write(batch(0, 1, row(0)))

        assert client.xlen(STREAM) == 1


def test_stuck__write__gives_up_in_time_and_the_next_one_asks_the_store(
    own_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_client, "_ANSWER_SECONDS", 0.5)
    assert own_server.process is not None
    with sink_of(own_server, type="list") as sink:
        os.kill(own_server.process.pid, signal.SIGSTOP)

        with pytest.raises(StoreUnavailableError):
            sink.write(batch(0, 1, row(0)))
        os.kill(own_server.process.pid, signal.SIGCONT)

    with sink_of(own_server, type="list") as sink, connect(own_server) as client:
        if sink.position(WHERE) is None:  # what was under way may or may not have come through
            sink.write(batch(0, 1, row(0)))
        assert sink.position(WHERE) == Position(1, "i1", "c")
        assert client.llen(STREAM) == 1


def test_slow__write__waits(own_server: RedisServer) -> None:
    with sink_of(own_server) as sink, connect(own_server) as client:
        client.client_pause(300)

        assert sink.write(batch(0, 1, row(0))).rows == 1


@pytest.mark.parametrize("right", ["-xadd", "-hset", "-evalsha", "-info", "-hsetnx", "-rpush", "-sadd"])
def test_right_missing__open__denied(own_server: RedisServer, right: str) -> None:
    with connect(own_server) as client:
        client.execute_command("ACL", "SETUSER", "writer", "on", ">s3cr3t", "~*", "+@all", right)

    url = own_server.url().replace("redis://", "redis://writer@")
    sink = redis.RedisSink("c1", redis.Target(url, "s3cr3t"), redis.Options())
    with pytest.raises(StoreDeniedError), sink:
        pass


def test_password_wrong__open__denied_without_a_word_of_it(own_server: RedisServer) -> None:
    with connect(own_server) as client:
        client.execute_command("ACL", "SETUSER", "writer", "on", ">s3cr3t", "~*", "+@all")

    url = own_server.url().replace("redis://", "redis://writer@")
    with pytest.raises(StoreDeniedError) as caught, redis.RedisSink("c1", redis.Target(url, "s3cr3t-wrong"), redis.Options()):
        pass
    assert "s3cr3t" not in str(caught.value)


def test_right_taken_away_amid_a_batch__stops_and_the_position_stays(own_server: RedisServer) -> None:
    with connect(own_server) as client:
        client.execute_command("ACL", "SETUSER", "writer", "on", ">s3cr3t", "~*", "+@all")
        url = own_server.url().replace("redis://", "redis://writer@")
        sink = redis.RedisSink("c1", redis.Target(url, "s3cr3t"), redis.Options(type="list"))
        with sink:
            client.execute_command("ACL", "SETUSER", "writer", "-pexpire")

            with pytest.raises(TornError, match="1 commands"):
                sink.write(batch(0, 1, row(0), steering=Steering(ttl_seconds=100)))

            assert sink.position(WHERE) is None


@pytest.mark.parametrize("right", ["-hsetnx", "-xinfo"])
def test_right_taken_away__write__the_position_stays(own_server: RedisServer, right: str) -> None:
    with connect(own_server) as client:
        client.execute_command("ACL", "SETUSER", "writer", "on", ">s3cr3t", "~*", "+@all")
        url = own_server.url().replace("redis://", "redis://writer@")
        with redis.RedisSink("c1", redis.Target(url, "s3cr3t"), redis.Options()) as sink:
            sink.write(batch(0, 1, row(0)))
            client.execute_command("ACL", "SETUSER", "writer", right)

            with pytest.raises(StoreDeniedError):
                sink.write(batch(1, 2, row(1), canaries=[Canary(1, "id", datetime.now(UTC))]))

            assert sink.position(WHERE) == Position(1, "i1", "c")


@pytest.fixture(scope="module")  # it waits two seconds before it takes writes
def cluster(service_missing: Callable[[str], NoReturn]) -> Iterator[Any]:
    """A Redis Cluster of one node."""
    folder = Path(tempfile.mkdtemp(prefix="ep-redis-"))
    for server in running(RedisServer(folder, "--cluster-enabled yes"), service_missing):
        assert isinstance(server, RedisServer)
        with connect(server) as client:
            client.execute_command("CLUSTER ADDSLOTS", *range(16384))
        until(partial(is_ready, server), 20, "the cluster has all its slots")
        yield server


def is_ready(server: RedisServer) -> bool:
    with connect(server) as client:
        return bool(client.execute_command("CLUSTER INFO")["cluster_state"] == "ok")


@pytest.mark.parametrize("kind", ["string", "stream"])
def test_cluster__keys_of_a_connector__lie_in_one_slot(cluster: RedisServer, kind: str) -> None:
    with connect(cluster) as client:
        client.flushall()
    with sink_of(cluster, cluster=True, type=kind, key="{stream}:{/page_id}") as sink, connect(cluster) as client:
        assert sink.write(batch(0, 3, row(0), row(1), row(2))).rows == 3

        assert sink.position(WHERE) == Position(3, "i1", "c")
        assert len({client.execute_command("CLUSTER KEYSLOT", key) for key in client.keys("*")}) == 1
        assert len(client.keys("{c1}:page.change:*")) == 3


def test_cluster__not_said_to_be_one__refused_with_the_remedy(cluster: RedisServer) -> None:
    with sink_of(cluster, type="string") as sink, pytest.raises(ClusterError):
        sink.write(batch(0, 2, row(0), row(1)))


def test_cluster__back_fill__writes_into_the_connectors_own_keys(cluster: RedisServer) -> None:
    with connect(cluster) as client:
        client.flushall()
    options = redis.Options(type="string", key="{/page_id}")
    with redis.RedisSink("c1~7", redis.Target(cluster.url(), cluster=True), options) as sink, connect(cluster) as client:
        sink.write(batch(0, 1, row(0)))

        assert sorted(client.keys("*")) == ["{c1}:0", "{c1}~7:_offsets"]
