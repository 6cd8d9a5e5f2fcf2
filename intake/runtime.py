"""Wires the process's intake from settings, the event log and the kept configuration."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import django
from django.conf import settings

from eventplatform import exposition, tracing
from eventplatform.broker.base import Producer
from eventplatform.core.pii_values import Hashing
from eventplatform.guard.json_body import JsonLimits
from intake import producing, readiness
from intake.desks import Configuration
from intake.failing import FailingProducer, failing_topics
from intake.limits import Limits
from intake.readiness import LogProbe
from intake.rejections import RejectionLimits, Rejections
from intake.service import Intake
from intake.trying.noting import Noting, Openness

if TYPE_CHECKING:
    from intake.guarding import GuardKeeper
    from streamconfig.snapshots import Snapshot, SnapshotKeeper

_LATE_SECONDS = 10.0
_FIRST_SNAPSHOT_SECONDS = 5.0  # then the intake starts without, and answers 503 until there is one
_lock = threading.Lock()
_opened: tuple[int, Intake] | None = None


def intake() -> Intake:
    """The DRF door's intake, made on first use and again after a fork: the log's clients don't survive one."""
    global _opened  # noqa: PLW0603  # one per process is the point
    opened = _opened
    if opened is not None and opened[0] == os.getpid():
        return opened[1]
    from streamconfig.lookups import snapshot

    with _lock:
        if _opened is None or _opened[0] != os.getpid():
            from intake.guarding import GuardKeeper

            guard = GuardKeeper(snapshot, is_keeping=False)
            guard.start()
            Finalize(None, guard.stop, exitpriority=5)
            made = _make(snapshot, guard)
            # A WSGI server says no goodbye, and its worker, a child of multiprocessing, skips atexit: this is what runs.
            Finalize(None, made.close, exitpriority=10)
            _opened = (os.getpid(), made)
        return _opened[1]


def _make(configuration: Callable[[], Configuration], guard: GuardKeeper) -> Intake:
    from eventplatform.eventlog import event_log
    from intake.guarding import proxies

    producer = producing.producer(event_log())
    if settings.INTAKE_FAILS_ON_WISH:
        producer = FailingProducer(producer, lambda: failing_topics(configuration(), settings.TOPIC_PREFIX))
    hashing = Hashing(settings.PII_HASH_KEY.encode(), is_daily=settings.PII_HASH_DAILY)
    errors_url = f"{settings.PUBLIC_URL}/errors/"
    openness = cast("Openness", settings.INTAKE_DEBUG)
    noting = Noting(openness=openness, hashing=hashing, redis_url=settings.REDIS_URL, errors_url=errors_url)
    noting.start()
    kind = Intake
    if tracing.is_on():
        from intake.tracing import TracedIntake

        kind = TracedIntake
    return kind(
        configuration=configuration,
        producer=producer,
        limits=_limits(),
        rejections=_rejections(producer, hashing),
        hashing=hashing,
        services=settings.INTAKE_SERVICES,
        topic_prefix=settings.TOPIC_PREFIX,
        errors_url=errors_url,
        noting=noting,
        schema_hosts={urlsplit(settings.PUBLIC_URL).netloc.lower()},
        guard=guard,
        admission=guard.admission,
        test_events=Path(settings.INTAKE_TEST_EVENTS).read_bytes() if settings.INTAKE_TEST_EVENTS else b"",
        home=settings.PUBLIC_URL,
        proxies=proxies(),
    )


def _rejections(producer: Producer, hashing: Hashing) -> Rejections:
    told = RejectionLimits(per_second=settings.REJECTED_PER_SECOND, max_event_bytes=settings.REJECTED_MAX_EVENT_BYTES)
    prefix = settings.TOPIC_PREFIX
    return Rejections(producer=producer, hashing=hashing, own_topic=settings.REJECTED_TOPIC, topic_prefix=prefix, limits=told)


def _limits() -> Limits:
    return Limits(
        max_body_bytes=settings.INTAKE_MAX_BODY_BYTES,
        max_waiting_bytes=settings.INTAKE_MAX_WAITING_BYTES,
        max_event_bytes=settings.INTAKE_MAX_EVENT_BYTES,
        json=JsonLimits(
            max_events=settings.INTAKE_MAX_EVENTS, max_keys=settings.INTAKE_MAX_KEYS, max_values=settings.INTAKE_MAX_VALUES
        ),
        ack_timeout_seconds=settings.INTAKE_ACK_TIMEOUT_SECONDS + producing.SPOOLING_SECONDS,
    )


class ProcessRuntime:
    """The lane's footing in a process of role `intake`."""

    def __init__(self) -> None:
        self._keeper: SnapshotKeeper | None = None
        self._guard: GuardKeeper | None = None
        self._intake: Intake | None = None
        self._probe: LogProbe | None = None

    def start(self) -> Intake:
        """Set Django up, follow the configuration, open the log. Neither store needs to be there yet."""
        django.setup()
        from intake.guarding import GuardKeeper
        from streamconfig.snapshots import SnapshotKeeper

        self._keeper = SnapshotKeeper()
        self._keeper.start(wait_seconds=_FIRST_SNAPSHOT_SECONDS)
        self._guard = GuardKeeper(self._configuration)
        # Where there is no configuration the database is away, and there is no use in waiting for it twice.
        self._guard.start(wait_seconds=_FIRST_SNAPSHOT_SECONDS if self._keeper.current else 0)
        self._intake = _make(self._configuration, self._guard)
        return self._intake

    def stop(self) -> None:
        """Settle what is queued, then let go of log and database."""
        if self._intake is not None:
            self._intake.close()
        if self._guard is not None:
            self._guard.stop()
        if self._keeper is not None:
            self._keeper.stop()

    def readiness(self) -> tuple[bool, dict[str, Any]]:
        """Ready while events can be promised; a log that stumbles is said, no more, as long as the spool takes its place."""
        snapshot = self._keeper.current if self._keeper else None
        spool = producing.status(self._intake.producer) if self._intake else None
        why = readiness.obstacle(has_configuration=snapshot is not None, spool=spool, log_trouble=self._log_trouble)
        document: dict[str, Any] = {"status": "unavailable" if why else "ok", "configuration": "not read yet"}
        if why:
            document["reason"] = why
        if self._keeper and snapshot:
            age = self._keeper.age_seconds()
            state = "late" if age > _LATE_SECONDS else "ok"  # told, no more: the last good configuration serves
            document["configuration"] = {"revision": snapshot.revision, "age_seconds": round(age, 3), "state": state}
        if self._intake:
            document["log"] = self._intake.log_trouble or producing.log_words(spool)
            if spool is not None:
                document["spool"] = spool
        if self._guard:
            document["guard"] = self._guard.state()
        return not why, document

    def _log_trouble(self) -> str:
        """Asked where there is no spool: what the last events met may be over, and without readiness none come to tell."""
        from eventplatform.eventlog import event_log

        self._probe = self._probe or LogProbe(producing.sign_of_life(event_log()))
        return self._probe.trouble()

    def metrics(self) -> tuple[bytes, str]:
        """The metrics of all processes of this role."""
        return exposition.scrape(settings.ROLE), exposition.CONTENT_TYPE

    def _configuration(self) -> Snapshot:
        snapshot = self._keeper.current if self._keeper else None
        if snapshot is None:
            from streamconfig.snapshots import SnapshotMissingError

            raise SnapshotMissingError
        return snapshot
