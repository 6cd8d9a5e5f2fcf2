"""Counts and times the tasks of a worker, puts their names on log lines, and gives each a span where traces are on."""

from __future__ import annotations

import gc
import time
from contextlib import ExitStack
from typing import Any

from celery.signals import task_postrun, task_prerun, task_revoked

from eventplatform import heap, logs, tracing
from eventplatform.core.metrics import WORKER_TASK_SECONDS, WORKER_TASKS

_STATES = {"SUCCESS": "succeeded", "FAILURE": "failed", "RETRY": "retried"}
_COLLECT_SECONDS = 30.0
_collected_at = time.monotonic()
_trim = heap.trimmer()
_under_way: dict[str, tuple[float, ExitStack]] = {}


@task_prerun.connect
def begin(task_id: str, task: Any, **_: Any) -> None:
    """In the thread that runs the task, as its end will be."""
    stack = ExitStack()
    stack.enter_context(logs.bound(task=task.name, task_id=task_id))
    stack.enter_context(tracing.span(f"task {task.name}", kind="consumer", task_id=task_id))
    _under_way[task_id] = (time.perf_counter(), stack)


@task_postrun.connect
def end(task_id: str, task: Any, state: str | None = None, **_: Any) -> None:
    """Whatever became of it."""
    WORKER_TASKS.labels(task.name, _STATES.get(state or "", "failed")).inc()
    if (known := _under_way.pop(task_id, None)) is not None:
        WORKER_TASK_SECONDS.labels(task.name).observe(time.perf_counter() - known[0])
        known[1].close()
    _collect()


def _collect() -> None:
    """What tasks leave in circles would else stay until a hundred thousand objects have gathered (see `celery.py`), and what
    is free in the heap, of which each thread has one, would stay with the process.
    """
    global _collected_at  # noqa: PLW0603  # one collector per process; two at once would only be one too many
    if time.monotonic() - _collected_at > _COLLECT_SECONDS:
        _collected_at = time.monotonic()
        gc.collect()
        if _trim is not None:
            _trim()


@task_revoked.connect
def dropped(sender: Any, **_: Any) -> None:
    """A tick that came too late, or a task that somebody called off."""
    WORKER_TASKS.labels(sender.name, "dropped").inc()
