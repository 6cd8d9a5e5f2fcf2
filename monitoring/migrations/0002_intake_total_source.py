"""Counters are remembered by the role they stand in: both doors count."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0001_initial")]

    operations = [
        migrations.AddField("intaketotal", "source", models.CharField(default="intake", max_length=40)),
        migrations.RemoveConstraint("intaketotal", "intake_total_once"),
        migrations.AddConstraint(
            "intaketotal",
            models.UniqueConstraint(fields=("source", "stream", "outcome", "reason"), name="intake_total_once"),
        ),
    ]
