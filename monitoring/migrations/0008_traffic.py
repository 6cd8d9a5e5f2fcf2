"""Volumes by hour, and what of them is out of the ordinary."""

from __future__ import annotations

import django.core.validators
from django.db import migrations, models

# The days of what was counted so far.
_DAYS = """
    INSERT INTO monitoring_intakeday (day, service, stream, outcome, reason, count)
    SELECT (hour AT TIME ZONE 'UTC')::date, service, stream, outcome, reason, sum(count)
    FROM monitoring_intakehour GROUP BY 1, 2, 3, 4, 5
"""


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0007_canaries")]
    operations = [
        migrations.CreateModel(
            name="CountedHour",
            fields=[
                ("hour", models.DateTimeField(primary_key=True, serialize=False)),
                ("minutes", models.PositiveSmallIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="StreamProfile",
            fields=[
                ("stream", models.CharField(max_length=249, primary_key=True, serialize=False)),
                ("learnt_at", models.DateTimeField(db_index=True)),
                ("body", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="TrafficRule",
            fields=[
                ("stream", models.CharField(help_text="The stream's name.", max_length=249, primary_key=True, serialize=False)),
                (
                    "sensitivity",
                    models.CharField(
                        choices=[
                            ("low", "low: a quarter, or four times as much"),
                            ("normal", "normal: half, or twice as much"),
                            ("high", "high: 30 % less, or 40 % more"),
                        ],
                        default="normal",
                        help_text="From which deviation on an alarm is raised.",
                        max_length=10,
                    ),
                ),
                (
                    "silence_minutes",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Silent after so many minutes without an event. Empty: as its usual traffic suggests.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(2),
                            django.core.validators.MaxValueValidator(10080),
                        ],
                    ),
                ),
                (
                    "watches_silence",
                    models.BooleanField(default=True, help_text="Alarm when nothing comes.", verbose_name="silence"),
                ),
                (
                    "watches_low",
                    models.BooleanField(default=True, help_text="Alarm when much less comes than usual.", verbose_name="fewer"),
                ),
                (
                    "watches_high",
                    models.BooleanField(default=True, help_text="Alarm when much more comes than usual.", verbose_name="more"),
                ),
                (
                    "is_off",
                    models.BooleanField(
                        default=False, help_text="No alarm at all, until the date below or for good.", verbose_name="off"
                    ),
                ),
                ("off_until", models.DateTimeField(blank=True, help_text="When alarms come back by themselves.", null=True)),
                (
                    "usual_since",
                    models.DateTimeField(
                        blank=True,
                        help_text="A new level holds since then: what was counted before is left out of what is usual.",
                        null=True,
                    ),
                ),
                ("reason", models.TextField(help_text="Why it is so, for those who look later.")),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("updated_by", models.CharField(blank=True, editable=False, max_length=200)),
            ],
            options={
                "verbose_name": "rule of a stream's traffic alarms",
                "verbose_name_plural": "rules of traffic alarms",
            },
        ),
        migrations.CreateModel(
            name="TrafficState",
            fields=[
                ("stream", models.CharField(max_length=249, primary_key=True, serialize=False)),
                ("leaning", models.CharField(blank=True, max_length=10)),
                ("since", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="TrafficWatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("looked_at", models.DateTimeField(null=True)),
                ("followed_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="IntakeDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("service", models.CharField(blank=True, max_length=100)),
                ("stream", models.CharField(blank=True, max_length=249)),
                ("outcome", models.CharField(max_length=20)),
                ("reason", models.CharField(blank=True, max_length=80)),
                ("count", models.PositiveBigIntegerField()),
                ("day", models.DateField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("day", "service", "stream", "outcome", "reason"), name="intake_day_key")
                ],
            },
        ),
        migrations.CreateModel(
            name="StreamHour",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stream", models.CharField(max_length=249)),
                ("hour", models.DateTimeField()),
                ("events", models.PositiveBigIntegerField()),
                ("canaries", models.PositiveIntegerField(default=0)),
                ("peak", models.PositiveBigIntegerField(default=0)),
                ("first", models.PositiveSmallIntegerField(null=True)),
                ("last", models.PositiveSmallIntegerField(null=True)),
                ("gap", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "indexes": [models.Index(fields=["hour"], name="stream_hour_hour")],
                "constraints": [models.UniqueConstraint(fields=("stream", "hour"), name="stream_hour_once")],
            },
        ),
        migrations.CreateModel(
            name="StreamShare",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stream", models.CharField(max_length=249)),
                ("at", models.DateTimeField()),
                ("share", models.FloatField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("stream", "at"), name="stream_share_once")],
            },
        ),
        migrations.CreateModel(
            name="TrafficHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(max_length=200)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)), fields=("reason",), name="traffic_hold_open"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TrafficIncident",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stream", models.CharField(max_length=249)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("silent", "no events"),
                            ("low", "fewer events than usual"),
                            ("high", "more events than usual"),
                        ],
                        max_length=10,
                    ),
                ),
                ("began_at", models.DateTimeField(help_text="When the traffic changed; the alarm came a little later.")),
                ("noticed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("expected", models.FloatField(help_text="Events in the last window that was looked at, by what is usual.")),
                ("seen", models.FloatField()),
                ("minutes", models.PositiveIntegerField(help_text="How long that window was.")),
                ("is_grouped", models.BooleanField(default=False, help_text="Told together with others that began alike.")),
            ],
            options={
                "indexes": [models.Index(fields=["stream", "-began_at"], name="traffic_incident_stream")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)), fields=("stream",), name="traffic_incident_open"
                    )
                ],
            },
        ),
        migrations.RunSQL(_DAYS, migrations.RunSQL.noop),
    ]
