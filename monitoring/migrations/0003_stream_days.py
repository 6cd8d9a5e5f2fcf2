"""Volumes by day, so that a preview can look back further than the minutes are kept."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0002_intake_total_source")]

    operations = [
        migrations.CreateModel(
            name="CountedDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("minutes", models.PositiveSmallIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="StreamDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stream", models.CharField(max_length=249)),
                ("day", models.DateField()),
                ("events", models.PositiveBigIntegerField()),
                ("peak", models.PositiveBigIntegerField(help_text="In its busiest minute, canaries among them.")),
            ],
            options={
                "indexes": [models.Index(fields=["day"], name="stream_day_day")],
                "constraints": [models.UniqueConstraint(fields=("stream", "day"), name="stream_day_once")],
            },
        ),
    ]
