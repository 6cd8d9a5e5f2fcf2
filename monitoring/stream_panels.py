"""What monitoring shows on a stream's page: its volume, and how far its canaries get."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from eventplatform import panels
from monitoring import canary_pages, daily_volumes, health, lookups, quiet_streams
from monitoring.alerts import lookups as alerts
from monitoring.rejected import groups
from monitoring.traffic import usual
from monitoring.traffic.panel import volume
from streamconfig.lookups import snapshot

_MINUTES = 60


def register() -> None:
    """Put monitoring's parts on the shared pages, and its figures within lower apps' reach."""
    panels.add("stream", panels.Panel("monitoring.volume", "monitoring/_stream_volume.html", volume, order=10))
    panels.add("stream", panels.Panel("monitoring.canary", "monitoring/_stream_canary.html", canary_pages.panel, order=20))
    panels.add("stream", panels.Panel("monitoring.live", "monitoring/_stream_live.html", live, order=30, column="side"))
    panels.add_troubles("monitoring", health.troubles)
    panels.provide("monitoring.volumes", per_minute)
    panels.provide("monitoring.daily_volumes", daily_volumes.daily_volumes)
    panels.provide("monitoring.last_days_with_events", quiet_streams.last_days_with_events)
    panels.provide("monitoring.counted_days", daily_volumes.counted_days)
    panels.provide("monitoring.hours_of_week", usual.hours_of_week)
    panels.provide("navigation.counts", counts)


def per_minute(minutes: int = _MINUTES, streams: Collection[str] | None = None) -> Mapping[str, tuple[float | None, ...]]:
    """The events of each stream, or of these alone, minute by minute."""
    return lookups.volumes(minutes=minutes, streams=streams).streams


def live(stream: str) -> Mapping[str, Any] | None:
    """The way to its live events; None for a stream that isn't configured."""
    return {"stream": stream} if stream in snapshot().streams else None


def counts() -> Mapping[str, int]:
    """How much waits behind each entry of the navigation; cheap, since every page asks."""
    config = snapshot()
    return {
        "streams": len(config.streams),
        "schemas": len(config.schemas.titles()),
        "rejected": groups.waiting(),
        "alerts": alerts.waiting(),
    }
