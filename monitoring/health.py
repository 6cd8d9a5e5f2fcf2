"""The platform's parts: which of them live, and what is wrong with those that don't."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from connectors import lookups as connectors
from eventplatform import figures
from eventplatform.core.errors import PlatformError
from eventplatform.eventlog import event_log
from eventplatform.panels import Trouble
from monitoring import canary_troubles, lookups, refusals, stages
from monitoring.models import RoleHeartbeat
from monitoring.volumes import LATE_SECONDS
from registry.schema.schema_set import SchemaSet
from streamconfig.lookups import age_seconds, snapshot
from streamconfig.snapshots import Snapshot

_WORKERS = "Workers"
_SPOOL = "Spool"
_FRESH = timedelta(seconds=30)
_LOGS = {"kafka": "Kafka", "memory": "in memory, gone with the process"}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the platform, its state and a few words."""

    name: str
    state: stages.State
    detail: str
    link: str = ""
    began_at: datetime | None = None  # of what is wrong with it, where that is known


def parts() -> tuple[Part, ...]:
    """What is running, in the order of an event's way."""
    return (*_own_parts(), *_connectors())


def platform_parts() -> tuple[Part, ...]:
    """Those of the platform itself, without its connectors."""
    return _own_parts()


def _own_parts() -> tuple[Part, ...]:
    beats, now = lookups.heartbeats(), timezone.now()
    config = snapshot()
    return (
        _beaten("Intake", beats.get("intake"), now, settings.INTAKE_URL.removeprefix("http://")),
        _beaten("Log", beats.get("log"), now, _log_words()),
        *([_beaten(_SPOOL, beats["spool"], now, "empty")] if "spool" in beats else []),
        Part("Registry", "ok" if config.schemas.titles() else "warn", _schemas_words(config.schemas), "/schemas"),
        _configuration(config),
        _beaten(_WORKERS, beats.get("worker"), now, "with beat"),
    )


def troubles() -> list[Trouble]:
    """What monitoring sees wrong: dead parts first; a canary that fails only because of them is no trouble of its own."""
    dead = [_part_trouble(part) for part in _own_parts() if part.state == "fail"]
    seen = dead or _of_canaries()
    return seen + _late_configuration() + _waiting_events() + _refused() + _log_troubles()


def _refused() -> list[Trouble]:
    return refusals.troubles(refusals.without_canaries(lookups.intake_counts(), lookups.refused_canaries()))


def readiness(*, now: datetime) -> dict[str, Any]:
    """What `/readyz` tells beside the database."""
    config = snapshot()
    beat = lookups.heartbeats().get("log")
    return {
        "configuration": {
            "revision": config.revision,
            "age_seconds": round(age := age_seconds(), 3),
            "state": "late" if age > LATE_SECONDS else "ok",
        },
        "log": _beaten("Log", beat, now, "ok").detail,
    }


def _configuration(config: Snapshot) -> Part:
    """This process's configuration: yellow while it is the last good one of a database that is away."""
    age = age_seconds()
    if age > LATE_SECONDS:
        return Part("Configuration", "warn", f"revision {config.revision}, read {figures.age(age)} ago", "/streams")
    return Part("Configuration", "ok" if config.streams else "warn", f"{len(config.streams)} streams", "/streams")


def _late_configuration() -> list[Trouble]:
    """A warning where a process doesn't follow the configuration any more."""
    found = [part for part in _own_parts() if part.state == "warn" and (part.name == "Intake" or " ago" in part.detail)]
    meaning = "It goes on with the last good one. Is its database there? Else start that process again."
    return [
        Trouble(
            "warn",
            f"{part.name}: {part.detail}",
            meaning,
            "/overview#parts",
            "See parts",
            kind="part.configuration",
            subject=part.name.lower(),
        )
        for part in found
    ]


def _waiting_events() -> list[Trouble]:
    """A line while events wait on an intake's disk; a spool that is nearly full is told as a dead part is."""
    found = [part for part in _own_parts() if part.name == _SPOOL and part.state == "warn"]
    return [replace(_part_trouble(part), level="warn", what=f"The spool {part.detail}") for part in found]


def _beaten(name: str, beat: RoleHeartbeat | None, now: datetime, well: str) -> Part:
    if beat is None:
        return Part(name, "unknown", "not heard of yet")
    if now - beat.beat_at > _FRESH:
        silence = figures.age((now - beat.beat_at).total_seconds())
        # Workers look after the others: while they are silent, nobody knows.
        return Part(name, "fail" if name == _WORKERS else "unknown", f"silent for {silence}", began_at=beat.beat_at)
    if beat.is_well and beat.detail:
        return Part(name, "warn", beat.detail)
    return Part(name, "ok" if beat.is_well else "fail", well if beat.is_well else beat.detail)


def _log_words() -> str:
    scheme = settings.EVENT_LOG_URL.partition(":")[0]
    return _LOGS.get(scheme, "embedded, in Postgres")


def _schemas_words(schemas: SchemaSet) -> str:
    titles = schemas.titles()
    return f"{len(titles)} titles, {len(schemas)} versions"


def _connectors() -> list[Part]:
    return [
        Part(view.name, connector_state(view), f"{view.kind}, {_behind(view)}", view.link) for view in connectors.overview()
    ]


_CONNECTOR_STATES: Mapping[str, stages.State] = {"stopped": "fail", "retrying": "warn", "paused": "paused"}


def connector_state(view: connectors.ConnectorView) -> stages.State:
    """How a connector is, in the pages' words."""
    return _CONNECTOR_STATES.get(view.state, "ok")


def _behind(view: connectors.ConnectorView) -> str:
    if connector_state(view) != "ok":
        return str(view.state)
    return f"{figures.thin(view.lag_records)} behind" if view.lag_records else "up to date"


_MEANINGS: Mapping[str, str] = {
    _WORKERS: "Neither beat nor a worker gave a sign of life: canaries, counts and connectors stand still. Start them again.",
    "Intake": "Clients can't post events; those that try again lose nothing. Start the role intake again.",
    "Log": "The intake keeps events on its disk until the log is back; streams that may not wait get 503. Bring the log back.",
    _SPOOL: "They go into the log by themselves, in order, once it answers. Is it there, and does the disk have room?",
}


def _part_trouble(part: Part) -> Trouble:
    return Trouble(
        "fail",
        f"{part.name}: {part.detail}",
        _MEANINGS.get(part.name, ""),
        "/overview#parts",
        "See parts",
        kind=f"part.{part.name.lower()}",
        subject=part.name.lower(),
        began_at=part.began_at,
    )


def _log_troubles() -> list[Trouble]:
    """A warning before the embedded log grows over what it was measured for."""
    try:
        usage = event_log().usage()
    except PlatformError:
        return []  # that it is away is told by its heartbeat
    if usage is None or not usage.is_near_ceiling:
        return []
    what = f"The event log holds {figures.short(usage.bytes)}B of the {figures.short(usage.ceiling_bytes)}B it is meant for"
    why = "Shorten LOG_RETENTION_HOURS, or move to Kafka (EVENT_LOG_URL)."
    return [Trouble("warn", what, why, "/overview#parts", "See parts", kind="part.log_size", subject="log")]


def _of_canaries() -> list[Trouble]:
    told = {view.name for view in connectors.overview() if view.last_error}
    return canary_troubles.of_producer(lookups.canary_producer()) + canary_troubles.troubles(lookups.canary_paths(), told)
