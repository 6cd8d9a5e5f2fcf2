"""Django's handle on the app; registers its panels at start."""

from __future__ import annotations

from django.apps import AppConfig

from eventplatform import panels


class StreamconfigConfig(AppConfig):
    """Streams."""

    name = "streamconfig"
    verbose_name = "Streams"

    def ready(self) -> None:
        """Tell lower apps which streams carry a schema, and everybody what is wrong with streams."""
        from streamconfig import findings, lookups, shared_pages
        from streamconfig.notifying import troubles as messages
        from streamconfig.pages import changes_lists, snippets
        from streamconfig.topics import troubles

        template = "streamconfig/_schema_streams.html"
        panels.add("schema", panels.Panel("streamconfig.streams", template, shared_pages.of_schema, order=20, column="side"))
        template = "streamconfig/_stream_snippets.html"
        panels.add("stream", panels.Panel("streamconfig.snippets", template, snippets.panel, order=40, column="side"))
        panels.add_uses("streamconfig", shared_pages.uses_of_schema)
        panels.add_changes("streamconfig", shared_pages.recent_changes)
        panels.add_troubles("streamconfig", troubles.troubles)
        panels.add_troubles("streamconfig.messages", messages.troubles)
        panels.add_troubles("streamconfig.findings", lambda: findings.troubles(lookups.findings()))
        panels.provide("streamconfig.stale_seconds", lookups.stale_seconds_now)
        panels.provide("streamconfig.inbox_count", changes_lists.inbox_count)
        panels.provide("streamconfig.streams_of_title", lookups.streams_of_title)
        panels.provide("streamconfig.snippet_target", snippets.target)
        panels.provide("streamconfig.title_of_topic", lookups.title_of_topic)
