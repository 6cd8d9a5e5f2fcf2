"""Where a stream's events are stored, for the preview of what a change of its configuration does."""

from __future__ import annotations

from collections.abc import Sequence

from connectors import lookups
from connectors.lookups import ConnectorView
from connectors.models import Connector
from eventplatform import figures
from eventplatform.core.streams import Stream
from eventplatform.panels import Downstream
from streamconfig import lookups as configuration

_BEHIND_SECONDS = 600.0


def downstream(stream: str) -> Sequence[Downstream]:
    """The connectors whose patterns fit the stream, also those that its own settings switch off."""
    known = configuration.snapshot().find_stream(stream)
    if known is None:
        return []
    views = {view.name: view for view in lookups.overview()}
    rows = Connector.objects.select_related("target")
    return [_told(views[one.name], one, known) for one in rows if one.name in views and one.route.fits(known)]


def _told(view: ConnectorView, connector: Connector, stream: Stream) -> Downstream:
    is_taken = connector.route.takes(stream)
    return Downstream(
        name=view.name,
        kind=view.kind,
        target=view.target,
        is_enabled=view.is_enabled and is_taken,
        retention_days=_retention(connector, stream),
        link=view.link,
        note=_note(view) if is_taken else "Switched off by the stream's own settings",
    )


def _retention(connector: Connector, stream: Stream) -> int | None:
    for name in connector.route.names:
        days = stream.consumers.get(name, {}).get("retention_days")
        if isinstance(days, int) and not isinstance(days, bool):
            return days
    return None


def _note(view: ConnectorView) -> str:
    if not view.is_enabled:
        return "Paused; catches up first"
    if view.state in {"stopped", "retrying"}:
        return f"{view.state.capitalize()}; what waits is not lost"
    if (view.lag_seconds or 0) > _BEHIND_SECONDS:
        return f"{figures.thin(view.lag_records)} records behind; catches up first"
    return ""
