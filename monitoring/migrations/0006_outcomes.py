from django.db import migrations, models

# The hours of what was counted so far, so that the page of outcomes shows a week at once.
_HOURS = """
    INSERT INTO monitoring_intakehour (hour, service, stream, outcome, reason, count)
    SELECT date_trunc('hour', minute, 'UTC'), service, stream, outcome, reason, sum(count)
    FROM monitoring_intakecount GROUP BY 1, 2, 3, 4, 5
"""


def _fate() -> list[tuple[str, models.Field]]:
    return [
        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
        ("service", models.CharField(blank=True, max_length=100)),
        ("stream", models.CharField(blank=True, max_length=249)),
        ("outcome", models.CharField(max_length=20)),
        ("reason", models.CharField(blank=True, max_length=80)),
        ("count", models.PositiveBigIntegerField()),
    ]


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0005_rejected")]
    operations = [
        migrations.RemoveConstraint("intakecount", "intake_count_once"),
        migrations.AddField(
            "intakecount", "service", models.CharField(blank=True, max_length=100, default=""), preserve_default=False
        ),
        migrations.AlterField("intakecount", "stream", models.CharField(blank=True, max_length=249)),
        migrations.AddConstraint(
            "intakecount",
            models.UniqueConstraint(fields=("minute", "service", "stream", "outcome", "reason"), name="intake_count_key"),
        ),
        migrations.CreateModel("IntakeHour", [*_fate(), ("hour", models.DateTimeField())]),
        migrations.AddConstraint(
            "intakehour",
            models.UniqueConstraint(fields=("hour", "service", "stream", "outcome", "reason"), name="intake_hour_key"),
        ),
        migrations.RunSQL(_HOURS, migrations.RunSQL.noop),
        # What counters stood at has another key now. Roles start anew with a migration, and their counters with them.
        migrations.DeleteModel("IntakeTotal"),
        migrations.CreateModel(
            "IntakeTotal",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=700)),
                ("total", models.PositiveBigIntegerField()),
            ],
        ),
        migrations.AddConstraint("intaketotal", models.UniqueConstraint(fields=("source", "key"), name="intake_total_key")),
        migrations.CreateModel(
            "IntakeRequests",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("seconds", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("received", "events received, before they are judged"),
                            ("body", "requests refused as a whole"),
                            ("answer", "requests answered, by the time that they took"),
                        ],
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=100)),
                ("reason", models.CharField(blank=True, max_length=80)),
                ("count", models.PositiveBigIntegerField()),
            ],
        ),
        migrations.AddConstraint(
            "intakerequests",
            models.UniqueConstraint(fields=("seconds", "at", "kind", "name", "reason"), name="intake_requests_key"),
        ),
    ]
