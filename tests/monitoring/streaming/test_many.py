"""Many clients at once: each gets everything, an event is written once for all of them, and nothing is left behind."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest

from eventplatform.broker.base import LogUnavailableError
from eventplatform.broker.memory import MemoryLog
from eventplatform.core.records import TopicPartition
from monitoring.streaming.channels import Writer
from monitoring.streaming.entries import Entry
from tests.monitoring.streaming.rig import WAIT_SECONDS, Rig, event, produce, served, wait_until

pytestmark = pytest.mark.slow

_CLIENTS = 200
_EVENTS = 300


@contextmanager
def many(rig: Rig, count: int) -> Iterator[list[socket.socket]]:
    opened = [socket.create_connection(("127.0.0.1", rig.port), timeout=WAIT_SECONDS) for _ in range(count)]
    for one in opened:
        one.sendall(b"GET /v2/stream/pages HTTP/1.1\r\nHost: x\r\n\r\n")
    wait_until(lambda: rig.clients() == count)
    try:
        yield opened
    finally:
        for one in opened:
            one.close()


def counted(clients: list[socket.socket], wanted: int) -> list[int]:
    """How many events each client has got, once all have enough."""
    found = dict.fromkeys(clients, 0)
    deadline = time.monotonic() + WAIT_SECONDS
    with selectors.DefaultSelector() as selector:
        for client in clients:
            client.setblocking(False)
            selector.register(client, selectors.EVENT_READ)
        while min(found.values()) < wanted:
            assert time.monotonic() < deadline
            for key, _ in selector.select(1):
                one = key.fileobj
                assert isinstance(one, socket.socket)
                found[one] += one.recv(1 << 20).count(b"\ndata: {")
    return list(found.values())


def files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_many_clients__of_one_wish__get_all_events_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    log = MemoryLog()
    log.create_topic("pages")
    written: list[int] = []
    write = Writer._data

    def noted(self: Writer, entry: Entry) -> bytes | None:
        written.append(entry.record.offset)
        return write(self, entry)

    monkeypatch.setattr(Writer, "_data", noted)
    with served(log) as rig:
        before = files()
        with many(rig, _CLIENTS) as clients:
            for begin in range(0, _EVENTS, 50):
                produce(log, "pages", [event(n) for n in range(begin, begin + 50)])

            assert counted(clients, _EVENTS) == [_EVENTS] * _CLIENTS
            assert written == list(range(_EVENTS))
            assert files() - before <= 2 * _CLIENTS + 10  # both ends are in this process

        wait_until(lambda: rig.clients() == 0 and files() <= before + 5)
        assert rig.server.service.places.taken == 0
        assert rig.server.service.hub.wanted() == {}


def test_connection__to_a_client_that_vanishes__is_given_up_by_the_kernel_within_half_a_minute() -> None:
    log = MemoryLog()
    log.create_topic("pages")
    with served(log) as rig, many(rig, 1):
        (connection,) = rig.on_loop(lambda: tuple(rig.server.connections))
        raw = connection._transport.get_extra_info("socket")

        unanswered_ms = raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert 0 < unanswered_ms / 1000 + 15 < 30  # a heartbeat is sent each 15 s


class Faltering(MemoryLog):
    """A log that may be away."""

    is_away = False

    def end_offsets(self, wanted: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        if self.is_away:
            raise LogUnavailableError(reason="a test")
        return super().end_offsets(wanted)


@pytest.fixture
def faltering(monkeypatch: pytest.MonkeyPatch) -> Faltering:
    monkeypatch.setattr("monitoring.streaming.tail._AGAIN_SECONDS", 0.1)
    log = Faltering()
    log.create_topic("pages")
    return log


def test_restart__of_the_tail_after_the_log_was_away__nobody_loses_anything(faltering: Faltering) -> None:
    with served(faltering) as rig, rig.follow("/v2/stream/pages") as client:
        produce(faltering, "pages", [event(1)])
        assert client.numbers(1) == [1]
        faltering.is_away = True
        wait_until(lambda: b"a test" in rig.get("/readyz")[2])
        assert rig.get("/readyz")[0] == 200
        produce(faltering, "pages", [event(2)])
        faltering.is_away = False

        assert client.numbers(1) == [2]


def test_log__back_while_nobody_follows__is_told_to_be_well(faltering: Faltering) -> None:
    with served(faltering) as rig:
        with rig.follow("/v2/stream/pages") as client:
            produce(faltering, "pages", [event(1)])
            assert client.numbers(1) == [1]
            faltering.is_away = True
            wait_until(lambda: b"a test" in rig.get("/readyz")[2])
        assert b"a test" in rig.get("/readyz")[2]
        faltering.is_away = False

        wait_until(lambda: orjson.loads(rig.get("/readyz")[2])["log"] == "ok")
