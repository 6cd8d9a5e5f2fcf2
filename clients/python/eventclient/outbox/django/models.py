"""The outbox's one table."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from eventclient.outbox.entries import MAX_ID, MAX_KEY, MAX_STREAM, State


class OutboxEvent(models.Model):
    """An event from the moment when a transaction wrote it until it was sent and cleaned away; refused ones stay."""

    objects: ClassVar[models.Manager[OutboxEvent]] = models.Manager()

    event_id = models.CharField(max_length=MAX_ID, unique=True)
    stream = models.CharField(max_length=MAX_STREAM)
    key = models.CharField(max_length=MAX_KEY, blank=True)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in State], default=State.WAITING.value)
    written_at = models.DateTimeField()
    due_at = models.DateTimeField()  # of one that a relay has taken up: when it is anybody's again
    token = models.CharField(max_length=32, blank=True)  # of the relay that took it up last
    tries = models.PositiveIntegerField(default=0)
    settled_at = models.DateTimeField(null=True, blank=True)
    code = models.CharField(max_length=100, blank=True)  # of the last answer that was no success
    pointer = models.CharField(max_length=1000, blank=True)
    message = models.CharField(max_length=1000, blank=True)
    remedy = models.CharField(max_length=1000, blank=True)

    class Meta:
        app_label = "eventclient_outbox"
        db_table = "eventclient_outbox"
        verbose_name = "event of the outbox"
        verbose_name_plural = "events of the outbox"
        indexes = [
            models.Index(fields=["state", "id"], name="eventclient_outbox_state"),
            models.Index(fields=["key", "state", "id"], name="eventclient_outbox_key"),
            models.Index(fields=["token"], name="eventclient_outbox_token"),
            models.Index(fields=["state", "settled_at"], name="eventclient_outbox_settled"),
        ]

    def __str__(self) -> str:
        return f"{self.stream} {self.event_id} ({self.state})"
