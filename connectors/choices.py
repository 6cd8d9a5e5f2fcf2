"""Which stores a stream could be kept in, for forms that let people choose."""

from __future__ import annotations

from collections.abc import Sequence

from connectors import lookups
from connectors.models import Connector
from eventplatform.core.streams import Stream
from eventplatform.panels import Downstream

_NOT_NAMED = "Its patterns don't name this stream; an engineer adds it there."


def names(stream: str = "") -> Sequence[Downstream]:
    """All connectors by name; `is_enabled` where a stream of that name is taken unless its settings say otherwise."""
    known = Stream(name=stream, schema_title="", service="", topics=())
    takes = {one.name: one.route.takes(known) for one in Connector.objects.select_related("target")}
    return [
        Downstream(
            name=view.name,
            kind=view.kind,
            target=view.target,
            is_enabled=takes.get(view.name, False),
            retention_days=None,
            link=view.link,
            note="" if takes.get(view.name) else _NOT_NAMED,
        )
        for view in lookups.overview()
    ]
