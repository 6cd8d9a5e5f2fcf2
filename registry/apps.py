"""Django's handle on the app; registers at start what it has to say on shared pages."""

from __future__ import annotations

from django.apps import AppConfig

from eventplatform import panels


class RegistryConfig(AppConfig):
    """Schemas."""

    name = "registry"
    verbose_name = "Schemas"

    def ready(self) -> None:
        """Let the overview tell of imports that were refused, and of deprecated schemas in use."""
        from registry import recent, troubles

        panels.add_changes("registry", recent.recent_changes)
        panels.add_troubles("registry", troubles.refused_imports)
        panels.add_troubles("registry.unreached", troubles.unreached)
        panels.add_troubles("registry.deprecated", troubles.deprecated_in_use)
