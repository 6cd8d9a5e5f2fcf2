"""Canaries by datacenter and service, for past hours, and the hours of the log and of stores."""

from __future__ import annotations

import django.utils.timezone
from django.db import migrations, models

# The marks of what was seen so far, so that nothing looks unseen after the migration.
_MARKS = """
    INSERT INTO monitoring_canarymark (stream, prefix, connector, sent_at, seconds)
    SELECT DISTINCT ON (stream) stream, '', '', sent_at, greatest(extract(epoch FROM recorded_at - sent_at), 0)
    FROM monitoring_canaryrun WHERE recorded_at IS NOT NULL ORDER BY stream, sent_at DESC;
    INSERT INTO monitoring_canarymark (stream, prefix, connector, sent_at, seconds)
    SELECT DISTINCT ON (run.stream, connector)
        run.stream, '', connector, run.sent_at, greatest(extract(epoch FROM written_at - run.sent_at), 0)
    FROM monitoring_canaryarrival JOIN monitoring_canaryrun run ON run.id = run_id
    ORDER BY run.stream, connector, run.sent_at DESC;
"""


def _id() -> tuple[str, models.Field]:
    return ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


class Migration(migrations.Migration):
    dependencies = (("monitoring", "0006_outcomes"),)

    operations = (
        # Turns are made anew by the next tick; all that is lost with them is when each stream last had its turn.
        migrations.DeleteModel("CanaryTurn"),
        migrations.CreateModel(
            "CanaryTurn",
            [
                _id(),
                ("stream", models.CharField(max_length=249)),
                ("prefix", models.CharField(blank=True, max_length=100)),
                ("service", models.CharField(blank=True, max_length=100)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("excluded_because", models.TextField(blank=True)),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                ("sent_at", models.DateTimeField(null=True)),
                ("answer_seconds", models.FloatField(null=True)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("code", models.CharField(blank=True, max_length=80)),
                ("error", models.TextField(blank=True)),
            ],
        ),
        migrations.AddConstraint("canaryturn", models.UniqueConstraint(fields=("stream", "prefix"), name="canary_turn_once")),
        migrations.AddField("canaryrun", "prefix", models.CharField(blank=True, default="", max_length=100), False),
        migrations.AddField("canaryrun", "service", models.CharField(blank=True, default="", max_length=100), False),
        migrations.AddField("canaryrun", "code", models.CharField(blank=True, default="", max_length=80), False),
        migrations.AddField("canaryrun", "for_hour", models.DateTimeField(null=True)),
        migrations.RemoveIndex("canaryrun", "canary_run_latest"),
        migrations.AddIndex("canaryrun", models.Index(fields=["stream", "prefix", "-sent_at"], name="canary_run_of_path")),
        migrations.AddIndex("canaryrun", models.Index(fields=["sent_at"], name="canary_run_sent")),
        migrations.CreateModel(
            "CanaryMark",
            [
                _id(),
                ("stream", models.CharField(max_length=249)),
                ("prefix", models.CharField(blank=True, max_length=100)),
                ("connector", models.CharField(blank=True, max_length=200)),
                ("sent_at", models.DateTimeField()),
                ("seconds", models.FloatField()),
            ],
        ),
        migrations.AddConstraint(
            "canarymark", models.UniqueConstraint(fields=("stream", "prefix", "connector"), name="canary_mark_once")
        ),
        migrations.RunSQL(_MARKS, migrations.RunSQL.noop),
        migrations.CreateModel(
            "CanaryTick",
            [
                ("name", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("began_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("handled", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            "LogHour",
            [
                _id(),
                ("topic", models.CharField(max_length=249)),
                ("partition", models.PositiveIntegerField()),
                ("hour", models.DateTimeField()),
                ("begin", models.PositiveBigIntegerField()),
                ("end", models.PositiveBigIntegerField()),
            ],
        ),
        migrations.AddConstraint(
            "loghour", models.UniqueConstraint(fields=("hour", "topic", "partition"), name="log_hour_once")
        ),
        migrations.CreateModel(
            "StoreHour",
            [
                _id(),
                ("stream", models.CharField(max_length=249)),
                ("connector", models.CharField(max_length=200)),
                ("hour", models.DateTimeField()),
                ("state", models.CharField(max_length=10)),
                ("reason", models.TextField(blank=True)),
                ("events", models.PositiveBigIntegerField(default=0)),
                ("judged_at", models.DateTimeField()),
                ("complete_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddConstraint(
            "storehour", models.UniqueConstraint(fields=("hour", "stream", "connector"), name="store_hour_once")
        ),
        migrations.AddIndex("storehour", models.Index(fields=["stream", "hour"], name="store_hour_stream")),
    )
