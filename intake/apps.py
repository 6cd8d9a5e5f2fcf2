"""Django's handle on the app; registers its panels at start."""

from __future__ import annotations

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """Intake."""

    name = "intake"
    verbose_name = "Intake"
