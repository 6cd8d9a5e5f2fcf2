"""Whatever the wire does, every event is sent or counted as dropped, and the caller never waits."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from tests.clients.python.producing.conftest import Connect
from tests.clients.python.producing.stub import Stub, hang, mixed, reset, reset_after, serving, soon, status, too_large, trickle


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [status(503, Retry_After="1"), status(429), status(500, b"<html>"), reset, trickle, hang],
    ids=["503", "429", "500", "reset", "trickle", "hang"],
)
def test_fault__passing__all_sent_once(stub: Stub, connected: Connect, fault: Any) -> None:
    events = connected(timeout_seconds=0.5)
    stub.faults.append(fault)

    for number in range(120):
        events.submit("test.event", {"n": number})

    assert events.flush(10)
    assert sorted(stub.names) == list(range(120))
    assert events.stats().sent == 120
    assert events.stats().retried > 0


@pytest.mark.slow
def test_fault__after_they_were_taken__known_again_by_their_id(stub: Stub, connected: Connect) -> None:
    events = connected()
    stub.faults.append(reset_after)

    for number in range(10):
        events.submit("test.event", {"n": number})

    assert events.flush(10)
    assert len(stub.accepted) == 20
    assert len({event["meta"]["id"] for event in stub.accepted}) == 10
    assert len({event["dt"] for event in stub.accepted if event["n"] == 0}) == 1


@pytest.mark.slow
def test_answer__mixed__each_by_its_own_result(stub: Stub, connected: Connect) -> None:
    events = connected()
    stub.faults.append(mixed("accepted", "invalid", "limited", "denied"))

    for number in range(40):
        events.submit("test.event", {"n": number})

    assert events.flush(10)
    assert sorted(stub.names) == sorted(number for number in range(40) if number % 4 in {0, 2})
    assert events.stats().dropped == {"code.invalid": 10, "code.denied": 10}


@pytest.mark.slow
def test_answer__some_limited__the_others_don_t_wait(stub: Stub, connected: Connect) -> None:
    events = connected()

    def limited(handler: Any, request: Any) -> bool:
        handler.answer(
            207,
            {
                "results": [
                    {"index": 0, "result": "limited"},
                    *({"index": i, "result": "accepted"} for i in range(1, len(request.events))),
                ]
            },
            Retry_After="30",
        )
        handler.keep(request.events[1:])
        return True

    stub.faults.append(limited)
    for number in range(10):
        events.submit("test.event", {"n": number})
    stub.wait_for(lambda: len(stub.accepted) == 9)

    events.submit("test.event", {"n": 10})

    stub.wait_for(lambda: 10 in stub.names, 5)
    assert 0 not in stub.names
    assert events.stats().waiting == 1


def test_answer__too_large__halved_until_it_fits(stub: Stub, connected: Connect) -> None:
    events = connected(linger_seconds=5)
    stub.always = too_large(3)

    for number in range(20):
        events.submit("test.event", {"n": number})

    assert events.flush()
    assert sorted(stub.names) == list(range(20))


def test_answer__one_event_too_large__dropped_alone(stub: Stub, connected: Connect) -> None:
    events = connected(linger_seconds=5)
    stub.always = lambda handler, request: len(request.body) > 1000 and status(413)(handler, request)

    events.submit("test.event", {"n": 1})
    events.submit("test.event", {"n": 2, "test": "x" * 2000})
    events.submit("test.event", {"n": 3})

    assert events.flush()
    assert stub.names == [1, 3]
    assert events.stats().dropped == {"too_large": 1}


@pytest.mark.slow
def test_tries__used_up__gave_up(stub: Stub, connected: Connect) -> None:
    events = connected(tries=2)
    stub.always = status(500)

    events.submit("test.event", {})

    assert events.flush(10)
    assert events.stats().dropped == {"gave_up": 1}


@pytest.mark.slow
def test_ordered__failures_between__in_the_order_of_the_calls(stub: Stub, connected: Connect) -> None:
    events = connected(ordered=True, batch_events=10)
    stub.faults += [reset, mixed("accepted", "limited")]

    for number in range(100):
        events.submit("test.event", {"n": number})

    assert events.flush(15)
    firsts = [number for number in stub.names if number >= 10]
    assert firsts == list(range(10, 100))
    assert sorted(stub.names) == list(range(100))


@pytest.mark.slow
def test_intake__killed_and_back__nothing_lost(stub: Stub, connected: Connect) -> None:
    with serving() as first:
        events = connected(url=first.url, tries=10)
        events.submit("test.event", {"n": 0})
        assert events.flush()
    for number in range(1, 300):
        events.submit("test.event", {"n": number})
    soon(lambda: events.stats().retried > 0)

    with serving(first.port) as second:
        assert events.flush(20)

        assert sorted(second.names) == list(range(1, 300))
        assert events.stats().sent == 300


@pytest.mark.slow
def test_threads__eight_at_once__each_event_once(stub: Stub, connected: Connect) -> None:
    events = connected()

    def work(first: int) -> None:
        for number in range(first, first + 500):
            events.submit("test.event", {"n": number})

    threads = [threading.Thread(target=work, args=(index * 500,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert events.flush(10)
    assert sorted(stub.names) == list(range(4000))
    assert len({event["meta"]["id"] for event in stub.accepted}) == 4000


def test_hanging__intake__submit_returns_at_once(stub: Stub, connected: Connect) -> None:
    stub.always = hang
    events = connected(timeout_seconds=30)
    assert events.wait_until_ready()
    slowest = 0.0

    for number in range(2000):
        started = time.thread_time()
        events.submit("test.event", {"n": number})
        slowest = max(slowest, time.thread_time() - started)

    assert slowest < 0.1
    assert not events.flush(0.05)
    counted = events.stats()
    assert counted.waiting + counted.in_flight == 2000


@pytest.mark.slow
def test_unreachable__many_events__bounded_and_counted(connected: Connect, stub: Stub) -> None:
    document = {**stub.document, "intakes": {"main": "http://127.0.0.1:9/v1/events"}}
    events = connected(config=document, max_events=1000, max_bytes=100_000)

    for number in range(50_000):
        events.submit("test.event", {"n": number})

    counted = events.stats()
    assert counted.submitted == 50_000
    assert counted.waiting + counted.in_flight <= 1000
    assert events.pipeline.waiting.size <= 100_000
    assert counted.waiting + counted.in_flight + sum(counted.dropped.values()) == 50_000
