"""What the app shows on shared pages: where a stream arrives, and what needs attention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from connectors import letters, lookups
from eventplatform import figures
from eventplatform.panels import Trouble

_BEHIND_SECONDS = 600.0


def of_stream(stream: str) -> Mapping[str, Any] | None:
    """The stream's connectors; no panel where none takes it."""
    views = lookups.for_stream(stream)
    return {"connectors": views} if views else None


def troubles() -> list[Trouble]:
    """Stopped and retrying connectors, those far behind, and dead letters."""
    found = [trouble for view in lookups.overview() if (trouble := _trouble(view)) is not None]
    groups = letters.groups()
    if groups:
        total = sum(group.count for group in groups)
        newest = groups[0]
        what = f"{figures.thin(total)} record{'s' if total != 1 else ''} set aside"
        why = f"Newest: {newest.code}, {newest.stream} into {newest.connector}. The rest went on."
        found.append(Trouble("warn", what, why, reverse("rejected"), "See reasons", since=figures.ago(newest.last_at)))
    return found


def _trouble(view: lookups.ConnectorView) -> Trouble | None:
    if not view.is_enabled:
        return None
    since = figures.ago(min((one.state_since for one in view.failing), default=None)) if view.failing else ""
    if view.state == "stopped":
        return Trouble("fail", f"Connector {view.name} stopped", view.last_error, view.link, "Open and resume", since)
    if view.state == "retrying":
        return Trouble("fail", f"Connector {view.name} can't write", view.last_error, view.link, "See cause", since)
    if (view.lag_seconds or 0) > _BEHIND_SECONDS:
        why = f"{figures.thin(view.lag_records)} records wait; the oldest for {figures.age(view.lag_seconds)}. Nothing is lost."
        return Trouble("warn", f"Connector {view.name} is behind", why, view.link, "See partitions")
    return None
