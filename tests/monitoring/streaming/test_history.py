"""Clients that begin in the past: bounded in number, read to at their own speed, brought to the present whole."""

from __future__ import annotations

import orjson
import pytest

from eventplatform.broker.base import LogUnavailableError
from eventplatform.broker.memory import MemoryLog
from tests.monitoring.streaming.rig import event, produce, served, stream, wait_until


@pytest.fixture
def log() -> MemoryLog:
    made = MemoryLog()
    made.create_topic("pages", partitions=2)
    return made


def test_history__as_many_as_may_read_it__503_but_what_comes_is_given(log: MemoryLog) -> None:
    produce(log, "pages", [event(1)], partition=0)
    with served(log, most_history=0) as rig:
        status, headers, body = rig.get("/v2/stream/pages?since=0")
        assert (status, headers["retry-after"], orjson.loads(body)["code"]) == (503, "30", "stream_out.history_busy")
        wait_until(lambda: rig.server.service.places.taken == 0)
        assert rig.server.service.hub.wanted() == {}

        with rig.follow("/v2/stream/pages") as client:
            produce(log, "pages", [event(2)], partition=0)
            assert client.numbers(1) == [2]


@pytest.mark.slow
def test_history__client_that_reads_slowly__loses_nothing(log: MemoryLog) -> None:
    wanted = list(range(2500))
    for begin in range(0, 2500, 100):
        produce(log, "pages", [event(n, text="x" * 4000) for n in range(begin, begin + 100)], partition=0)

    with served(log, history_per_second=1_000_000) as rig, rig.follow("/v2/stream/pages?since=0") as client:
        wait_until(lambda: any(not one.is_idle for one in tuple(rig.server.service.hub.clients)))
        found = []
        for message in client.messages():
            assert message.name in {"", "message"}
            if message.name:
                found.append(message.data["n"])
            if len(found) == len(wanted):
                break

    assert found == wanted


def test_history__partitions__are_read_side_by_side_in_time(log: MemoryLog) -> None:
    for n in range(0, 1000, 100):
        for partition in (0, 1):
            values = [event(2 * number + partition) for number in range(n, n + 100)]
            produce(log, "pages", values, partition=partition, timestamp_ms=1000 + n)

    with served(log, history_per_second=1_000_000) as rig, rig.follow("/v2/stream/pages?since=0") as client:
        numbers = client.numbers(2000)

    assert sorted(numbers) == list(range(2000))
    # Neither runs ahead of the other by much more than one bite of 200 records.
    assert max(abs(number // 2 - place // 2) for place, number in enumerate(numbers)) <= 400


def test_history__log_stumbles_in_between__goes_on_where_it_was(log: MemoryLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.streaming.history._AGAIN_SECONDS", 0.05)
    produce(log, "pages", [event(n) for n in range(1000)], partition=0)
    read, calls = log.read, []

    def stumbling(*given: object) -> object:
        calls.append(given)
        if len(calls) in {2, 3}:
            raise LogUnavailableError(reason="a test")
        return read(*given)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(log, "read", stumbling)
    with served(log, stream("pages")) as rig, rig.follow("/v2/stream/pages?since=0") as client:
        assert client.numbers(1000) == list(range(1000))
