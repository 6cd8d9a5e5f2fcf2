"""Rows of alerts: what is or was wrong, its story, rules, receivers, silences, and what was sent."""

from __future__ import annotations

from django.db import models
from django.urls import reverse

from monitoring.alerts.matching import Matcher


class Alert(models.Model):
    """A trouble that lasts or lasted; see `phases.Course` for its moments."""

    class Phase(models.TextChoices):
        PENDING = "pending", "seen, not yet for long enough"
        OPEN = "open", "open"
        RESOLVED = "resolved", "resolved"

    source = models.CharField(max_length=100)
    key = models.CharField(max_length=400)
    kind = models.CharField(max_length=60)
    subject = models.CharField(max_length=300, blank=True)
    level = models.CharField(max_length=4, choices=[("fail", "failing"), ("warn", "warning")])
    what = models.TextField()
    why = models.TextField(blank=True)
    link = models.CharField(max_length=500, blank=True)
    remedy = models.TextField(blank=True)
    phase = models.CharField(max_length=8, choices=Phase)
    began_at = models.DateTimeField()  # as its source tells it, else when it was first seen
    since = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    is_by_hand = models.BooleanField(default=False)
    held_by = models.CharField(max_length=60, blank=True)  # the kind above it that lasts
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    note = models.TextField(blank=True)
    told_at = models.DateTimeField(null=True)
    told_phase = models.CharField(max_length=8, blank=True)
    told_level = models.CharField(max_length=4, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["key"], name="alert_once", condition=~models.Q(phase="resolved")),)
        indexes = (
            models.Index(fields=["-opened_at"], name="alert_opened"),
            models.Index(fields=["-resolved_at"], name="alert_resolved"),
        )
        permissions = (("handle_alerts", "Can acknowledge, silence and resolve alerts"),)

    def __str__(self) -> str:
        return self.what[:100]

    def get_absolute_url(self) -> str:
        return reverse("alert", args=[self.pk])


class AlertMoment(models.Model):
    """Something that happened to an alert: opened, worse, resolved, reopened, acknowledged, silenced."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="moments")
    at = models.DateTimeField()
    what = models.CharField(max_length=20)
    who = models.CharField(max_length=150, blank=True)
    text = models.TextField(blank=True)

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.what} {self.at:%Y-%m-%d %H:%M}"


class Matching(models.Model):
    """Which alerts a row is about; see `matching.Matcher`."""

    kinds = models.JSONField(default=list, blank=True)
    subjects = models.JSONField(default=list, blank=True)
    level = models.CharField(
        max_length=4, blank=True, choices=[("fail", "failing"), ("warn", "warning")], help_text="None: both."
    )

    class Meta:
        abstract = True

    @property
    def words(self) -> str:
        """What it is about."""
        return Matcher(tuple(self.kinds), tuple(self.subjects), self.level).words


class AlertReceiver(models.Model):
    """Who hears of alerts. Addresses and secrets of servers are kept encrypted and never shown."""

    class Kind(models.TextChoices):
        EMAIL = "email", "e-mail"
        WEBHOOK = "webhook", "webhook (our JSON, signed as Standard Webhooks)"
        SLACK = "slack", "Slack-compatible webhook"
        ALERTMANAGER = "alertmanager", "Alertmanager"

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=12, choices=Kind)
    addresses = models.TextField("e-mail addresses", blank=True)
    secrets = models.TextField(blank=True, editable=False)  # sealed: url, secret
    is_enabled = models.BooleanField("enabled", default=True)
    tells_ends = models.BooleanField("also told when alerts are resolved", default=True)

    class Meta:
        verbose_name = "receiver of alerts"
        verbose_name_plural = "receivers of alerts"

    def __str__(self) -> str:
        return self.name


class AlertRule(Matching):
    """How long a trouble must last, who hears of it and how often; the first that fits an alert decides."""

    position = models.PositiveSmallIntegerField(default=50, help_text="The lowest is asked first.")
    name = models.CharField(max_length=100, unique=True)
    is_enabled = models.BooleanField("enabled", default=True)
    wait_seconds = models.PositiveIntegerField(default=30, help_text="How long a trouble must last before it is an alert.")
    settle_seconds = models.PositiveIntegerField(default=60, help_text="How long it must be gone before it is resolved.")
    window_seconds = models.PositiveIntegerField(default=60, help_text="At most one message per group within this time.")
    repeat_minutes = models.PositiveIntegerField(
        default=240, help_text="After this time it is told again, until somebody acknowledges, silences or mends it."
    )
    group_by = models.CharField(
        max_length=5,
        default="rule",
        choices=[("rule", "all of the rule together"), ("kind", "those of a kind"), ("alert", "each alone")],
    )
    receivers = models.ManyToManyField(AlertReceiver, blank=True, related_name="rules")
    hours_begin = models.TimeField("told from", null=True, blank=True, help_text="Neither time: at any hour.")
    hours_end = models.TimeField("told until", null=True, blank=True)
    hours_days = models.JSONField("told on", default=list, blank=True)
    hours_zone = models.CharField("time zone", max_length=60, default="UTC")

    class Meta:
        ordering = ("position", "pk")
        verbose_name = "rule of alerts"
        verbose_name_plural = "rules of alerts"

    def __str__(self) -> str:
        return self.name


class AlertSilence(Matching):
    """What nobody is told until a moment; the alerts themselves are kept and shown."""

    begins_at = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.CharField(max_length=300)
    created_by = models.CharField(max_length=150, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-until",)
        verbose_name = "silence"

    def __str__(self) -> str:
        return self.reason[:100]


class AlertNotification(models.Model):
    """A message to one receiver: written with what it tells of in one transaction, sent by a worker, tried again."""

    class Kind(models.TextChoices):
        NEWS = "news", "news"
        REPEAT = "repeat", "lasts on"
        MIRROR = "mirror", "state for an Alertmanager"
        TEST = "test", "test"

    receiver = models.ForeignKey(AlertReceiver, on_delete=models.SET_NULL, null=True, related_name="notifications")
    receiver_name = models.CharField(max_length=100)
    rule = models.PositiveBigIntegerField(null=True)
    group = models.CharField(max_length=400, blank=True)
    kind = models.CharField(max_length=6, choices=Kind)
    alerts = models.ManyToManyField(Alert, related_name="notifications")
    subject = models.CharField(max_length=300)
    text = models.TextField()
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    gave_up_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=300, blank=True)
    problem = models.TextField(blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["not_before"], name="alert_waits", condition=models.Q(sent_at=None, gave_up_at=None)),
            models.Index(fields=["receiver", "-created_at"], name="alert_of_receiver"),
            models.Index(fields=["created_at"], name="alert_told"),
        )

    def __str__(self) -> str:
        return f"{self.kind} to {self.receiver_name}"


class AlertRound(models.Model):
    """Who evaluated last: one row, claimed by one conditional update."""

    claimed_at = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=40, blank=True)
    done_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)
    unreadable = models.JSONField(default=list)  # sources that could not be asked
    pinged_at = models.DateTimeField(null=True)
    ping_problem = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"evaluated by {self.claimed_by or 'nobody'}"
