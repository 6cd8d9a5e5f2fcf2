"""Rows of monitoring: canaries and where they arrived, volumes by minute, what the intake counted, who is alive."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class CanaryTurn(models.Model):
    """One path that canaries take: a stream through the intake of one topic prefix; with what came of the last one.

    Claimed by one conditional update, so that two ticks never send twice. A stream without canaries has one row that says why.
    """

    stream = models.CharField(max_length=249)
    prefix = models.CharField(max_length=100, blank=True)  # of the topic, as a datacenter has it; empty where there is none
    service = models.CharField(max_length=100, blank=True)
    claimed_at = models.DateTimeField(null=True)
    excluded_because = models.TextField(blank=True)  # why none is sent; empty where canaries are sent
    since = models.DateTimeField(default=timezone.now)  # when this was decided: no canary is missed before
    sent_at = models.DateTimeField(null=True)
    answer_seconds = models.FloatField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    code = models.CharField(max_length=80, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["stream", "prefix"], name="canary_turn_once"),)

    def __str__(self) -> str:
        return f"{self.stream} {self.prefix}".strip()


class CanaryRun(models.Model):
    """One canary, from its POST to its place in the topic."""

    stream = models.CharField(max_length=249)
    prefix = models.CharField(max_length=100, blank=True)
    service = models.CharField(max_length=100, blank=True)
    event_id = models.CharField(max_length=36, unique=True)
    sent_at = models.DateTimeField()
    for_hour = models.DateTimeField(null=True)  # the past hour that its `dt` names, where somebody asked for that
    answered_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)  # of the intake's answer
    code = models.CharField(max_length=80, blank=True)  # of its error
    error = models.TextField(blank=True)
    topic = models.CharField(max_length=249)
    # Partition → offset to look from: the topic's end before sending, moved on by the observer.
    positions = models.JSONField(default=dict)
    seen_at = models.DateTimeField(null=True)  # when the observer found it on the topic
    recorded_at = models.DateTimeField(null=True)  # the record's own time
    partition = models.PositiveIntegerField(null=True)
    offset = models.PositiveBigIntegerField(null=True)
    done_at = models.DateTimeField(null=True)  # when it had arrived in every enabled connector's store

    class Meta:
        indexes = (
            models.Index(fields=["stream", "prefix", "-sent_at"], name="canary_run_of_path"),
            models.Index(fields=["sent_at"], name="canary_run_open", condition=models.Q(done_at__isnull=True)),
            models.Index(fields=["sent_at"], name="canary_run_sent"),
            models.Index(fields=["recorded_at"], name="canary_run_recorded"),
        )

    def __str__(self) -> str:
        return f"{self.stream} {self.event_id}"


class CanaryMark(models.Model):
    """The newest canary of a path that was seen at a stage: what pages read, however many runs there were."""

    stream = models.CharField(max_length=249)
    prefix = models.CharField(max_length=100, blank=True)
    connector = models.CharField(max_length=200, blank=True)  # in its store; empty: on the topic
    sent_at = models.DateTimeField()
    seconds = models.FloatField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["stream", "prefix", "connector"], name="canary_mark_once"),)

    def __str__(self) -> str:
        return f"{self.stream} {self.prefix} {self.connector or 'topic'}"


class CanaryTick(models.Model):
    """The heartbeat of what sends canaries, and of what looks for them: begun, and finished where it went well.

    `until` is the right to run: of two ticks at once one gives way, and a tick that hangs loses it.
    """

    name = models.CharField(max_length=20, primary_key=True)
    began_at = models.DateTimeField()
    until = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    handled = models.PositiveIntegerField(default=0)  # by the last one that finished

    def __str__(self) -> str:
        return f"{self.name} {self.began_at:%H:%M:%S}"


class CanaryArrival(models.Model):
    """A canary found in a connector's store, by the store's own marker."""

    run = models.ForeignKey(CanaryRun, on_delete=models.CASCADE, related_name="arrivals")
    connector = models.CharField(max_length=200)
    written_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["run", "connector"], name="canary_arrival_once"),)

    def __str__(self) -> str:
        return f"{self.run} in {self.connector}"


class SampledMinute(models.Model):
    """A minute whose volumes are known: without its row, a minute is a gap, not zero."""

    minute = models.DateTimeField(primary_key=True)
    sampled_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.minute:%Y-%m-%d %H:%M}"


class StreamVolume(models.Model):
    """Records that a stream's topics took in a minute, canaries among them; minutes with none have no row."""

    stream = models.CharField(max_length=249)
    minute = models.DateTimeField()
    events = models.PositiveBigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["stream", "minute"], name="stream_volume_once"),)
        indexes = (models.Index(fields=["minute"], name="stream_volume_minute"),)

    def __str__(self) -> str:
        return f"{self.stream} {self.minute:%Y-%m-%d %H:%M}: {self.events}"


