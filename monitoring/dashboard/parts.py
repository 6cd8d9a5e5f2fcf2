"""The platform's parts with what there is to know of each: health's own verdicts, and figures beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone
from redis import Redis
from redis.exceptions import RedisError

from connectors import lookups as connectors
from eventplatform import figures
from monitoring import health, lookups
from monitoring.dashboard import books, shared
from monitoring.dashboard.ranges import named
from monitoring.health import Part
from monitoring.outcomes import latency
from monitoring.stages import State
from registry import lookups as registry
from streamconfig.lookups import snapshot

_SLOW_READ_SECONDS = 30.0  # sizes change slowly, and asking for them costs
_NEARLY_ALL = 0.9  # of the connections that the database lets in
_REDIS_SECONDS = 0.5
_FRESH = timedelta(seconds=30)
# Roles that only some installations have; without a sign of life there is no such part.
_MORE_ROLES: Mapping[str, tuple[str, str]] = {"stream": ("Streams out", "gives events to clients"), "watcher": ("Watcher", "")}


def parts() -> tuple[Part, ...]:
    """In the order of an event's way; what they stand on comes last."""
    return shared.read("parts", _parts)


def _parts() -> tuple[Part, ...]:
    own = health.platform_parts()
    known = {part.name for part in own}
    more = [part for part in (*_more_roles(), _database(), _redis()) if part.name not in known]
    return (*(_told(part) for part in own), *more)


def words(found: tuple[Part, ...]) -> tuple[str, str]:
    """The state and the words of all together."""
    well = sum(part.state == "ok" for part in found)
    if well == len(found):
        return "ok", f"All {well} answer"
    return ("fail" if any(part.state == "fail" for part in found) else "warn"), f"{well} of {len(found)} well"


def _told(part: Part) -> Part:
    """With its figures, where it is well; else what is wrong stands alone."""
    tell = _FIGURES.get(part.name)
    more = tell() if tell and part.state == "ok" else ""
    return replace(part, detail=", ".join(word for word in (part.detail, more) if word)) if more else part


def _intake() -> str:
    answers = books.books(named("1h")).answers
    buckets: dict[float, int] = {}
    for (name, bound), count in answers.items():
        if name.rpartition(" ")[2].startswith("2"):
            buckets[float(bound)] = buckets.get(float(bound), 0) + count
    return f"p99 {latency.words(buckets, 0.99)}" if any(buckets.values()) else ""


def _workers() -> str:
    number, threads = connectors.workers()
    return f"{number} with {threads} slices at once" if number else ""


def _registry() -> str:
    pulled = registry.repositories()
    last = max((one.pulled_at for one in pulled if one.pulled_at), default=None)
    return f"pulled {figures.ago(last)}" if last else ""


def _configuration() -> str:
    """The intake's heartbeat is red or yellow where one of its processes stays behind."""
    beat = lookups.heartbeats().get("intake")
    is_followed = beat is not None and beat.is_well and not beat.detail
    return f"revision {figures.thin(snapshot().revision)}{' in every process' if is_followed else ' here'}"


_FIGURES: Mapping[str, Callable[[], str]] = {
    "Intake": _intake,
    "Workers": _workers,
    "Registry": _registry,
    "Configuration": _configuration,
}


def _more_roles() -> list[Part]:
    beats, now = lookups.heartbeats(), timezone.now()
    found = []
    for role, (name, well) in _MORE_ROLES.items():
        if beat := beats.get(role):
            is_fresh = now - beat.beat_at <= _FRESH
            state: State = "ok" if is_fresh and beat.is_well else "fail"
            told = beat.detail or well or f"seen {figures.ago(beat.beat_at)}"
            found.append(
                Part(name, state, told if is_fresh else f"silent for {figures.age((now - beat.beat_at).total_seconds())}")
            )
    return found


def _database() -> Part:
    used, most, size = shared.read("database", _database_figures, _SLOW_READ_SECONDS)
    state: State = "warn" if used >= _NEARLY_ALL * most else "ok"
    return Part("Database", state, f"{used} of {most} connections, {figures.short(size)}B")


def _database_figures() -> tuple[int, int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),"
            " current_setting('max_connections')::int, pg_database_size(current_database())"
        )
        used, most, size = cursor.fetchone()
    return used, most, size


def _redis() -> Part:
    try:
        told = shared.read("redis", _redis_figures, _SLOW_READ_SECONDS / 3)
    except (RedisError, OSError) as error:
        return Part("Redis", "fail", f"does not answer ({type(error).__name__})")
    return Part("Redis", "ok", told)


def _redis_figures() -> str:
    with Redis.from_url(settings.REDIS_URL, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS) as client:
        memory, clients = client.info("memory"), client.info("clients")
    return f"{figures.short(memory['used_memory'])}B, {clients['connected_clients']} clients"
