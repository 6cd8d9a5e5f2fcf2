"""Django's handle on the app; registers its panels at start."""

from __future__ import annotations

from django.apps import AppConfig

from eventplatform import exposition, panels


class ConnectorsConfig(AppConfig):
    """Connectors."""

    name = "connectors"
    verbose_name = "Connectors"

    def ready(self) -> None:
        """Show the app's part on shared pages."""
        from connectors import acts, choices, counters, downstream, letters, shared_pages
        from connectors.explore import choosing

        panel = panels.Panel("connectors", "connectors/_stream.html", shared_pages.of_stream, order=30, column="side")
        panels.add("stream", panel)
        looks = panels.Panel("explore", "connectors/explore/_stream.html", choosing.of_stream, order=31, column="side")
        panels.add("stream", looks)
        panels.add_uses("connectors", shared_pages.uses_of_schema)
        panels.add_changes("connectors", acts.recent_changes)
        panels.add_troubles("connectors", shared_pages.troubles)
        panels.add_replay("connector", panels.Replay(letters.check, letters.send))
        panels.provide("connectors.downstream", downstream.downstream)
        panels.provide("connectors.names", choices.names)
        exposition.add("web", counters.families)
