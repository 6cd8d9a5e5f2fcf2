"""Rows: targets (where stores are), connectors (what flows where), leases (who works on which partition), how it went."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now

from connectors import options
from connectors.routing import Route
from connectors.rules import Rules
from connectors.steering import Steering, steering
from eventplatform.core.streams import Stream

NAME = RegexValidator(
    r"\A[a-z0-9][a-z0-9_-]*\Z", "Lower case letters, digits, hyphens and underscores; begins with a letter or digit."
)


class Target(models.Model):
    """A store's connection, shared by connectors; secrets are kept encrypted and never shown."""

    name = models.CharField(max_length=100, unique=True, validators=[NAME])
    kind = models.CharField(max_length=50)
    options = models.JSONField(default=dict, blank=True)
    secrets = models.TextField(default="", blank=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    # The breaker: written by connectors.breaker alone.
    failures = models.PositiveIntegerField(default=0, editable=False)  # one after the other, over all its connectors
    open_until = models.DateTimeField(null=True, blank=True, editable=False)
    open_reason = models.TextField(default="", blank=True, editable=False)
    slow_until = models.DateTimeField(null=True, blank=True, editable=False)  # a write took long; it gets few threads

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Connector(models.Model):
    """A flow of streams into a target. `is_enabled` is the owner's wish; what happens to it stands in the leases."""

    name = models.CharField(max_length=100, unique=True, validators=[NAME])
    target = models.ForeignKey(Target, on_delete=models.PROTECT, related_name="connectors")
    streams = models.JSONField(default=list, help_text='Names or patterns such as ["page.*"]; ["*"] takes all streams.')
    options = models.JSONField(default=dict, blank=True)
    rules = models.JSONField(default=dict, blank=True, help_text="As declared in connectors/rules.py.")
    is_enabled = models.BooleanField(default=True)
    is_stopped = models.BooleanField(default=False)  # not enabled, and its offsets may be changed
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> str:
        """The kind of store, which is the target's."""
        return self.target.kind

    @property
    def parsed_rules(self) -> Rules:
        """Its rules, with defaults for what nobody set."""
        return options.parse(Rules, self.rules)

    @property
    def route(self) -> Route:
        """Which streams it takes."""
        rules = self.parsed_rules
        names = (self.name, self.target.name, rules.consumer)
        return Route(tuple(self.streams), tuple(name for name in names if name), rules)

    def steering(self, stream: Stream) -> Steering:
        """How it treats events of a stream: the stream's own wishes before its rules."""
        route = self.route
        return steering(stream, route.names, route.rules)


class Lease(models.Model):
    """The timed right to run one connector on one partition, and what is known of that partition.

    `epoch` grows with each taking, so that a former owner can't write here any more. The offsets are a mirror for pages and
    for the watcher; the store's own position is the truth.
    """

    class State(models.TextChoices):
        IDLE = "idle"
        RUNNING = "running"
        RETRYING = "retrying"  # the last slice met an error of the world; goes on by itself at `not_before`
        STOPPED = "stopped"  # going on would do harm; a person must resume it

    connector = models.ForeignKey(Connector, on_delete=models.CASCADE, related_name="leases")
    backfill = models.ForeignKey(
        "Backfill", null=True, blank=True, on_delete=models.CASCADE, related_name="leases"
    )  # its records are taken again, from start_offset to end_offset, under a position of its own
    start_offset = models.BigIntegerField(null=True, blank=True)
    stream = models.CharField(max_length=249)
    topic = models.CharField(max_length=249)
    partition = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.IDLE)
    owner = models.CharField(max_length=100, default="", blank=True)
    epoch = models.PositiveBigIntegerField(default=0)
    until = models.DateTimeField(null=True, blank=True)
    queued_at = models.DateTimeField(null=True, blank=True)
    is_wanted = models.BooleanField(default=False)  # others wait for its thread: the slice ends after its next write
    not_before = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_offset = models.BigIntegerField(null=True, blank=True)
    end_offset = models.BigIntegerField(null=True, blank=True)
    incarnation = models.CharField(max_length=100, default="", blank=True)  # of the topic, as the log has it now
    proven_incarnation = models.CharField(max_length=100, default="", blank=True)  # what the store's position was proven in
    unread_since = models.DateTimeField(null=True, blank=True)
    behind_since = models.DateTimeField(null=True, blank=True)  # when the newest written record came, where more wait behind it
    error_code = models.CharField(max_length=100, default="", blank=True)
    last_error = models.TextField(default="", blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    state_since = models.DateTimeField(db_default=Now())
    loses_at = models.DateTimeField(null=True, blank=True)  # when the log deletes its oldest unread record, where that is near
    # What slices did since the lease was made, and how much of it the history has counted.
    rows_written = models.BigIntegerField(default=0)
    rows_set_aside = models.BigIntegerField(default=0)
    counted_end = models.BigIntegerField(null=True, blank=True)
    counted_written = models.BigIntegerField(default=0)
    counted_set_aside = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["connector", "topic", "partition"]
        constraints = [
            models.UniqueConstraint(
                fields=["connector", "topic", "partition"],
                condition=models.Q(backfill=None),
                name="one_lease_per_partition",
            ),
            models.UniqueConstraint(fields=["backfill", "topic", "partition"], name="one_lease_per_backfilled_partition"),
        ]

    def __str__(self) -> str:
        return f"{self.connector} {self.topic}/{self.partition}"

    @property
    def lag(self) -> int:
        """Records that wait in the log."""
        begin = self.start_offset or 0 if self.next_offset is None else self.next_offset
        return max((self.end_offset or 0) - begin, 0)

    @property
    def is_in_doubt(self) -> bool:
        """True where the position may mean nothing in the log as it is now: beyond its end, or of another incarnation.

        Only a slice can tell, by the store's own position; so it must run even though no data waits.
        """
        if self.next_offset is None:
            return False
        is_beyond = self.end_offset is not None and self.next_offset > self.end_offset
        return is_beyond or self.incarnation != self.proven_incarnation


class Backfill(models.Model):
    """Records of a stream that a connector takes again, from one place to another; the work is done under leases of its own."""

    class State(models.TextChoices):
        RUNNING = "running"
        PAUSED = "paused"
        CANCELLED = "cancelled"
        DONE = "done"

    connector = models.ForeignKey(Connector, on_delete=models.CASCADE, related_name="backfills")
    stream = models.CharField(max_length=249)
    asked = models.JSONField(default=dict)  # the bounds in the words of whoever asked
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.position_name

    @property
    def position_name(self) -> str:
        """Under which name the store keeps its positions."""
        return f"{self.connector.name}~{self.pk}"


class Preparation(models.Model):
    """How far a connector's store is ready for all schemas of its streams, before their data arrives."""

    connector = models.OneToOneField(Connector, on_delete=models.CASCADE, primary_key=True, related_name="preparation")
    wanted = models.CharField(max_length=64, default="")  # a digest of what it shall be ready for
    done = models.CharField(max_length=64, default="")
    queued_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=100, default="", blank=True)
    last_error = models.TextField(default="", blank=True)

    def __str__(self) -> str:
        return f"{self.connector} prepared"


class Worker(models.Model):
    """A worker that lives: how many slices it can run at once. Written by its own heartbeat."""

    name = models.CharField(max_length=200, primary_key=True)
    threads = models.PositiveIntegerField()
    seen_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class Minute(models.Model):
    """What a connector did in a minute; absent where nothing came, waited or went."""

    connector = models.ForeignKey(Connector, on_delete=models.CASCADE, related_name="minutes")
    at = models.DateTimeField()
    arrived = models.BigIntegerField()
    written = models.BigIntegerField()
    lag_records = models.BigIntegerField()
    lag_seconds = models.FloatField()
    set_aside = models.BigIntegerField()

    class Meta:
        db_table = "connector_history"
        ordering = ["connector", "at"]
        constraints = [models.UniqueConstraint(fields=["connector", "at"], name="one_row_per_minute")]
        indexes = [models.Index(fields=["at"], name="connector_history_at")]

    def __str__(self) -> str:
        return f"{self.connector} {self.at:%Y-%m-%d %H:%M}"
