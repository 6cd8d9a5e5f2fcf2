"""Rows of hours: where each begins and ends in the log, and what is said of it per store."""

from __future__ import annotations

from django.db import models


class LogHour(models.Model):
    """An hour (UTC) of a partition, by the log's own times: the records between both offsets came in it."""

    topic = models.CharField(max_length=249)
    partition = models.PositiveIntegerField()
    hour = models.DateTimeField()
    begin = models.PositiveBigIntegerField()
    end = models.PositiveBigIntegerField()

    class Meta:
        app_label = "monitoring"
        constraints = (models.UniqueConstraint(fields=["hour", "topic", "partition"], name="log_hour_once"),)

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition} {self.hour:%Y-%m-%dT%H}: {self.begin} to {self.end}"


class StoreHour(models.Model):
    """What is said of a stream's hour in a connector's store; that it is complete is said once and stays."""

    stream = models.CharField(max_length=249)
    connector = models.CharField(max_length=200)
    hour = models.DateTimeField()
    state = models.CharField(max_length=10)  # of `judging.State`
    reason = models.TextField(blank=True)
    events = models.PositiveBigIntegerField(default=0)  # that the log took in the hour, canaries left out
    judged_at = models.DateTimeField()
    complete_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "monitoring"
        constraints = (models.UniqueConstraint(fields=["hour", "stream", "connector"], name="store_hour_once"),)
        indexes = (models.Index(fields=["stream", "hour"], name="store_hour_stream"),)

    def __str__(self) -> str:
        return f"{self.stream} in {self.connector} {self.hour:%Y-%m-%dT%H}: {self.state}"
