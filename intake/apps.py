"""Django's handle on the app; registers its panels at start."""

from __future__ import annotations

from django.apps import AppConfig

from eventplatform import panels


class IntakeConfig(AppConfig):
    """Intake."""

    name = "intake"
    verbose_name = "Intake"

    def ready(self) -> None:
        """Say what is wrong with the app's part, and lend canaries the key that they show."""
        from intake.keys import platform_key, troubles

        panels.add_troubles("intake.keys", troubles.troubles)
        panels.provide("intake.platform_key", platform_key.secret)
