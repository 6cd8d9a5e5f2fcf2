"""The app; its label is `eventclient_outbox`, since `django` would be taken for another."""

from __future__ import annotations

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "eventclient.outbox.django"
    label = "eventclient_outbox"
    verbose_name = "Event outbox"
    default_auto_field = "django.db.models.BigAutoField"
