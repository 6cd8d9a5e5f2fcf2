"""Drops are told to who asked for it: each of them, and before whoever waits for the event goes on."""

from __future__ import annotations

import threading

import pytest

from eventclient import Dropped, QueueFullError
from tests.clients.python.producing.conftest import Connect
from tests.clients.python.producing.stub import Stub, status


@pytest.mark.parametrize("when", ["judged", "early"])
def test_full__raise__told_as_well(stub: Stub, connected: Connect, when: str) -> None:
    stub.is_silent = True
    told: list[Dropped] = []
    config = None if when == "early" else stub.document
    events = connected(max_events=1, linger_seconds=60, when_full="raise", on_dropped=told.append, config=config)
    events.submit("test.event", {"n": 1})

    with pytest.raises(QueueFullError):
        events.submit("test.event", {"n": 2})

    assert [(one.reason, b'"n":2' in (one.event or b"")) for one in told] == [("full", True)]
    assert events.stats().dropped == {"full": 1}


def test_flush__refused_by_the_intake__returns_once_it_is_told(stub: Stub, connected: Connect) -> None:
    told: list[Dropped] = []
    is_told, may_end = threading.Event(), threading.Event()

    def slow(dropped: Dropped) -> None:
        is_told.set()
        assert may_end.wait(10)
        told.append(dropped)

    stub.faults.append(status(403, {"code": "key.unknown"}))
    events = connected(on_dropped=slow, config=stub.document)
    events.submit("test.event", {"n": 1})
    events.flush(0)
    assert is_told.wait(10)

    assert not events.flush(0)
    may_end.set()
    assert events.flush()

    assert [one.reason for one in told] == ["key.unknown"]


def test_flush__by_who_is_told__waits_for_nobody_s_telling(stub: Stub, connected: Connect) -> None:
    """Two that are told at once would wait for each other."""
    both, flushed = threading.Barrier(2), list[bool]()

    def flushing(_dropped: Dropped) -> None:
        both.wait(10)
        flushed.append(events.flush(10))
        both.wait(10)

    stub.always = status(403, {"code": "key.unknown"})
    events = connected(batch_events=1, on_dropped=flushing, config=stub.document)
    events.submit("test.event", {"n": 1})
    events.submit("test.event", {"n": 2})

    assert events.flush(20)

    assert flushed == [True, True]
