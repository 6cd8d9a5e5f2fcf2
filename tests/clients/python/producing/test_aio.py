"""The client of asyncio keeps the same promises."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from eventclient import aio
from tests.clients.python.producing.stub import Stub, hang, mixed, reset, status, too_large, trickle


def _client(stub: Stub, **options: Any) -> aio.AsyncClient:
    return aio.connect(stub.url, **{"linger_seconds": 0.02, "timeout_seconds": 0.5, **options})


def test_submit__awaited_or_not__arrives(stub: Stub) -> None:
    async def scenario() -> None:
        async with _client(stub) as events:
            assert await events.submit("test.event", {"n": 0})
            events.submit("test.event", {"n": 1})
            assert await events.wait_until_ready()
            assert not await events.submit("nobody", {})

    asyncio.run(scenario())

    assert stub.names == [0, 1]


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [status(503, Retry_After="1"), reset, trickle, hang, too_large(3), mixed("accepted", "limited")],
    ids=["503", "reset", "trickle", "hang", "413", "207"],
)
def test_fault__passing__all_sent_once(stub: Stub, fault: Any) -> None:
    async def scenario() -> aio.AsyncClient:
        events = _client(stub)
        stub.faults.append(fault)
        for number in range(120):
            events.submit("test.event", {"n": number})
        assert await events.flush(10)
        await events.close()
        return events

    events = asyncio.run(scenario())

    assert sorted(stub.names) == list(range(120))
    assert events.stats().sent == 120


def test_full__block__waits_for_room(stub: Stub) -> None:
    async def scenario() -> None:
        async with _client(stub, max_events=5, when_full="block", ordered=True) as events:
            for number in range(50):
                assert await events.submit("test.event", {"n": number})

    asyncio.run(scenario())

    assert stub.names == list(range(50))


def test_submit__block_and_changed_afterwards__as_it_was(stub: Stub) -> None:
    async def scenario() -> None:
        async with _client(stub, when_full="block") as events:
            event = {"n": 1}
            submitted = events.submit("test.event", event)
            event["n"] = 2
            assert await submitted

    asyncio.run(scenario())

    assert stub.names == [1]


def test_close__intake_hangs__ends_and_counts(stub: Stub) -> None:
    async def scenario() -> aio.AsyncClient:
        stub.always = hang
        events = _client(stub, timeout_seconds=30)
        events.submit("test.event", {})
        assert not await events.close(0.2)
        return events

    events = asyncio.run(scenario())

    assert events.stats().dropped == {"gave_up": 1}


def test_instrument__visitor__judged_by_its_ids(stub: Stub) -> None:
    async def scenario() -> None:
        async with _client(stub) as events:
            assert await events.wait_until_ready()
            clicks = events.visitor(ids={"session": "0" * 20}).instrument("clicks")
            assert clicks.is_in_sample
            assert await clicks.submit("click", {"n": 1})

    asyncio.run(scenario())

    assert stub.names == [1]
