"""Tasks are counted and timed by name, and what they leave in circles or in the heap does not stay."""

from __future__ import annotations

import gc
import os
import threading
import time
import weakref
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery import shared_task
from celery.worker.request import Request
from kombu import Message
from prometheus_client import REGISTRY

from eventplatform import worker_tasks


class Circle:
    def __init__(self) -> None:
        self.itself = self


@shared_task
def works() -> None:
    """Nothing to do."""


@shared_task
def breaks() -> None:
    raise ValueError


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def count(task: str, state: str) -> float:
    return REGISTRY.get_sample_value("eventplatform_worker_tasks_total", {"task": task, "state": state}) or 0


def test_tasks__one_succeeds_one_fails__counted_and_timed_by_name() -> None:
    before = count(works.name, "succeeded"), count(breaks.name, "failed")

    works.apply()
    breaks.apply()

    assert (count(works.name, "succeeded"), count(breaks.name, "failed")) == (before[0] + 1, before[1] + 1)
    assert (REGISTRY.get_sample_value("eventplatform_worker_task_seconds_count", {"task": works.name}) or 0) >= 1
    assert worker_tasks._under_way == {}


def test_task__came_too_late__counted_as_dropped() -> None:
    before = count(works.name, "dropped")
    sent = works.app.amqp.as_task_v2("late", works.name, (), {}, expires=datetime.now(UTC) - timedelta(seconds=1))
    message = Message(headers=sent.headers, properties=sent.properties)
    request = Request(message, app=works.app, decoded=True, body=sent.body, task=works, on_ack=lambda *_: None)

    assert request.revoked()

    assert count(works.name, "dropped") == before + 1


def test_task__circle_left_behind__gone_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_tasks, "_collected_at", -worker_tasks._COLLECT_SECONDS)
    gc.disable()
    try:
        left = weakref.ref(Circle())
        works.apply()
    finally:
        gc.enable()

    assert left() is None


def test_task__freed_in_a_threads_heap__given_back_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_tasks, "_collected_at", time.monotonic())
    kept: list[bytes] = []

    def work() -> None:
        # what stays of 48 MB keeps the heap from shrinking by itself
        kept.extend([b"x" * number for number in range(10_000, 14_000)][::200])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    works.apply()
    before = resident_bytes()

    monkeypatch.setattr(worker_tasks, "_collected_at", -worker_tasks._COLLECT_SECONDS)
    works.apply()

    assert len(kept) == 20
    assert before - resident_bytes() > 24 * 1024 * 1024
