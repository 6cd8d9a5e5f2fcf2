"""Rows of traffic: volumes by hour, which share clients sent, what is usual, what is not, and what people say of it."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from monitoring.models import Fate

_WEEK_OF_MINUTES = 7 * 24 * 60


class StreamHour(models.Model):
    """Records that a stream's topics took in an hour, canaries apart; hours with neither have no row.

    The minutes of the first and the last event and the longest gap between two tell how long it is usually quiet.
    """

    stream = models.CharField(max_length=249)
    hour = models.DateTimeField()
    events = models.PositiveBigIntegerField()
    canaries = models.PositiveIntegerField(default=0)
    peak = models.PositiveBigIntegerField(default=0)  # in its busiest minute
    first = models.PositiveSmallIntegerField(null=True)
    last = models.PositiveSmallIntegerField(null=True)
    gap = models.PositiveSmallIntegerField(default=0)  # minutes without events between two with some

    class Meta:
        constraints = (models.UniqueConstraint(fields=["stream", "hour"], name="stream_hour_once"),)
        indexes = (models.Index(fields=["hour"], name="stream_hour_hour"),)

    def __str__(self) -> str:
        return f"{self.stream} {self.hour:%Y-%m-%d %H}: {self.events}"


class CountedHour(models.Model):
    """An hour whose minutes were added up, and how many there were; without its row an hour is a gap."""

    hour = models.DateTimeField(primary_key=True)
    minutes = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}: {self.minutes} minutes"


class IntakeDay(Fate):
    """The events of a day (UTC): the sum of its minutes, kept along with them so that months are read quickly."""

    day = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["day", "service", "stream", "outcome", "reason"], name="intake_day_key"),
        )


class StreamShare(models.Model):
    """Which share of clients sends to a stream from a moment on, by its configuration; 0 while it is off or closed."""

    stream = models.CharField(max_length=249)
    at = models.DateTimeField()
    share = models.FloatField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["stream", "at"], name="stream_share_once"),)

    def __str__(self) -> str:
        return f"{self.stream} {self.share:g} from {self.at:%Y-%m-%d %H:%M}"


class TrafficWatch(models.Model):
    """One row: when the watch looked last, and up to when configuration was followed."""

    looked_at = models.DateTimeField(null=True)
    followed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"looked {self.looked_at}"


class TrafficHold(models.Model):
    """A time in which counts say nothing of producers: the log or the intake was away, or events waited in the spool."""

    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["reason"], name="traffic_hold_open", condition=models.Q(ended_at__isnull=True)),
        )

    def __str__(self) -> str:
        return f"{self.reason} since {self.began_at:%Y-%m-%d %H:%M}"


class StreamProfile(models.Model):
    """What is usual for a stream, learnt from its last four weeks; `body` is `alarm.learning.Profile` as JSON."""

    stream = models.CharField(max_length=249, primary_key=True)
    learnt_at = models.DateTimeField(db_index=True)
    body = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.stream


class TrafficState(models.Model):
    """What a stream's traffic leans to, and since when: an alarm begins or ends once that has lasted."""

    stream = models.CharField(max_length=249, primary_key=True)
    leaning = models.CharField(max_length=10, blank=True)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.stream} {self.leaning or 'usual'}"


class TrafficIncident(models.Model):
    """A time in which a stream was silent, or had less or more than is usual; at most one is open of each stream."""

    class Kind(models.TextChoices):
        SILENT = "silent", "no events"
        LOW = "low", "fewer events than usual"
        HIGH = "high", "more events than usual"

    stream = models.CharField(max_length=249)
    kind = models.CharField(max_length=10, choices=Kind)
    began_at = models.DateTimeField(help_text="When the traffic changed; the alarm came a little later.")
    noticed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    expected = models.FloatField(help_text="Events in the last window that was looked at, by what is usual.")
    seen = models.FloatField()
    minutes = models.PositiveIntegerField(help_text="How long that window was.")
    is_grouped = models.BooleanField(default=False, help_text="Told together with others that began alike.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["stream"], name="traffic_incident_open", condition=models.Q(ended_at__isnull=True)),
        )
        indexes = (models.Index(fields=["stream", "-began_at"], name="traffic_incident_stream"),)

    def __str__(self) -> str:
        return f"{self.stream} {self.kind} since {self.began_at:%Y-%m-%d %H:%M}"


class TrafficRule(models.Model):
    """What people say of the alarms of one stream; without a row, what is usual decides alone."""

    class Sensitivity(models.TextChoices):
        LOW = "low", "low: a quarter, or four times as much"
        NORMAL = "normal", "normal: half, or twice as much"
        HIGH = "high", "high: 30 % less, or 40 % more"

    stream = models.CharField(max_length=249, primary_key=True, help_text="The stream's name.")
    sensitivity = models.CharField(
        max_length=10, choices=Sensitivity, default=Sensitivity.NORMAL, help_text="From which deviation on an alarm is raised."
    )
    silence_minutes = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(2), MaxValueValidator(_WEEK_OF_MINUTES)],
        help_text="Silent after so many minutes without an event. Empty: as its usual traffic suggests.",
    )
    watches_silence = models.BooleanField("silence", default=True, help_text="Alarm when nothing comes.")
    watches_low = models.BooleanField("fewer", default=True, help_text="Alarm when much less comes than usual.")
    watches_high = models.BooleanField("more", default=True, help_text="Alarm when much more comes than usual.")
    is_off = models.BooleanField("off", default=False, help_text="No alarm at all, until the date below or for good.")
    off_until = models.DateTimeField(null=True, blank=True, help_text="When alarms come back by themselves.")
    usual_since = models.DateTimeField(
        null=True, blank=True, help_text="A new level holds since then: what was counted before is left out of what is usual."
    )
    reason = models.TextField(help_text="Why it is so, for those who look later.")
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        verbose_name = "rule of a stream's traffic alarms"
        verbose_name_plural = "rules of traffic alarms"

    def __str__(self) -> str:
        return self.stream
