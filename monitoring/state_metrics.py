"""What the role web says of the platform as a whole to whoever scrapes it: read from rows, some fifteen queries a scrape."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from prometheus_client import Metric

from connectors import lookups as connectors
from eventplatform.core import metrics
from eventplatform.once import one_moment
from monitoring import database_probe, lookups, stages
from monitoring.alerts.kinds import KINDS
from monitoring.alerts.models import Alert
from monitoring.hours.models import StoreHour
from streamconfig.lookups import snapshot

log = logging.getLogger(__name__)

_FRESH_SECONDS = 30.0
_REDIS_SECONDS = 1.0
_CONNECTOR_STATES = {"idle": 0, "running": 1, "paused": 2, "retrying": 3, "stopped": 4}
_HOURS_KNOWN_FOR = timedelta(days=7)

Families = Callable[[datetime], Iterable[Metric]]


def families() -> Iterable[Metric]:
    """What can be told now: with the database away that it is, and what needs none."""
    is_up = not database_probe.trouble_of_ours()
    told = [metrics.DATABASE_UP.family({(): is_up}), metrics.REDIS_UP.family({(): _redis_answers()})]
    with one_moment():  # several sources ask how all connectors are doing
        return [*told, *(_from_rows(timezone.now()) if is_up else ())]


def _from_rows(now: datetime) -> Iterator[Metric]:
    """Each source by itself: one that fails must not silence the others."""
    for source in (_heartbeats, _alerts, _streams, _canaries, _connectors, _hours):
        try:
            yield from source(now)
        except DatabaseError:
            log.exception("metrics.source_failed", extra={"source": source.__name__.strip("_")})


def _redis_answers() -> bool:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS
        ) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError):
        return False


def _heartbeats(now: datetime) -> Iterator[Metric]:
    beats = lookups.heartbeats()
    ages = {(role,): max((now - beat.beat_at).total_seconds(), 0.0) for role, beat in beats.items()}
    yield metrics.HEARTBEAT_AGE.family(ages)
    if (beat := beats.get("log")) is not None:
        yield metrics.LOG_UP.family({(): beat.is_well and ages["log",] < _FRESH_SECONDS})


def _alerts(_now: datetime) -> Iterator[Metric]:
    """Every kind that can become one, so that a rule on it has a series to look at."""
    found = Counter(Alert.objects.filter(phase=Alert.Phase.OPEN).values_list("kind", flat=True))
    declared = {(kind.code, kind.severity): float(found[kind.code]) for kind in KINDS.values() if kind.severity != "info"}
    yield metrics.ALERTS_OPEN.family(declared)


def _streams(_now: datetime) -> Iterator[Metric]:
    minute = lookups.volumes(minutes=1)
    pairs = ((name, minute.of(name)[-1]) for name in snapshot().streams)
    yield metrics.STREAM_EVENTS.family({(name,): events for name, events in pairs if events is not None})


def _canaries(now: datetime) -> Iterator[Metric]:
    found = [(path, stage, (path.stream, path.prefix, stage.name)) for path in lookups.canary_paths() for stage in path.stages]
    seen = {labels: (now - stage.seen_at).total_seconds() for _, stage, labels in found if stage.seen_at is not None}
    yield metrics.CANARY_AGE.family(seen)
    yield metrics.CANARY_LATENCY.family({labels: stage.seconds for _, stage, labels in found if stage.seconds is not None})
    yield metrics.CANARY_FAILING.family({labels: _is_broken(path, stage) for path, stage, labels in found})


def _is_broken(path: stages.Path, stage: stages.Stage) -> bool:
    return path.broken is not None and path.broken.name == stage.name


def _connectors(_now: datetime) -> Iterator[Metric]:
    views = connectors.overview()
    yield metrics.CONNECTOR_STATE.family({(view.name,): _CONNECTOR_STATES[view.state] for view in views})
    yield metrics.CONNECTOR_LAG_SECONDS.family({(view.name,): view.lag_seconds or 0.0 for view in views})


def _hours(now: datetime) -> Iterator[Metric]:
    """The log itself is told as a connector without a name."""
    late = StoreHour.objects.filter(state="late", hour__gt=now - _HOURS_KNOWN_FOR)
    found = Counter(late.values_list("connector", flat=True))
    names = {view.name for view in connectors.overview()} | found.keys()
    yield metrics.CONNECTOR_HOURS_LATE.family({(name,): found[name] for name in sorted(names)})
