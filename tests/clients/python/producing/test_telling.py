"""Drops are told to who asked for it: each of them, and before whoever waits for the event goes on."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from eventclient import Dropped, QueueFullError
from eventclient.contract.answers import DROPPED, Answer, Fate
from eventclient.contract.configuration import Configuration
from eventclient.producing.calls import Call, now_ms
from eventclient.producing.jobs import Send
from eventclient.producing.judging import Judge
from eventclient.producing.options import Options
from eventclient.producing.pipeline import Pipeline
from eventclient.producing.visitors import Visitor
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


DOCUMENT = {"contract": 1, "streams": {"a": {"service": "main"}}, "intakes": {"main": "http://intake"}}


def pipeline_of(configuration: dict[str, Any] | None = DOCUMENT, **options: Any) -> Pipeline:
    return Pipeline(Options.of(options), Judge(), configuration=Configuration(configuration) if configuration else None)


def submit(pipeline: Pipeline) -> int:
    """A target for a flush of it."""
    pipeline.submit(Call({}, Visitor(), now_ms(), stream="a"))
    return target_of(pipeline)


def target_of(pipeline: Pipeline) -> int:
    with pipeline.lock:
        return pipeline.flush_target()


def is_flushed_for_others(pipeline: Pipeline, target: int) -> bool:
    def asked() -> bool:
        with pipeline.lock:
            return pipeline.is_flushed(target)

    with ThreadPoolExecutor(1) as other:
        return other.submit(asked).result(10)


@pytest.mark.parametrize("configuration", [DOCUMENT, None], ids=["judged", "early"])
def test_evicted__by_another_event__flushed_once_it_is_told(configuration: dict[str, Any] | None) -> None:
    flushed = list[bool]()

    def told(_dropped: Dropped) -> None:
        flushed.append(is_flushed_for_others(pipeline, target))

    pipeline = pipeline_of(configuration, max_events=1, on_dropped=told)
    target = submit(pipeline)

    submit(pipeline)

    assert flushed == [False]
    assert is_flushed_for_others(pipeline, target)


def test_evicted__a_younger_event__older_ones_need_not_wait_for_its_telling() -> None:
    flushed = list[bool]()

    def told(_dropped: Dropped) -> None:
        flushed.append(is_flushed_for_others(pipeline, before))

    pipeline = pipeline_of(max_events=1, on_dropped=told)
    before = target_of(pipeline)
    submit(pipeline)

    submit(pipeline)

    assert flushed == [True]


def test_told__while_being_told__the_outer_telling_is_still_waited_for() -> None:
    flushed = list[bool]()

    def told(dropped: Dropped) -> None:
        if dropped.reason == "refused":
            pipeline.give_up()  # drops what waits, and tells of it
            flushed.append(is_flushed_for_others(pipeline, target))

    pipeline = pipeline_of(batch_events=1, on_dropped=told)
    pipeline.fetched(304, {}, None, 0.0)
    target = submit(pipeline)
    job = pipeline.next()
    submit(pipeline)
    assert isinstance(job, Send)

    pipeline.answered(job, Answer([Fate(DROPPED, "refused")], None))

    assert flushed == [False]
    assert pipeline.stats.dropped == {"refused": 1, "gave_up": 1}
    assert is_flushed_for_others(pipeline, target)
