"""Django's handle on the app; registers its panels at start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import AppConfig

from eventplatform import panels


class StreamconfigConfig(AppConfig):
    """Streams."""

    name = "streamconfig"
    verbose_name = "Streams"

    def ready(self) -> None:
        """Tell lower apps which streams carry a schema, and everybody what is wrong with streams."""
        from streamconfig import lookups, topic_sync

        def of_schema(title: str) -> Mapping[str, Any] | None:
            streams = lookups.streams_of_title(title)
            return {"streams": streams} if streams else None

        panel = panels.Panel("streamconfig.streams", "streamconfig/_schema_streams.html", of_schema, order=20, column="side")
        panels.add("schema", panel)
        panels.add_troubles("streamconfig", topic_sync.troubles)
        panels.provide("streamconfig.streams_of_title", lookups.streams_of_title)
