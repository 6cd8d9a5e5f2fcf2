"""Beside the watcher: alerts go on where beat or the workers are dead, and a database that is away is told without it."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta

from django.db import Error, close_old_connections
from django.utils import timezone

from monitoring import services as monitoring
from monitoring.alerts import evaluation, heartbeat, lookups, sending
from monitoring.alerts.outage import Outage

log = logging.getLogger(__name__)

_TICK_SECONDS = 5.0
# Beat's ticks come every ten seconds: who misses two of them is late.
SILENT = timedelta(seconds=25)


def run(stop: threading.Event) -> None:
    """Look every few seconds whether somebody evaluates, until `stop`; else do it here."""
    outage = Outage()
    while not stop.wait(_TICK_SECONDS):
        try:
            tick()
            outage.is_over()
        except Error as error:
            log.warning("alerts.waited", extra={"why": type(error).__name__})
            outage.lasts(time.monotonic())
            close_old_connections()
        except Exception:
            log.exception("alerts.watch_failed")


def tick() -> bool:
    """A sign of life of the watcher; a round and what it sends, where nobody else had one. True where it was ours."""
    monitoring.beat(role="watcher", now=timezone.now())
    last = lookups.last_round()
    is_ours = last is not None and last.claimed_by == "watcher"  # then nobody else has come back so far
    done = evaluation.run("watcher", every=evaluation.EVERY if is_ours else SILENT)
    if done is None:
        return False
    sending.send_due()
    if not done.unreadable:
        heartbeat.ping(timezone.now())
    return True
