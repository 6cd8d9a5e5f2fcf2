"""Django's handle on the app; registers its panels at start."""

from __future__ import annotations

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """Monitoring."""

    name = "monitoring"
    verbose_name = "Monitoring"

    def ready(self) -> None:
        """Put the app's parts on shared pages."""
        from monitoring import stream_panels

        stream_panels.register()
