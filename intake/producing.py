"""The process's producer, made from settings: the log's, behind the host's spool."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from eventplatform.broker.base import Log, Producer
from intake.spool.drain import TIMEOUT_SECONDS
from intake.spool.durable import DurableProducer
from intake.spool.room import Room
from intake.spool.spool import Spool

_MEGABYTE = 1024 * 1024
# The log's own producer gives up on single records; it must not do so before we give up on all of them.
_INNER_SECONDS = 3 * TIMEOUT_SECONDS
# Beyond the log's time an answer waits for the spool: what was in flight has to be given up, and synced to the disk.
SPOOLING_SECONDS = 2.0


def producer(log: Log) -> Producer:
    """What all doors of this process produce with; made after a fork. A log of this process's own memory is never away."""
    if not log.is_durable:
        return log.producer()
    timeout = float(settings.INTAKE_ACK_TIMEOUT_SECONDS)
    return DurableProducer(
        log.producer(timeout_seconds=max(_INNER_SECONDS, 3 * timeout)),
        lambda: Spool(spool_folder(), room()),
        sign_of_life(log),
        timeout_seconds=timeout,
    )


def sign_of_life(log: Log) -> Callable[[], object]:
    """Asks the log for something small; raises a `PlatformError` where it doesn't answer."""
    return lambda: log.topics(["eventplatform.sign-of-life"])  # need not be there


def spool_folder() -> Path:
    """One for all processes of this host."""
    return settings.BASE_DIR / settings.SPOOL_DIR if settings.SPOOL_DIR else settings.VAR_DIR / "spool"


def room() -> Room:
    """What the spool may hold."""
    return Room(settings.SPOOL_MAX_MB * _MEGABYTE, settings.SPOOL_MIN_FREE_MB * _MEGABYTE)


def status(producer: Producer) -> dict[str, Any] | None:
    """What the readiness document says of the spool; nothing where there is none."""
    return producer.status() if isinstance(producer, DurableProducer) else None


def log_words(spool: Mapping[str, Any] | None) -> str:
    """How the log is, from what the spool says: while records wait there, it was found away and not back yet."""
    is_away = spool is not None and spool["state"] in {"spooling", "nearly full", "full"}
    return "away; events wait in this host's spool" if is_away else "ok"
