"""What the app shows on a schema's page: the streams that carry its title."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from eventplatform import panels
from eventplatform.core.streams import Stream
from streamconfig import lookups
from streamconfig.models import Revision

_NAMED = 3  # items, in a line of recent changes


def of_schema(title: str) -> Mapping[str, Any] | None:
    """The names of the streams; no panel where none carries the title."""
    streams = lookups.streams_of_title(title)
    return {"streams": streams} if streams else None


def uses_of_schema(title: str) -> list[panels.Use]:
    """The streams, each with its events of the last hour where monitoring counts them."""
    streams = lookups.snapshot().streams
    volumes: Mapping[str, tuple[float | None, ...]] = panels.call("monitoring.volumes", default={})
    return [_use(streams[name], volumes.get(name, ())) for name in lookups.streams_of_title(title) if name in streams]


def _use(stream: Stream, per_minute: tuple[float | None, ...]) -> panels.Use:
    return panels.Use(
        "stream",
        stream.name,
        reverse("stream", args=[stream.name]),
        note=f"posted to {stream.service}" if stream.service else "",
        state="" if stream.is_enabled else "switched off",
        per_minute=per_minute,
    )


def recent_changes(most: int) -> list[panels.Change]:
    """The newest revisions, each with the items that it touches."""
    rows = Revision.objects.defer("document_text").order_by("-number")[:most]
    return [
        panels.Change(row.created_at, "change", f"Revision {row.number}", row.get_absolute_url(), _touched(row), row.author)
        for row in rows
    ]


def _touched(revision: Revision) -> str:
    names = list(dict.fromkeys(str(change.get("name", "")) for change in revision.changes))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}" if names else revision.reason
