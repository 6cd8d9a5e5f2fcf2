"""Celery's tasks of the app: a message carries coordinates only, so losing one costs a tick of the watcher."""

from __future__ import annotations

import threading
from typing import Any

from celery.signals import worker_ready, worker_shutting_down

from connectors import following, history, hours, preparing, retention, slices, workers
from eventplatform.celery import app
from eventplatform.core.records import TopicPartition

SCHEDULE: dict[str, dict[str, Any]] = {
    "connectors.apply_retention": {
        "task": "connectors.tasks.apply_retention",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "connectors.apply_ttl": {
        "task": "connectors.tasks.apply_ttl",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "connectors.close_hours": {
        "task": "connectors.tasks.close_hours",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
}
_stop = threading.Event()


@worker_ready.connect
def _keep_beating(sender: Any, **_: Any) -> None:
    """Tell the watcher how many threads there are."""
    facts = {"has": int(sender.controller.concurrency), "stop": _stop}
    threading.Thread(target=workers.keep_beating, kwargs=facts, name="worker-heartbeat", daemon=True).start()


@worker_shutting_down.connect
def _finish_slices(**_: Any) -> None:
    """On SIGTERM: slices flush what they have, give their lease back and end."""
    _stop.set()


@app.on_after_finalize.connect
def _add_schedule(sender: Any, **_: Any) -> None:
    sender.conf.beat_schedule = {**(sender.conf.beat_schedule or {}), **SCHEDULE}


@app.task
def apply_retention() -> dict[str, int]:
    """Delete from stores what streams say shall not be kept any longer, and old history."""
    history.forget()
    return retention.apply()


@app.task
def apply_ttl() -> dict[str, int]:
    """The same by the second, where the store has no such promise of its own."""
    return retention.apply_ttl()


@app.task
def close_hours() -> int:
    """Ask for a look at the hours of every lake; how many lakes."""
    found = hours.lakes()
    for connector in found:
        close_hours_of.apply_async((connector.pk,), expires=60, retry=False)
    return len(found)


@app.task
def close_hours_of(connector_id: int) -> dict[str, int]:
    """Close what can be closed of one lake's hours; two at once do no harm."""
    connector = next((one for one in hours.lakes() if one.pk == connector_id), None)
    return hours.close(connector) if connector else {}


@app.task
def prepare_store(connector_id: int) -> int:
    """Make a connector's store ready for the schemas of its streams."""
    return preparing.prepare(connector_id)


@app.task
def follow(connector_id: int) -> dict[str, str]:
    """Look after a connector whose store reads the log by itself; the answer says how each stream's part ended."""
    return following.follow(connector_id, stop=_stop)


@app.task
def run_slice(
    connector_id: int, topic: str, partition: int, *, backfill_id: int | None = None, is_crowded: bool = False
) -> str:
    """Run one slice; the answer says how it ended."""
    where = TopicPartition(topic, partition)
    return slices.run(connector_id, where, backfill_id=backfill_id, is_crowded=is_crowded, stop=_stop).end
