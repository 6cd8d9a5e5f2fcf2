"""The stream server's source against the real server in this process: places, notices, restarts, refusals."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eventclient.consuming.consumer import Consumer
from eventclient.consuming.errors import SourceRefusedError
from eventclient.consuming.positions import FilePositions, MemoryPositions
from eventclient.consuming.sse import SseSource
from eventclient.consuming.subscribing import subscribe
from eventplatform.broker.memory import MemoryLog
from monitoring.streaming.client import Limits
from tests.clients.python.consuming.children import Child, ended, repeated_at_the_end_only
from tests.clients.python.consuming.events import running, wait_until
from tests.monitoring.streaming.rig import Rig, event, produce, served, stream

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitoring.streaming.server._BEAT_SECONDS", 0.05)
    monkeypatch.setattr("monitoring.streaming.rendering.OPENINGS", {"sse": b":ok\n\nretry: 100\n\n", "lines": b"\n"})
    monkeypatch.setattr("eventclient.consuming.sse._MOST_PAUSE_SECONDS", 0.2)


@pytest.fixture
def log() -> MemoryLog:
    made = MemoryLog()
    for name in ("pages", "edits"):
        made.create_topic(name, partitions=2)
    return made


@pytest.fixture
def rig(log: MemoryLog) -> Iterator[Rig]:
    with served(log, stream("pages"), stream("edits"), stream("closed", stream_out={"access": "none"})) as made:
        yield made


def source(rig: Rig, **more: Any) -> SseSource:
    return SseSource(f"http://127.0.0.1:{rig.port}", **more)


def test_subscribe__in_a_loop__events_as_they_come(rig: Rig, log: MemoryLog) -> None:
    produce(log, "pages", [event(0, domain="canary"), event(1), event(2)], timestamp_ms=1000)
    produce(log, "edits", [event(3, stream_name="edits")], timestamp_ms=1000)

    events = iter(subscribe("pages", "edits", source=source(rig, since=0)))
    found = {one["n"]: one["meta"]["topic"] for one in itertools.islice(events, 3)}

    assert found == {1: "pages", 2: "pages", 3: "edits"}


def test_subscribe__async_for__the_same(rig: Rig, log: MemoryLog) -> None:
    produce(log, "pages", [event(n) for n in range(5)], timestamp_ms=1000, partition=0)

    async def main() -> list[int]:
        found: list[int] = []
        subscription = subscribe("pages", source=source(rig, since=0))
        async for one in subscription:
            found.append(one["n"])
            if len(found) == 5:
                subscription.stop()
        return found

    assert asyncio.run(main()) == [0, 1, 2, 3, 4]


def test_filters_and_fields__asked_of_the_server(rig: Rig, log: MemoryLog) -> None:
    produce(log, "pages", [event(n, text="x") for n in range(4)], timestamp_ms=1000)
    wanted = source(rig, since=0, filters=["n>=2", "meta.domain^=en."], fields=["n"])

    found = list(itertools.islice(subscribe("pages", source=wanted), 2))

    assert sorted(one["n"] for one in found) == [2, 3]
    assert all(set(one) == {"n", "meta"} for one in found)


def test_position__kept__the_next_process_goes_on_there(rig: Rig, log: MemoryLog, tmp_path: Path) -> None:
    produce(log, "pages", [event(n) for n in range(10)], timestamp_ms=1000, partition=0)
    first = subscribe("pages", source=source(rig, since=0, positions=FilePositions(tmp_path / "p")))
    found = [one["n"] for one in itertools.islice(first, 4)]

    second = subscribe("pages", source=source(rig, positions=FilePositions(tmp_path / "p")))
    found += [one["n"] for one in itertools.islice(second, 7)]

    # islice left the loops at their last events, which were not done then.
    assert found == [0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9]


def test_position__ended_before_the_first_event__the_next_process_has_what_came_meanwhile(
    log: MemoryLog, tmp_path: Path
) -> None:
    kept = tmp_path / "p"
    with served(log, limits=Limits(heartbeat_seconds=600)) as rig:
        with running(Consumer("pages", print, source=source(rig, positions=FilePositions(kept)))):
            wait_until(kept.exists)  # nothing has come, so it is the moment
        produce(log, "pages", [event(n) for n in range(3)], partition=0)

        later = subscribe("pages", source=source(rig, positions=FilePositions(kept)))
        found = [one["n"] for one in itertools.islice(later, 3)]

    assert found == [0, 1, 2]


@pytest.mark.parametrize("earlier_ms", [0, 5000])  # a producer stamps an event, and the log has it somewhat later
def test_connection__ends_before_the_first_event__what_came_meanwhile_comes(rig: Rig, log: MemoryLog, earlier_ms: int) -> None:
    found: list[int] = []

    def told(kind: str, _: object) -> None:
        if kind == "end":  # while nobody listens
            produce(log, "pages", [event(7)], timestamp_ms=int(time.time() * 1000) - earlier_ms)

    made = Consumer("pages", lambda one: found.append(one["n"]), source=source(rig), on_notice=told)
    with running(made) as raised:
        wait_until(lambda: rig.clients() == 1)
        rig.on_loop(lambda: rig.server.service.hub.end_where(lambda _: True, "age"))
        wait_until(lambda: found)

    assert (found, raised) == ([7], [])


def test_server__restarts__nothing_is_missed_or_repeated(log: MemoryLog) -> None:
    positions, found, notices = MemoryPositions(), list[int](), list[str]()
    with served(log) as rig:
        port = rig.port
        made = Consumer(
            "pages",
            lambda one: found.append(one["n"]),
            source=source(rig, positions=positions, since=0),
            on_notice=lambda kind, _: notices.append(kind),
        )
        with running(made) as raised:
            produce(log, "pages", [event(n) for n in range(10)])
            wait_until(lambda: len(found) == 10)
            rig.stop()
            produce(log, "pages", [event(n) for n in range(10, 20)])
            wait_until(lambda: "disconnected" in notices)
            again = Rig(rig.footing, rig._bounds)
            again._listening.close()
            again._listening = _listening_on(port)
            again.start()
            wait_until(lambda: len(found) >= 20)
            again.stop()
            rig.start = lambda: None  # type: ignore[method-assign]  # it is over
        assert raised == []
        rig.stop = lambda: None  # type: ignore[method-assign]  # likewise

    assert sorted(found) == list(range(20))
    assert made.stats()["duplicates"] == 0
    assert "end" in notices


def _listening_on(port: int) -> Any:
    import socket

    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    made.listen()
    made.setblocking(False)
    return made


@pytest.mark.parametrize(("when_slow", "is_whole"), [("reread", True), ("skip", False)])
def test_slow_consumer__is_told_what_was_left_out__and_reads_it_again(
    log: MemoryLog, monkeypatch: pytest.MonkeyPatch, when_slow: str, *, is_whole: bool
) -> None:
    monkeypatch.setattr("eventclient.consuming.inbox._MOST_BYTES", 1)
    go_on, found, told = threading.Event(), list[int](), dict[str, Any]()

    def handle(one: dict[str, Any]) -> None:
        assert go_on.wait(60)
        found.append(one["n"])

    with served(log, limits=Limits(queue_bytes=20_000)) as rig:
        made = Consumer(
            "pages", handle, source=source(rig, when_slow=when_slow), on_notice=lambda kind, facts: told.update({kind: facts})
        )
        with running(made) as raised:
            wait_until(lambda: rig.clients() == 1)
            for n in range(0, 6000, 50):  # some 24 MB: more than the sockets hold
                produce(log, "pages", [event(m, text="x" * 4000) for m in range(n, n + 50)], partition=0)
            wait_until(lambda: any(one._dropped for one in tuple(rig.server.service.hub.clients)))
            go_on.set()
            wait_until(lambda: 5999 in found, 60)
            assert raised == []

    stats = made.stats()
    if is_whole:
        assert found == list(range(6000))
        assert stats["reread"] > 0
        assert told["reread"]["reason"] == "slow_client"
    else:
        assert len(found) + stats["dropped"] == 6000
        assert told["dropped"]["count"] > 0


@pytest.mark.parametrize("workers", [1, 4])
def test_sse__consumer_killed_in_the_middle__nothing_missed_and_only_the_unkept_again(
    log: MemoryLog, tmp_path: Path, workers: int
) -> None:
    with served(log, history_per_second=1_000_000) as rig:
        for partition in (0, 1):
            produce(log, "pages", [event(n) for n in range(partition, 4000, 2)], partition=partition, timestamp_ms=1000)
        spec = {
            "url": f"http://127.0.0.1:{rig.port}",
            "positions": str(tmp_path / "position"),
            "group": "c",
            "workers": workers,
        }
        first = Child(tmp_path / "first", seconds=0.0002, **spec)
        with ended([first]):
            wait_until(lambda: len(first.handled()) > 1500)
            first.kill()
        killed = first.handled()
        second = Child(tmp_path / "second", **spec)
        with ended([second]):
            wait_until(lambda: len({n for _, n in killed + second.handled()}) == 4000)
            second.stop()

    assert len(killed) < 4000
    assert len(second.handled()) < 4000
    assert repeated_at_the_end_only(killed, second.handled())


def test_stream__that_is_not_for_us__ends_the_consumer_with_the_servers_words(rig: Rig) -> None:
    made = Consumer("closed", print, source=source(rig))

    with pytest.raises(SourceRefusedError) as caught:
        made.run(signals=False)

    assert caught.value.code.startswith("stream_out.")


def test_filter__unreadable__ends_the_consumer(rig: Rig) -> None:
    with pytest.raises(SourceRefusedError, match="filter"):
        Consumer("pages", print, source=source(rig, filters=["nonsense"])).run(signals=False)