class StreamDay(models.Model):
    """Records that a stream's topics took on a whole day (UTC) without canaries; days with none have no row."""

    stream = models.CharField(max_length=249)
    day = models.DateField()
    events = models.PositiveBigIntegerField()
    peak = models.PositiveBigIntegerField(help_text="In its busiest minute, canaries among them.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["stream", "day"], name="stream_day_once"),)
        indexes = (models.Index(fields=["day"], name="stream_day_day"),)

    def __str__(self) -> str:
        return f"{self.stream} {self.day}: {self.events}"


class CountedDay(models.Model):
    """A day that is over and rolled up, with how many of its minutes were counted; without its row a day is a gap."""

    day = models.DateField(primary_key=True)
    minutes = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.day}: {self.minutes} minutes"


class IntakeTotal(models.Model):
    """A door's own counter when last read: what it grew by since then is new. `source` is the role it stands in.

    `key` is the counter's kind and its labels, as a JSON list.
    """

    source = models.CharField(max_length=40)
    key = models.CharField(max_length=700)
    total = models.PositiveBigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["source", "key"], name="intake_total_key"),)

    def __str__(self) -> str:
        return f"{self.source} {self.key}: {self.total}"


class Fate(models.Model):
    """Events that the intake answered in a while, by service, stream, outcome and reason."""

    service = models.CharField(max_length=100, blank=True)
    stream = models.CharField(max_length=249, blank=True)  # empty where none is configured
    outcome = models.CharField(max_length=20)
    reason = models.CharField(max_length=80, blank=True)
    count = models.PositiveBigIntegerField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.service} {self.stream} {self.outcome}: {self.count}"


class IntakeCount(Fate):
    """The events of a minute."""

    minute = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["minute", "service", "stream", "outcome", "reason"], name="intake_count_key"),
        )


class IntakeHour(Fate):
    """The events of an hour: the sum of its minutes, kept along with them so that a week is read quickly."""

    hour = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["hour", "service", "stream", "outcome", "reason"], name="intake_hour_key"),
        )


class IntakeRequests(models.Model):
    """What else the intake counted in a minute or an hour: few rows, whatever there is to count."""

    class Kind(models.TextChoices):
        RECEIVED = "received", "events received, before they are judged"
        BODY = "body", "requests refused as a whole"
        ANSWER = "answer", "requests answered, by the time that they took"

    at = models.DateTimeField()
    seconds = models.PositiveSmallIntegerField()  # 60 or 3600
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=100, blank=True)  # the service; of answers the door and the status
    reason = models.CharField(max_length=80, blank=True)  # of answers the bucket of the histogram that they fell in
    count = models.PositiveBigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["seconds", "at", "kind", "name", "reason"], name="intake_requests_key"),)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind} {self.name} {self.reason}: {self.count}"


class RoleHeartbeat(models.Model):
    """The last sign of life of a role, and what it said."""

    role = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()
    is_well = models.BooleanField(default=True)
    detail = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.role} {self.beat_at:%H:%M:%S}"


class RejectedEvent(models.Model):
    """A dead letter (`eventplatform.broker.dead_letters`), as far as permissions need a model; never written by Django."""

    class Meta:
        managed = False
        db_table = "dead_letters"
        default_permissions = ("view",)
        permissions = (
            ("see_personal_data", "Can see addresses, user agents and other personal data of events"),
            ("replay_rejected", "Can mend rejected events and replay them"),
            ("delete_rejected", "Can delete rejected events"),
        )

    def __str__(self) -> str:
        return f"rejected event {self.pk}"


# Rows of packages: Django finds models where their app's module names them.
from monitoring.alerts import models as alert_models  # noqa: E402, F401  # they stand on what is above
from monitoring.hours import models as hour_models  # noqa: E402, F401  # they stand on what is above
from monitoring.realtime import models as realtime_models  # noqa: E402, F401  # they stand on what is above
from monitoring.traffic import models as traffic_models  # noqa: E402, F401  # they stand on what is above
