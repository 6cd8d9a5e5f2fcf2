"""Wires the process's intake from settings, the event log and the kept configuration."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings

from eventplatform import exposition
from eventplatform.guard.json_body import JsonLimits
from intake.service import Configuration, ConfigurationAwayError, Intake, Limits

if TYPE_CHECKING:
    from streamconfig.snapshots import SnapshotKeeper

_lock = threading.Lock()
_opened: tuple[int, Intake] | None = None


def intake() -> Intake:
    """The intake of this process, made on first use and again after a fork: the log's clients don't survive one."""
    global _opened  # noqa: PLW0603  # one per process is the point
    opened = _opened
    if opened is not None and opened[0] == os.getpid():
        return opened[1]
    with _lock:
        if _opened is None or _opened[0] != os.getpid():
            _opened = (os.getpid(), _make())
        return _opened[1]


def _make() -> Intake:
    from eventplatform.eventlog import event_log

    return Intake(
        configuration=_configuration,
        producer=event_log().producer(),
        limits=_limits(),
        services=settings.INTAKE_SERVICES,
        topic_prefix=settings.TOPIC_PREFIX,
    )


def _limits() -> Limits:
    return Limits(
        max_body_bytes=settings.INTAKE_MAX_BODY_BYTES,
        max_event_bytes=settings.INTAKE_MAX_EVENT_BYTES,
        json=JsonLimits(max_events=settings.INTAKE_MAX_EVENTS),
        ack_timeout_seconds=settings.INTAKE_ACK_TIMEOUT_SECONDS,
    )


def _configuration() -> Configuration:
    from django.db import Error as DatabaseError
    from streamconfig.lookups import snapshot

    try:
        return snapshot()
    except DatabaseError:
        raise ConfigurationAwayError from None


class ProcessRuntime:
    """The lane's footing in a process of role `intake`."""

    def __init__(self) -> None:
        self._keeper: SnapshotKeeper | None = None

    def start(self) -> Intake:
        """Set Django up, follow the configuration, open the log."""
        django.setup()
        from streamconfig.snapshots import SnapshotKeeper

        self._keeper = SnapshotKeeper()
        self._keeper.start()
        return intake()

    def stop(self) -> None:
        """Settle what is queued, then let go of log and database."""
        intake().close()
        if self._keeper is not None:
            self._keeper.stop()

    def readiness(self) -> tuple[bool, dict[str, Any]]:
        """Ready once there is a configuration. A log that stumbles is said, no more: taking every intake out mends nothing."""
        try:
            configuration = _configuration()
        except ConfigurationAwayError as error:
            return False, {"status": "unavailable", "configuration": str(error)}
        age = self._keeper.age_seconds() if self._keeper else 0.0
        document = {
            "status": "ok",
            "configuration": {"revision": configuration.revision, "age_seconds": round(age, 3)},
            "log": intake().log_trouble or "ok",
        }
        return True, document

    def metrics(self) -> tuple[bytes, str]:
        """The metrics of all processes of this role."""
        return exposition.scrape(settings.ROLE), exposition.CONTENT_TYPE
