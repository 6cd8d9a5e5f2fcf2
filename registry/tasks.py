"""Celery's doors into the registry: a tick pulls the repositories that are due."""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down
from kombu.exceptions import OperationalError

from eventplatform.celery import app
from registry.repositories import pulling
from registry.schedule import SCHEDULE

log = logging.getLogger(__name__)

_stop = threading.Event()


@app.on_after_finalize.connect
def _add_schedule(sender: Any, **_: Any) -> None:
    sender.conf.beat_schedule = {**(sender.conf.beat_schedule or {}), **SCHEDULE}


@worker_shutting_down.connect
def _finish_pull(**_: Any) -> None:
    """On SIGTERM: the pull at work ends, no other begins."""
    _stop.set()


@shared_task
def pull_tick() -> int:
    """Pull what is due; answers how many repositories that were."""
    return len(pulling.pull_due(_stop.is_set))


def wake() -> None:
    """Have a tick now rather than within two seconds. Where Celery's broker is away, beat's next tick does it."""
    try:
        pull_tick.apply_async(expires=10, retry=False)
    except OperationalError as error:
        log.warning("pull.not_woken", extra={"why": str(error)})
